import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { PureCloudError } from "../src/error.js";
import type { Answer, Host, Page, Wire } from "../src/host.js";
import { PureCloudSession as NodeSession } from "../src/node.js";
import { createSession } from "../src/session.js";
import type { Session, SessionOptions } from "../src/session.js";
import { scripted } from "./scripted.js";

const OK: Answer = {
  status: 200,
  statusText: "OK",
  headers: { "content-type": "application/json" },
  responseText: '{"name":"Ada"}',
};
const REFUSED: Answer = {
  status: 401,
  statusText: "Unauthorized",
  headers: {},
  responseText: '{"message":"Invalid login credentials."}',
};

/** A store that forgets with its test. */
function memory(entries: Record<string, string> = {}): Storage {
  const map = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  } as Storage;
}

interface World {
  readonly host: Host;
  readonly sent: Wire[];
  /** Where the page went. */
  readonly left: string[];
  readonly page: Page;
  open(options?: string | SessionOptions): Session;
}

/** A browser with one page, and a platform that gives `answers` in turn, the last of them for ever. */
function browser({
  hash = "",
  local = {},
  session = {},
  answers = [OK],
}: {
  hash?: string;
  local?: Record<string, string>;
  session?: Record<string, string>;
  answers?: Answer[];
} = {}): World {
  const sent: Wire[] = [];
  const left: string[] = [];
  const location = { hash, pathname: "/app", search: "?q=1", replace: (url: string) => void left.push(url) };
  const history = {
    state: { scroll: 7 },
    replaceState(state: unknown, _: string, url: string) {
      assert.equal(state, history.state);
      location.hash = url.replace(/^[^#]*/, "");
      assert.equal(url, `/app?q=1${location.hash}`);
    },
  };
  const getRandomValues = (numbers: Uint32Array) => numbers.fill(7);
  const page = {
    location,
    history,
    localStorage: memory(local),
    sessionStorage: memory(session),
    crypto: { getRandomValues },
  } as unknown as Page;
  const transport = async (wire: Wire) => {
    sent.push(wire);
    return answers.length > 1 ? answers.shift()! : answers[0]!;
  };
  const host: Host = { ...scripted(transport), page };
  return { host, sent, left, page, open: (options) => createSession(host, Object.prototype, options) };
}

/** Lets everything happen that is not waiting for the world. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("environments are domains or origins", () => {
  const table: [string | SessionOptions | undefined, string, string][] = [
    [undefined, "mypurecloud.com", "https://api.mypurecloud.com/x"],
    ["", "mypurecloud.com", "https://api.mypurecloud.com/x"],
    [{}, "mypurecloud.com", "https://api.mypurecloud.com/x"],
    ["mypurecloud.ie", "mypurecloud.ie", "https://api.mypurecloud.ie/x"],
    ["MyPureCloud.ie", "MyPureCloud.ie", "https://api.mypurecloud.ie/x"],
    ["localhost:8443", "localhost:8443", "https://api.localhost:8443/x"],
    ["http://127.0.0.1:8085", "http://127.0.0.1:8085", "http://127.0.0.1:8085/x"],
    ["http://127.0.0.1:8085/", "http://127.0.0.1:8085/", "http://127.0.0.1:8085/x"],
    ["http://localhost", "http://localhost", "http://localhost/x"],
    ["http://[::1]:80", "http://[::1]:80", "http://[::1]/x"],
    ["https://gateway.example.com", "https://gateway.example.com", "https://gateway.example.com/x"],
    [{ environment: "http://example.com", allowHttp: true }, "http://example.com", "http://example.com/x"],
  ];
  for (const [options, name, url] of table) {
    const { open, sent } = browser();
    const session = open(options);
    assert.equal(session.environment(), name);
    session.get("/x");
    assert.equal(sent[0]!.url, url);
  }
  const refused = [
    "http://example.com",
    "http://127.evil.com",
    "http://localhost.evil.com",
    "a b",
    "x/y",
    "user@x",
    "https://a@b",
    "https://x/y",
    "ftp://x",
    "http://",
    "x:port",
  ];
  for (const environment of refused) {
    assert.throws(
      () => browser().open(environment),
      (error) => error instanceof PureCloudError && error.message.includes(environment),
    );
  }
});

test("the environment can be changed", () => {
  const { open, sent } = browser();
  const session = open();
  assert.equal(session.environment("mypurecloud.de"), "mypurecloud.de");
  session.get("/x");
  assert.equal(sent[0]!.url, "https://api.mypurecloud.de/x");
  assert.throws(() => session.environment("http://example.com"), PureCloudError);
  assert.equal(session.environment(), "mypurecloud.de");
});

test("in Node a variable says the default environment", () => {
  process.env["PURECLOUD_ENVIRONMENT"] = "http://127.0.0.1:1";
  assert.equal(NodeSession().environment(), "http://127.0.0.1:1");
  assert.equal(NodeSession("mypurecloud.ie").environment(), "mypurecloud.ie");
  delete process.env["PURECLOUD_ENVIRONMENT"];
  assert.equal(NodeSession().environment(), "mypurecloud.com");
});

test("sessions come with and without new, from both entries", () => {
  for (const PureCloudSession of [BrowserSession, NodeSession]) {
    for (const session of [new PureCloudSession("mypurecloud.ie"), PureCloudSession("mypurecloud.ie")]) {
      assert.ok(session instanceof PureCloudSession);
      assert.equal(session.environment(), "mypurecloud.ie");
    }
    class Mine extends (PureCloudSession as any) {
      mine = true;
    }
    const mine: any = new Mine();
    assert.ok(mine instanceof Mine && mine instanceof PureCloudSession && mine.mine);
    assert.deepEqual(Object.keys(BrowserSession()), Object.keys(NodeSession()));
  }
});

test("the token is set, told and forgotten", () => {
  const { open, page, left } = browser({ local: { authtoken: "stored" } });
  const session = open();
  assert.deepEqual([session.authToken(), session.hasAuthorizationToken()], ["stored", true]);
  assert.equal(session.authToken("mine"), "mine");
  assert.equal(session.authToken(""), "mine", "it cannot be cleared so");
  assert.equal(page.localStorage.getItem("authtoken"), "stored", "it is not kept");
  session.logout();
  assert.deepEqual([session.authToken(), session.hasAuthorizationToken()], [null, false]);
  assert.equal(page.localStorage.getItem("authtoken"), null);
  assert.deepEqual(left, ["https://login.mypurecloud.com/logout"]);
});

test("options say the token and where it is kept", () => {
  const { open } = browser({ local: { authtoken: "stored", mine: "kept" } });
  assert.equal(open({}).authToken(), null);
  assert.equal(open({ storageKey: "mine" }).authToken(), "kept");
  assert.equal(open({ storageKey: "mine", token: "given" }).authToken(), "given");
});

test("stores that throw are stores that are empty", () => {
  const world = browser();
  for (const store of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(world.page, store, {
      get() {
        throw new Error("SecurityError");
      },
    });
  }
  const session = world.open();
  assert.equal(session.authToken(), null);
  session.authorize("id", "https://app/");
  session.logout();
  assert.equal(world.left.length, 2);
});

test("without a token, authorize goes to the login", async () => {
  const { open, left, sent, page } = browser();
  const request = open("mypurecloud.ie").authorize("an id", "https://app/?a=1&b=2#c");
  await settle();
  assert.equal(request.state(), "pending");
  assert.equal(sent.length, 0);
  const url = new URL(left[0]!);
  assert.equal(url.origin + url.pathname, "https://login.mypurecloud.ie/oauth/authorize");
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: "token",
    client_id: "an id",
    redirect_uri: "https://app/?a=1&b=2#c",
    state: "purecloud-7-7-7-7",
  });
  assert.equal(page.sessionStorage.getItem("purecloud_state"), "purecloud-7-7-7-7");
});

test("the program's own state goes there and comes back", async () => {
  const { open, left, page } = browser();
  open({ clientId: "id", redirectUrl: "https://app/", state: "a&b c/é" }).authorize();
  const sent = new URL(left[0]!).searchParams.get("state")!;
  assert.equal(sent, "a&b c/é");
  const back = browser({
    hash: `#access_token=t&expires_in=86400&token_type=bearer&state=${encodeURIComponent(sent)}`,
    session: { purecloud_state: page.sessionStorage.getItem("purecloud_state")! },
  });
  const session = back.open();
  assert.deepEqual([session.getState(), session.authToken(), back.page.location.hash], [sent, "t", ""]);
});

test("a return is read from the hash", () => {
  const state = "purecloud-1-2-3-4";
  const table: {
    hash: string;
    expected?: string | null;
    options?: SessionOptions;
    token?: string | null;
    state?: string | null;
    rest?: string;
  }[] = [
    { hash: `#access_token=tok&state=${state}`, token: "tok" },
    { hash: `#access_token=a%2Bb+c=d%zz&state=${state}`, token: "a+b+c=d%zz" },
    { hash: `#tab=2&access_token=tok&scope=x&state=${state}&other=a%20b`, token: "tok", rest: "#tab=2&other=a%20b" },
    { hash: `#access_token=tok&state=${state}&tab=2`, token: "tok", rest: "#tab=2" },
    { hash: "#access_token=tok&state=mine", expected: "mine", token: "tok", state: "mine" },
    // Not a login's, or not this tab's.
    { hash: "#/route?state=5&x=error", token: null, rest: "#/route?state=5&x=error" },
    { hash: "#error=5", expected: null, token: null, rest: "#error=5" },
    { hash: "#state=abc", token: null, rest: "#state=abc" },
    { hash: "#access_token=tok&state=foreign", token: null },
    { hash: "#access_token=tok", token: null },
    { hash: "#access_token=tok", expected: null, token: null },
    { hash: "#access_token=tok&state=", expected: null, token: null },
    { hash: "#access_token=tok&state=foreign", expected: null, token: null },
    { hash: "#access_token=tok&state=any", expected: null, options: { checkState: false }, token: "tok", state: "any" },
    { hash: "#access_token=tok", expected: null, options: { checkState: false }, token: "tok" },
  ];
  for (const { hash, expected = state, options, token, state: own = null, rest = "" } of table) {
    const { open, page } = browser({ hash, session: expected === null ? {} : { purecloud_state: expected } });
    const session = open(options);
    assert.deepEqual([session.authToken(), session.getState(), page.location.hash], [token, own, rest], hash);
  }
});

test("the hash is stronger than the store, and is kept once it has been tried", async () => {
  const { open, page, sent } = browser({
    hash: "#access_token=new&state=s",
    local: { authtoken: "old" },
    session: { purecloud_state: "s" },
  });
  const session = open();
  assert.equal(page.localStorage.getItem("authtoken"), "old");
  assert.equal(page.sessionStorage.getItem("purecloud_state"), null, "one return for one departure");
  const args = await new Promise<unknown[]>((resolve) =>
    session.authorize("id", "https://app/").done((...args) => resolve(args)),
  );
  assert.deepEqual(args.slice(0, 2), [{ name: "Ada" }, "success"]);
  assert.equal(page.localStorage.getItem("authtoken"), "new");
  assert.equal(sent[0]!.url, "https://api.mypurecloud.com/api/v2/users/me?expand=organization");
  assert.equal(sent[0]!.headers["authorization"], "Bearer new");
});

test("a token that fails its test leads to the login", async () => {
  for (const answer of [REFUSED, { ...OK, status: 403 }]) {
    const { open, left } = browser({ local: { authtoken: "old" }, answers: [answer] });
    const request = open().authorize("id", "https://app/");
    await settle();
    assert.equal(request.state(), "pending");
    assert.equal(left.length, 1);
  }
});

test("a token that another tab has stored since is tried", async () => {
  const { open, page, sent } = browser();
  const session = open();
  page.localStorage.setItem("authtoken", "later");
  await session.authorize("id", "https://app/");
  assert.equal(sent[0]!.headers["authorization"], "Bearer later");
});

test("what went wrong at the login reaches the handlers of authorize, once", async () => {
  const table: [string, RegExp, string][] = [
    [
      "#error=access_denied&error_description=The%20user%20said%20no&state=s",
      /^\[access_denied\] The user said no$/,
      "access_denied",
    ],
    ["#access_token=tok&state=foreign", /^the login has another state$/, "state"],
  ];
  for (const [hash, message, code] of table) {
    const { open, left, page } = browser({ hash, session: { purecloud_state: "s" } });
    const session = open();
    const seen: any[] = [];
    session
      .authorize("id", "https://app/")
      .done(() => assert.fail())
      .error((...args) => seen.push(...args))
      .always(() => seen.push("always"));
    assert.match(seen[0].message, message);
    assert.deepEqual([seen[0].code, seen[1], seen.at(-1)], [code, "error", "always"]);
    assert.deepEqual([left, page.location.hash], [[], ""]);
    session.authorize("id", "https://app/");
    assert.equal(left.length, 1, "the next try goes to the login");
  }
});

test("authorize throws at once for what it lacks", () => {
  const { host, open } = browser();
  assert.throws(() => open().authorize(), { message: "Missing required  parameter: clientId", operation: "authorize" });
  assert.throws(() => open().authorize("id"), { message: "Missing required  parameter: redirectUrl" });
  const session = createSession({ ...host, page: undefined }, {});
  assert.throws(() => session.authorize("id", "https://app/"), { message: "authorize needs a page" });
});

test("authorize can be stopped", async () => {
  const { host, left } = browser();
  const session = createSession({ ...host, transport: () => () => {} }, {}, { token: "token" });
  const request = session.authorize("id", "https://app/").fail(() => {});
  assert.equal(request.abort().state(), "rejected");
  assert.deepEqual(left, []);
});

test("client credentials give a token, and handlers without a value", async () => {
  const { host, sent } = browser({ answers: [{ ...OK, responseText: '{"access_token":"fresh"}' }] });
  const session = createSession({ ...host, page: undefined }, {}, "mypurecloud.ie");
  const value = await session.authorizeWithClientCredentialsGrant("id", "a secret");
  assert.deepEqual([value, session.authToken()], [undefined, "fresh"]);
  const { method, url, headers, body } = sent[0]!;
  assert.deepEqual(
    [method, url, `${body}`],
    ["POST", "https://login.mypurecloud.ie/oauth/token", "grant_type=client_credentials"],
  );
  assert.ok(body instanceof URLSearchParams, "which states its own type");
  assert.deepEqual(headers, { accept: "application/json", authorization: `Basic ${btoa("id:a secret")}` });
});

test("client credentials that fail reach the handlers, and the secret does not", async () => {
  const basic = btoa("id:a long secret");
  const said = `{"error":"invalid_client","description":"client not found","echo":"Basic ${basic}"}`;
  const { host } = browser({ answers: [{ ...REFUSED, status: 400, responseText: said }] });
  const session = createSession({ ...host, page: undefined }, {});
  const error: any = await new Promise((resolve) => {
    session
      .authorizeWithClientCredentialsGrant("id", "a long secret")
      .done(() => assert.fail())
      .error(resolve);
  });
  assert.deepEqual(
    [error.status, error.code, error.responseJSON.description],
    [400, "invalid_client", "client not found"],
  );
  assert.equal(error.body.echo, "Basic [redacted]");
  assert.ok(!JSON.stringify(error).includes(basic));
  const none = createSession({ ...browser().host, page: undefined }, {});
  await assert.rejects(none.authorizeWithClientCredentialsGrant("id", "secret"), /no token in the answer/);
  for (const [id, secret, name] of [
    [undefined, "s", "clientId"],
    ["i", undefined, "clientSecret"],
  ] as const) {
    assert.throws(() => session.authorizeWithClientCredentialsGrant(id, secret), {
      message: `Missing required  parameter: ${name}`,
    });
  }
});

test("a page that uses client credentials is warned once", async () => {
  const warn = mock.method(console, "warn", () => {});
  const session = browser({ answers: [{ ...OK, responseText: '{"access_token":"fresh"}' }] }).open({
    clientId: "id",
    clientSecret: "secret",
  });
  await session.authorizeWithClientCredentialsGrant();
  await session.authorizeWithClientCredentialsGrant();
  assert.equal(warn.mock.callCount(), 1);
  warn.mock.restore();
});

test("debug logs what is sent, without secrets", () => {
  const log = mock.method(console, "log", () => {});
  const warn = mock.method(console, "warn", () => {});
  const session = browser().open({ token: "token-0123456789" });
  session.get("/quiet");
  assert.equal(session.debug(), false);
  assert.equal(session.debug(true), true);
  assert.equal(session.debug(), true);
  session.makeRequest("post", "/x?token=token-0123456789", { a: 1 });
  session.authorizeWithClientCredentialsGrant("id", "secret").fail(() => {});
  assert.equal(session.debug("yes" as any), false, "true alone turns it on");
  const lines = log.mock.calls.map(({ arguments: args }) => args.join(" "));
  log.mock.restore();
  warn.mock.restore();
  assert.deepEqual(lines, [
    "POST https://api.mypurecloud.com/x?token=[redacted]",
    "POST https://login.mypurecloud.com/oauth/token",
  ]);
});

test("a session that is printed shows no token", async () => {
  const { inspect } = await import("node:util");
  const session = browser().open({ token: "token-0123456789", clientSecret: "secret-0123456789" });
  assert.doesNotMatch(inspect(session, { depth: 9, showHidden: true }) + JSON.stringify(session), /0123456789/);
});
