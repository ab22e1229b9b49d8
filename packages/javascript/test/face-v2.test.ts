/** The logins of the third generation's face, in a page. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makePlatformClient } from "../src/face-v2.js";
import type { Answer, Wire } from "../src/host.js";
import { createSession } from "../src/session.js";
import type { SessionConstructor } from "../src/session.js";
import { OK, REFUSED, browser, memory, settle } from "./world.js";
import type { World } from "./world.js";

const [ID, BACK] = ["client", "https://app/app"];

/** The module in a page: a new one for each page. */
function load(world: World): any {
  const Session = function (options: any) {
    return createSession(world.host, Object.prototype, options);
  } as unknown as SessionConstructor;
  return makePlatformClient(Session, { tables: {}, optional: {} })["ApiClient"];
}

/** A platform that knows one token, and gives it for any code. */
function platform(wire: Wire): Answer {
  if (wire.url.endsWith("/oauth/token")) return { ...OK, responseText: '{"access_token":"known-token","expires_in":60}' };
  return wire.headers["authorization"] == "Bearer known-token" ? OK : REFUSED;
}

/** What the page asked the login for. */
const asked = ({ left }: World) => new URL(left.at(-1)!).searchParams;

test("making a client touches nothing in the page", () => {
  const world = browser({ part: "#access_token=of-somebody&state=x", platform });
  load(world).setEnvironment("mypurecloud.ie");
  assert.equal(world.address(), "#access_token=of-somebody&state=x");
  assert.deepEqual(world.sent, []);
});

test("the implicit grant leaves, comes back, and resolves with token, state and expiry", async () => {
  const world = browser({ platform });
  void load(world).loginImplicitGrant(ID, BACK, { state: "mine/1%", org: "o", provider: "okta" });
  await settle();
  const query = asked(world);
  assert.deepEqual([query.get("response_type"), query.get("state"), query.get("org")], ["token", "mine/1%", "o"]);
  world.comeBack(`?tab=2#access_token=known-token&expires_in=60&state=${encodeURIComponent("mine/1%")}`);
  const client = load(world);
  const given = await client.loginImplicitGrant(ID, BACK);
  assert.equal(given, client.authData);
  assert.deepEqual([given.accessToken, given.state, given.tokenExpiryTime], ["known-token", "mine/1%", world.clock + 60_000]);
  assert.equal(world.address(), "?tab=2");
  assert.match(world.sent[0]!.url, /\/api\/v2\/tokens\/me$/);
});

test("a token with another state is nobody's", async () => {
  const world = browser({ part: "#access_token=known-token&state=forged", platform });
  void load(world).loginImplicitGrant(ID, BACK);
  await settle();
  assert.deepEqual(world.sent, []);
  assert.equal(world.left.length, 1);
});

test("a code with another state is not exchanged", async () => {
  const world = browser({ part: "?code=forged&state=purecloud-forged", platform });
  void load(world).loginPKCEGrant(ID, BACK);
  await settle();
  assert.deepEqual(world.sent, []);
  assert.equal(asked(world).get("code_challenge_method"), "S256");
});

test("a code with PKCE is exchanged, and only what is OAuth's leaves the address", async () => {
  const world = browser({ platform });
  void load(world).loginPKCEGrant(ID, BACK, { state: "s" });
  await settle();
  assert.equal(asked(world).get("response_type"), "code");
  world.comeBack("?a=1&code=c&state=s#part");
  const given = await load(world).loginPKCEGrant(ID, BACK);
  assert.deepEqual([given.accessToken, given.state, world.address()], ["known-token", "s", "?a=1#part"]);
});

test("a program's own verifier is for a code that it asked for", async () => {
  const world = browser({ part: "?code=c&state=s&a=1", platform });
  const client = load(world);
  const given = await client.loginPKCEGrant(ID, BACK, {}, "v".repeat(50));
  assert.equal(given.accessToken, "known-token");
  assert.match(`${world.sent[0]!.body}`, /code_verifier=v{50}/);
  assert.equal(world.address(), "?a=1");
});

test("where the implicit grant is refused, a code with PKCE is asked for, and from then on", async () => {
  const world = browser({ platform });
  void load(world).loginImplicitGrant(ID, BACK, { state: "s" });
  await settle();
  world.comeBack("#error=unauthorized_client&state=s");
  void load(world).loginImplicitGrant(ID, BACK, { state: "s" });
  await settle();
  assert.equal(asked(world).get("response_type"), "code");
  world.comeBack("?code=c&state=s");
  assert.equal((await load(world).loginImplicitGrant(ID, BACK)).accessToken, "known-token");
  world.comeBack("");
  world.clock += 60_000;
  void load(world).loginImplicitGrant(ID, BACK);
  await settle();
  assert.equal(asked(world).get("response_type"), "code");
});

test("a login that was refused rejects, and is in authData", async () => {
  const world = browser({ platform });
  void load(world).loginImplicitGrant(ID, BACK, { state: "s" });
  await settle();
  world.comeBack("#error=access_denied&error_description=not+you&state=s");
  const client = load(world);
  await assert.rejects(client.loginImplicitGrant(ID, BACK), /\[access_denied\] not you/);
  assert.equal(client.authData.error, "access_denied");
});

test("a kept token is tried, by its environment alone, and without what renews it", async () => {
  const local = memory();
  Object.assign(globalThis, { localStorage: local });
  try {
    const world = browser({ platform, local });
    const client = load(world);
    client.setPersistSettings(true, "my app");
    client.setAccessToken("known-token");
    assert.match(local.getItem("my_app_auth_data")!, /"accessToken":"known-token"/);
    const next = load(world);
    next.setPersistSettings(true, "my app");
    assert.equal((await next.loginImplicitGrant(ID, BACK)).accessToken, "known-token");
    next.clearAuthData();
    assert.equal(JSON.parse(local.getItem("my_app_auth_data")!).accessToken, null);
    local.setItem("my_app_auth_data", JSON.stringify({ accessToken: "known-token", environment: "https://api.mypurecloud.de" }));
    const other = load(world);
    other.setPersistSettings(true, "my app");
    world.sent.length = 0;
    void other.loginImplicitGrant(ID, BACK);
    await settle();
    assert.deepEqual(world.sent, []);
  } finally {
    delete (globalThis as any).localStorage;
  }
});

test("one of org and provider alone is refused, and the page stays", async () => {
  const world = browser({ platform });
  await assert.rejects(load(world).loginImplicitGrant(ID, BACK, { org: "o" }), /opts.provider must be set if opts.org is set/);
  assert.deepEqual(world.left, []);
});

test("secrets are not for pages", async () => {
  const world = browser({ platform });
  await assert.rejects(load(world).loginClientCredentialsGrant(ID, "secret"), /The client credentials grant is not supported in a browser\./);
  assert.deepEqual(world.sent, []);
});

test("logout forgets the token and goes to the platform's", () => {
  const world = browser({ platform });
  const client = load(world);
  client.setAccessToken("known-token");
  client.clientId = ID;
  client.logout(BACK);
  assert.match(world.left[0]!, /^https:\/\/login\.mypurecloud\.com\/logout\?client_id=client&redirect_uri=/);
  assert.equal(client.authData.accessToken, null);
});
