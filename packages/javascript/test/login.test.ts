/** Logins of a page: what counts as a return, when the page leaves, and that it never goes round in circles. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Wire } from "../src/host.js";
import { readReturn } from "../src/login.js";
import type { Departure } from "../src/login.js";
import { challengeOf } from "../src/oauth.js";
import { createSession } from "../src/session.js";
import type { SessionOptions } from "../src/session.js";
import { OK, REFUSED, browser, memory, settle } from "./world.js";
import type { World } from "./world.js";

const json = (value: unknown, status = 200): Answer => ({ status, statusText: "", headers: {}, responseText: JSON.stringify(value) });

/** A platform that gives the token `fresh` for every code, and takes it. */
function platform(wire: Wire): Answer {
  if (wire.url.endsWith("/oauth/token")) return json({ access_token: "fresh", token_type: "bearer", expires_in: 86_399 });
  return wire.headers["authorization"] == "Bearer fresh" ? OK : REFUSED;
}

/** What the page last asked the login for. */
const asked = (world: World) => Object.fromEntries(new URL(world.left.at(-1)!).searchParams);
const state = (world: World) => encodeURIComponent(asked(world)["state"]!);
const failureOf = (request: PromiseLike<unknown>) => Promise.resolve(request).then(() => assert.fail(), (error: any) => error);

/** Goes to the login and comes back with this query or hash, in which `STATE` is the state that was sent. */
async function logIn(world: World, back: string, options?: SessionOptions | string, seconds?: number) {
  world.open(options).authorize("id", "https://app/").catch(() => {});
  await settle();
  world.comeBack(back.replace("STATE", state(world)), seconds);
  return world.open(options);
}

test("a return is read from the address, and taken out of it", () => {
  const own = "purecloud-1";
  const gone: Departure = { state: own, at: 1, environment: "https://api.x", clientId: "id", grant: "code", verifier: "v" };
  const implicit: Departure = { ...gone, grant: "implicit", verifier: undefined };
  const mine: Departure = { ...gone, state: "open" };
  const none: Departure = { state: "", at: 0 };
  const spent: Departure = { state: "open", at: 0 };
  const table: [address: string, departure: Departure, found: string | undefined, rest?: string, checked?: false][] = [
    ["?code=c&state=purecloud-1", gone, "code c", ""],
    ["?tab=2&code=c0de&state=purecloud-1&x=#part", gone, "code c0de", "?tab=2&x=#part"],
    ["?scope=team&code=c&state=purecloud-1", gone, "code c", "?scope=team"],
    ["?code=c&state=open", mine, "code c open", ""],
    ["#access_token=tok&state=purecloud-1", implicit, "token tok", ""],
    ["?q=1#access_token=a%2Bb+c=d%zz&state=purecloud-1", implicit, "token a+b+c=d%zz", "?q=1"],
    ["#tab=2&access_token=t&scope=x&state=purecloud-1&other=a%20b", implicit, "token t", "#tab=2&other=a%20b"],
    ["#access_token=t&expires_in=60&token_type=bearer&state=purecloud-1&tab=2", implicit, "token t", "#tab=2"],
    // Where routers have moved it.
    ["#/access_token=t&state=purecloud-1", implicit, "token t", "#/"],
    ["#!/access_token=t&state=purecloud-1", implicit, "token t", "#!/"],
    ["#!#access_token=t&state=purecloud-1", implicit, "token t", "#!"],
    ["#/cb?access_token=t&state=purecloud-1", implicit, "token t", "#/cb"],
    ["#/cb?a=1&access_token=t&state=purecloud-1&b=2", implicit, "token t", "#/cb?a=1&b=2"],
    // Errors.
    ["?error=access_denied&error_description=said+no&state=purecloud-1&tab=1", gone, "[access_denied] said no", "?tab=1"],
    ["#error=access_denied&state=purecloud-1", implicit, "[access_denied] ", ""],
    // A foreign or stale one brings nothing.
    ["?code=c&state=purecloud-2", gone, "nothing", ""],
    ["?code=c&state=purecloud-1", none, "nothing", ""],
    ["?code=c&state=open", spent, "nothing", ""],
    ["#access_token=t&state=foreign", implicit, "nothing", ""],
    ["#access_token=t", implicit, "nothing", ""],
    ["#access_token=t", none, "nothing", ""],
    ["#access_token=t&state=", none, "nothing", ""],
    ["?error=access_denied&state=purecloud-2", gone, "nothing", ""],
    ["#access_token=t&state=purecloud-1", gone, "nothing for a code", ""],
    // The page's own.
    ["?code=coupon", gone, undefined],
    ["?code=c&state=of-another-login", gone, undefined],
    ["?access_token=t&state=purecloud-1", implicit, undefined],
    ["#/users?state=open&error=1", gone, undefined],
    ["#/route?state=5&x=error", gone, undefined],
    ["#state=abc", implicit, undefined],
    ["#error=5", none, undefined],
    ["", gone, undefined],
    // Without a check of the state.
    ["#access_token=t&state=any", none, "token t any", "", false],
    ["#access_token=t", none, "token t", "", false],
    ["#error=5", none, undefined, "", false],
  ];
  for (const [address, departure, found, rest, check = true] of table) {
    const [, search = "", hash = ""] = /^(\?[^#]*)?(#.*)?$/.exec(address)!;
    const back = readReturn(search, hash, departure, check, 1);
    const { code, token, error, state } = back ?? {};
    const said = [code && `code ${code}`, token && `token ${token.access_token}`, error?.message, state];
    const nothing = back?.departure ? "nothing for a code" : "nothing";
    assert.equal(back && (said.filter(Boolean).join(" ") || nothing), found, address);
    if (found) assert.equal(back!.rest, rest, address);
  }
});

test("without a token, the page asks for a code with a challenge, and keeps what it needs for its return", async () => {
  const world = browser();
  const request = world.open("eu-west-1").authorize("an id", "https://app/?a=1&b=2");
  await settle();
  assert.deepEqual([request.state(), world.sent.length, world.left.length], ["pending", 0, 1]);
  assert.match(world.left[0]!, /^https:\/\/login\.mypurecloud\.ie\/oauth\/authorize\?/);
  const { verifier, state, ...kept } = JSON.parse(world.page.sessionStorage.getItem("purecloud_login")!);
  assert.match(verifier, /^[\w-]{43}$/);
  assert.match(state, /^purecloud-[\w-]{43}$/);
  assert.deepEqual(asked(world), {
    ...{ response_type: "code", client_id: "an id", redirect_uri: "https://app/?a=1&b=2", state },
    ...{ code_challenge: await challengeOf(crypto.subtle, verifier), code_challenge_method: "S256" },
  });
  assert.deepEqual(kept, {
    ...{ at: world.clock, environment: "https://api.mypurecloud.ie", clientId: "an id" },
    ...{ redirectUrl: "https://app/?a=1&b=2", grant: "code", other: false },
  });
});

test("further parameters of the login, of the session or of the call", async () => {
  const world = browser();
  const session = world.open({ clientId: "id", redirectUrl: "https://app/", state: "a&b c/é", org: "acme", provider: "okta" });
  session.authorize({ login_hint: "ada", prompt: "login", target: "x", state: undefined });
  await settle();
  const { org, provider, login_hint, prompt, target, state } = asked(world);
  assert.deepEqual([org, provider, login_hint, prompt, target, state], ["acme", "okta", "ada", "login", "x", "a&b c/é"]);
  assert.throws(() => world.open().authorize({ clientId: "i", redirectUrl: "r", org: "acme" }), { parameter: "provider" });
  assert.throws(() => world.open().authorize({ clientId: "i", redirectUrl: "r", provider: "x" }), { parameter: "org" });
});

test("the code is exchanged with its verifier, the token is tried, and kept once it is good", async () => {
  const world = browser({ platform });
  const session = await logIn(world, "?tab=2&code=c0de&state=STATE");
  assert.deepEqual([world.address(), session.authToken()], ["?tab=2", null]);
  const [me, textStatus] = await session.authorize("id", "https://app/").then((...args: any[]) => args);
  assert.deepEqual([me, textStatus, world.left.length], [{ name: "Ada" }, "success", 1]);
  const [exchange, test] = world.sent;
  assert.equal(exchange!.url, "https://login.mypurecloud.com/oauth/token");
  assert.match(`${exchange!.body}`, /^grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fapp%2F&code_verifier=[\w-]{43}&client_id=id$/);
  assert.equal(exchange!.headers["authorization"], undefined);
  assert.equal(test!.url, "https://api.mypurecloud.com/api/v2/users/me?expand=organization");
  assert.equal(world.page.localStorage.getItem("authtoken"), "fresh", "where older generations keep it");
  assert.deepEqual(JSON.parse(world.page.localStorage.getItem("authtoken_details")!), {
    ...{ access_token: "fresh", obtained_at: world.clock, expires_at: world.clock + 86_399_000 },
    ...{ environment: "https://api.mypurecloud.com", client_id: "id", grant: "authorization_code" },
  });
  assert.ok(!world.page.sessionStorage.getItem("purecloud_login")!.includes("verifier"), "never twice");
});

test("the program's own state goes there and comes back", async () => {
  const world = browser({ platform });
  world.open({ clientId: "id", redirectUrl: "https://app/", state: "a&b c/é" }).authorize();
  await settle();
  world.comeBack(`?code=c&state=${state(world)}`);
  assert.equal(world.open().getState(), "a&b c/é");
  const another = browser({ platform });
  assert.equal((await logIn(another, "?code=c&state=STATE")).getState(), null);
});

test("a program of 2016 gets its state as it stands in the address, once encoded", async () => {
  for (const [given, sent, returned] of [
    ["st%20ate", "st ate", "st%20ate"],
    ["a b", "a b", "a%20b"],
    ["100%", "100%", "100%25"],
    ["3b0e6f0a-51a5", "3b0e6f0a-51a5", "3b0e6f0a-51a5"],
  ] as const) {
    const world = browser({ platform });
    world.open().authorize("id", "https://app/", given);
    await settle();
    assert.equal(asked(world).state, sent);
    world.comeBack(`?code=c&state=${state(world)}`);
    assert.equal(world.open().getState(), returned);
  }
});

test("the implicit grant, where it is asked for: the token is there at once", async () => {
  const world = browser({ platform });
  const options = { environment: "mypurecloud.de", grant: "implicit", storage: "sessionStorage" } as const;
  const session = await logIn(world, "#access_token=fresh&expires_in=60&state=STATE", options);
  assert.deepEqual([asked(world)["response_type"], session.authToken(), world.address()], ["token", "fresh", ""]);
  await session.authorize("id", "https://app/");
  assert.equal(world.left.length, 1);
  assert.equal(JSON.parse(world.page.sessionStorage.getItem("authtoken_details")!).grant, "token");
  assert.equal(world.page.localStorage.getItem("authtoken"), null);
});

test("a page without encryption cannot make a challenge, and asks for a token", async () => {
  const world = browser({ subtle: null });
  world.open().authorize("id", "https://app/");
  await settle();
  assert.equal(asked(world)["response_type"], "token");
});

test("Back after login brings the old state again: it is dropped, and the stored token serves", async () => {
  const world = browser({ platform });
  const session = await logIn(world, "?code=c&state=STATE");
  await session.authorize("id", "https://app/");
  world.comeBack(`?code=another&state=${state(world)}`);
  const again = world.open();
  assert.deepEqual([world.address(), again.authToken()], ["", "fresh"]);
  assert.deepEqual(await again.authorize("id", "https://app/"), { name: "Ada" });
  assert.equal(world.left.length, 1);
  assert.equal(world.sent.filter(({ url }) => url.endsWith("/oauth/token")).length, 1, "the code is not exchanged");
});

test("Back after login where no token is stored goes to the login once more", async () => {
  const world = browser({ platform });
  const session = await logIn(world, "?code=c&state=STATE", {});
  await session.authorize("id", "https://app/");
  world.comeBack(`?code=another&state=${state(world)}`);
  world.open({}).authorize("id", "https://app/");
  await settle();
  assert.equal(world.left.length, 2);
  world.comeBack(`?code=c&state=${state(world)}`);
  assert.deepEqual(await world.open({}).authorize("id", "https://app/"), { name: "Ada" });
});

test("a login that ends in a tab that did not begin it is tried once more there, and not twice", async () => {
  const world = browser({ platform, part: "?code=c&state=purecloud-of-another-tab" });
  world.open().authorize("id", "https://app/");
  await settle();
  assert.equal(world.left.length, 1);
  world.comeBack("?code=c&state=purecloud-of-another-tab");
  const session = world.open();
  assert.equal((await failureOf(session.authorize("id", "https://app/"))).code, "state");
  assert.equal(world.left.length, 1);
  session.authorize("id", "https://app/");
  await settle();
  assert.equal(world.left.length, 2, "the next time, somebody wants it");
});

test("a login that comes back without a result is not tried again by itself, unless that was long ago", async () => {
  const eaten = browser({ platform });
  const error = await failureOf((await logIn(eaten, "")).authorize("id", "https://app/"));
  assert.match(error.message, /came back for another tab/);
  assert.equal(eaten.left.length, 1);
  const late = browser({ platform });
  (await logIn(late, "", undefined, 60)).authorize("id", "https://app/");
  await settle();
  assert.equal(late.left.length, 2);
});

test("a token that has just come back and fails its test is an error, whatever the failure", async () => {
  for (const status of [503, 429, 403, 401, 500]) {
    const world = browser({ platform: (wire) => (wire.url.endsWith("/oauth/token") ? platform(wire) : { ...OK, status }) });
    const session = await logIn(world, "?code=c&state=STATE", { retry: false });
    assert.equal((await failureOf(session.authorize("id", "https://app/"))).status, status);
    assert.equal(world.left.length, 1);
  }
  const blocked = browser({
    platform: (wire) => (wire.url.endsWith("/oauth/token") ? platform(wire) : Promise.reject(new TypeError("Failed to fetch"))),
  });
  const session = await logIn(blocked, "?code=c&state=STATE", { retry: false });
  assert.equal((await failureOf(session.authorize("id", "https://app/"))).status, 0);
  assert.equal(blocked.left.length, 1);
});

test("a stored token that is refused leads to the login, any other failure does not", async () => {
  for (const status of [401, 503, 429, 403]) {
    const world = browser({ local: memory({ authtoken: "old" }), answers: [{ ...OK, status }] });
    const request = world.open({ storageKey: "authtoken", retry: false }).authorize("id", "https://app/");
    request.catch(() => {});
    await settle();
    assert.equal(request.state(), status == 401 ? "pending" : "rejected");
    assert.equal(world.left.length, status == 401 ? 1 : 0);
    assert.equal(world.page.localStorage.getItem("authtoken"), status == 401 ? null : "old");
  }
});

test("two sessions of a page, as StrictMode makes, are one login", async () => {
  for (const grant of ["code", "implicit"] as const) {
    const world = browser({ platform });
    const options = { grant, clientId: "id", redirectUrl: "https://app/" };
    for (let count = 0; count < 2; count++) world.open(options).authorize();
    await settle();
    assert.equal(world.left.length, 1);
    const kept = JSON.parse(world.page.sessionStorage.getItem("purecloud_login")!);
    assert.equal(kept.state, asked(world)["state"]);
    const bring = grant == "code" ? "?code=c" : "#access_token=fresh";
    world.comeBack(`${bring}&state=${state(world)}`);
    const first = world.open(options);
    const running = first.authorize();
    const second = world.open(options);
    assert.deepEqual(await Promise.all([running, second.authorize()]), [{ name: "Ada" }, { name: "Ada" }]);
    assert.deepEqual(await world.open(options).authorize(), { name: "Ada" }, "a later one finds the token too");
    assert.equal(world.left.length, 1);
    assert.equal(world.sent.filter(({ url }) => url.endsWith("/oauth/token")).length, grant == "code" ? 1 : 0);
  }
});

test("what went wrong at the login reaches every session of the page, once", async () => {
  const world = browser({ platform });
  const first = await logIn(world, "?error=access_denied&error_description=said%20no&state=STATE");
  const second = world.open();
  for (const session of [first, second]) {
    const seen: any[] = await new Promise((resolve) => {
      session.authorize("id", "https://app/").error((...args) => resolve(args));
    });
    assert.deepEqual([seen[0].message, seen[0].code, seen[1]], ["[access_denied] said no", "access_denied", "error"]);
  }
  assert.deepEqual([world.left.length, world.address()], [1, ""]);
  first.authorize("id", "https://app/");
  await settle();
  assert.equal(world.left.length, 2, "the next try goes to the login");
});

test("a code that cannot be exchanged is an error, and is not exchanged again", async () => {
  const world = browser({ platform: () => json({ error: "invalid_grant", error_description: "used" }, 400) });
  const session = await logIn(world, "?code=c&state=STATE");
  const failed = [session.authorize("id", "https://app/"), world.open().authorize("id", "https://app/")];
  for (const request of failed) assert.equal((await failureOf(request)).code, "invalid_grant");
  assert.deepEqual([world.sent.length, world.left.length], [1, 1]);
});

test("a grant that the login refuses gives way to the other, which is remembered", async () => {
  const local = memory();
  for (const [refused, error] of [
    ["code", "?error=unauthorized_client&state=STATE"],
    ["token", "#error=unsupported_response_type&state=STATE"],
  ]) {
    const world = browser({ platform, local });
    local.removeItem("authtoken");
    const session = await logIn(world, error!);
    assert.equal(asked(world)["response_type"], refused);
    session.authorize("id", "https://app/");
    await settle();
    const other = refused == "code" ? "token" : "code";
    assert.deepEqual([world.left.length, asked(world)["response_type"]], [2, other]);
    world.comeBack(`${other == "code" ? "?code=c" : "#access_token=fresh"}&state=${state(world)}`);
    assert.deepEqual(await world.open().authorize("id", "https://app/"), { name: "Ada" });
    assert.equal(local.getItem("purecloud_grant_id"), other == "code" ? "code" : "implicit");
  }
});

test("when both grants are refused, that is the end", async () => {
  const world = browser({ platform });
  (await logIn(world, "?error=unauthorized_client&state=STATE")).authorize("id", "https://app/");
  await settle();
  world.comeBack(`#error=unauthorized_client&state=${state(world)}`);
  const error = await failureOf(world.open().authorize("id", "https://app/"));
  assert.deepEqual([error.code, world.left.length], ["unauthorized_client", 2]);
  assert.equal(world.page.localStorage.getItem("purecloud_grant_id"), null);
});

test("where the browser keeps no storage, the page does not leave, and says why", async () => {
  const forbidden = { get: () => { throw new Error("SecurityError"); } };
  const forgetful = { value: { getItem: () => null, setItem() {}, removeItem() {} } };
  for (const property of [forbidden, forgetful]) {
    const world = browser();
    for (const store of ["localStorage", "sessionStorage"]) Object.defineProperty(world.page, store, property);
    const session = world.open();
    assert.equal(session.authToken(), null);
    const error = await failureOf(session.authorize("id", "https://app/"));
    assert.deepEqual([error.code, world.left.length], ["storage", 0]);
    assert.match(error.message, /browser keeps no storage/);
    session.logout();
    assert.equal(world.left.length, 1);
  }
});

test("what another client, environment or grant has kept is not used", async () => {
  const kept = { access_token: "kept", obtained_at: 1, environment: "https://api.mypurecloud.com", client_id: "id", grant: "token" };
  const table: [change: object, clientId: string, environment: string, used: boolean][] = [
    [{}, "id", "mypurecloud.com", true],
    [{ grant: "authorization_code" }, "id", "mypurecloud.com", true],
    [{ grant: "client_credentials" }, "id", "mypurecloud.com", false],
    [{}, "other", "mypurecloud.com", false],
    [{}, "id", "mypurecloud.ie", false],
    [{ user: "ada" }, "id", "mypurecloud.com", false],
  ];
  for (const [change, clientId, environment, used] of table) {
    const details = JSON.stringify({ ...kept, ...change });
    const world = browser({ local: memory({ authtoken: "kept", authtoken_details: details }) });
    world.open(environment).authorize(clientId, "https://app/");
    await settle();
    assert.deepEqual([world.sent.length, world.left.length], used ? [1, 0] : [0, 1], details + clientId + environment);
  }
});

test("an environment that is set later decides whose tokens these are", async () => {
  const world = browser({ platform });
  const begin = () => {
    const session = world.open();
    session.environment("mypurecloud.ie");
    return session;
  };
  begin().authorize("id", "https://app/");
  await settle();
  world.comeBack(`?code=c&state=${state(world)}`);
  assert.deepEqual(await begin().authorize("id", "https://app/"), { name: "Ada" });
  assert.equal(world.open().authToken(), null, "it is not one of mypurecloud.com");
  assert.equal(begin().authToken(), "fresh");
});

test("a token that another tab has stored since is used", async () => {
  const world = browser();
  const session = world.open();
  world.page.localStorage.setItem("authtoken", "later");
  await session.authorize("id", "https://app/");
  assert.equal(world.sent[0]!.headers["authorization"], "Bearer later");
});

test("a window that the program opens is asked for the address that comes back", async () => {
  const world = browser({ platform });
  const asked: URL[] = [];
  const open = async (address: string) => {
    asked.push(new URL(address));
    const grants = asked.length == 1 ? "error=unauthorized_client" : "access_token=fresh";
    return new URL(`https://app/#${grants}&state=${asked.at(-1)!.searchParams.get("state")}`);
  };
  const session = world.open({ open, clientId: "id", redirectUrl: "https://app/" });
  assert.deepEqual(await session.authorize(), { name: "Ada" });
  assert.deepEqual([asked.length, world.left.length, session.authToken()], [2, 0, "fresh"]);
  const { host } = browser({ platform });
  const node = createSession({ ...host, page: undefined }, {}, { redirectUrl: "http://127.0.0.1:1/cb" });
  const stranger = async () => new URL("http://127.0.0.1:1/cb?code=c&state=foreign");
  assert.equal((await failureOf(node.authorize({ clientId: "id", open: stranger }))).code, "state");
  const good = async (address: string) => new URL(`http://127.0.0.1:1/cb?code=c&state=${new URL(address).searchParams.get("state")}`);
  assert.deepEqual(await node.authorize({ clientId: "id", open: good }), { name: "Ada" });
});

test("a page in the popup of a login tells the page that opened it, and does nothing else", async () => {
  const world = browser({ part: "?code=c&state=purecloud-1#x" });
  const told: unknown[] = [];
  Object.assign(world.page, { name: "purecloud_popup", opener: { postMessage: (...args: unknown[]) => void told.push(args) } });
  const request = world.open().authorize("id", "https://app/");
  await settle();
  assert.deepEqual(told, [[{ name: "gc_auth_popup", type: "message", search: "?code=c&state=purecloud-1", hash: "#x" }, "https://app"]]);
  assert.deepEqual([request.state(), world.left.length, world.sent.length], ["pending", 0, 0]);
});

test("logout forgets everything, and names where to go from there", async () => {
  const world = browser({ platform });
  const session = await logIn(world, "?code=c&state=STATE");
  await session.authorize("id", "https://app/");
  session.logout("https://app/bye");
  assert.equal(world.left.at(-1), "https://login.mypurecloud.com/logout?client_id=id&redirect_uri=https%3A%2F%2Fapp%2Fbye");
  assert.deepEqual([session.authToken(), world.page.localStorage.getItem("authtoken")], [null, null]);
  assert.equal(world.open().authToken(), null);
  session.logout();
  assert.equal(world.left.at(-1), "https://login.mypurecloud.com/logout");
});

test("authorize throws at once for what it lacks", () => {
  const { host, open } = browser();
  assert.throws(() => open().authorize(), { message: "Missing required  parameter: clientId", operation: "authorize" });
  assert.throws(() => open().authorize("id"), { message: "Missing required  parameter: redirectUrl" });
  const session = createSession({ ...host, page: undefined }, {});
  assert.throws(() => session.authorize("id", "https://app/"), { message: "authorize needs a page" });
});

test("authorize can be stopped, and the page then stays", async () => {
  const world = browser();
  const request = world.open().authorize("id", "https://app/").fail(() => {});
  assert.equal(request.abort().state(), "rejected");
  await settle();
  assert.deepEqual(world.left, []);
  const waiting = createSession({ ...world.host, transport: () => () => {} }, {}, { token: "token" });
  const testing = waiting.authorize("id", "https://app/");
  await settle();
  assert.equal((await failureOf(testing.abort())).code, "abort");
});
