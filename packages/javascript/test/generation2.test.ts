import assert from "node:assert/strict";
import { inspect } from "node:util";
import { mock, test } from "node:test";
import "../src/generation2.js";
import type { SessionOptions } from "../src/session.js";
import { OK, REFUSED, browser, memory, settle } from "./world.js";
import type { World } from "./world.js";

const open = (world: World, options: SessionOptions): any => world.open(options);
const EMPTY = { status: 200, statusText: "OK", headers: { "content-type": "application/json" }, responseText: "" };
const NO_CONTENT = { status: 204, statusText: "No Content", headers: {} };

test("a session that was made as in 2016 has none of it", () => {
  const session: any = browser().open("mypurecloud.ie");
  assert.deepEqual([session.login, session.options, session.debugLog], [undefined, undefined, undefined]);
});

test("options are read and written, and their token is that of the session", () => {
  const world = browser();
  const given = { strategy: "token", environment: "mypurecloud.ie", token: "abc", clientSecret: "s3cret-s3cret" } as const;
  const session = open(world, given);
  const { options } = session;
  assert.deepEqual([options.token, options.environment, options.timeout, options.clientSecret], ["abc", "mypurecloud.ie", 30_000, "s3cret-s3cret"]);
  options.token = "def";
  options.timeout = 7;
  assert.equal(session.authToken(), "def");
  session.options = { token: "ghi", clientId: "id" };
  session.get("/x");
  assert.equal(world.sent[0]!.headers["authorization"], "Bearer ghi");
  assert.equal(options.clientId, "id");
  options.token = undefined;
  assert.equal(session.hasAuthorizationToken(), false);
  assert.deepEqual(given, { strategy: "token", environment: "mypurecloud.ie", token: "abc", clientSecret: "s3cret-s3cret" });
});

test("neither token nor secret is in what is printed or serialized", () => {
  const session = open(browser(), { strategy: "token", token: "t0ken-t0ken", clientSecret: "s3cret-s3cret" });
  for (const text of [JSON.stringify(session), JSON.stringify(session.options), inspect(session, { depth: 9 }), inspect(session.options, { getters: true, depth: 9 })]) {
    assert.doesNotMatch(text, /t0ken|s3cret/);
  }
});

test("environments and addresses are set by their members", () => {
  const world = browser();
  const session = open(world, { strategy: "token", token: "t" });
  assert.deepEqual([session.apiUrl, session.authUrl], ["https://api.mypurecloud.com", "https://login.mypurecloud.com"]);
  session.setEnvironment("mypurecloud.ie");
  assert.deepEqual([session.apiUrl, session.authUrl, session.options.environment], ["https://api.mypurecloud.ie", "https://login.mypurecloud.ie", "mypurecloud.ie"]);
  session.setEnvironment();
  assert.equal(session.options.environment, "mypurecloud.com");
  session.apiUrl = "http://127.0.0.1:8085";
  session.get("/x");
  assert.equal(world.sent[0]!.url, "http://127.0.0.1:8085/x");
  assert.throws(() => (session.apiUrl = "http://example.com"), /allowHttp/);
});

test("login goes by the strategy", async () => {
  const texts: [object, string | RegExp][] = [
    [{ strategy: "token" }, 'Options requires a "token" key for the "token" strategy'],
    [{ strategy: "magic" }, 'Authentication strategy "magic" is not supported.'],
    [{}, 'Authentication strategy "undefined" is not supported.'],
    [{ strategy: "client-credentials" }, "Missing required  parameter: clientId"],
    [{ strategy: "implicit" }, "Missing required  parameter: clientId"],
  ];
  for (const [options, message] of texts) {
    assert.throws(() => open(browser(), options).login(), { name: "PureCloudError", message: message as string });
  }
  const world = browser();
  assert.equal(await open(world, { strategy: "token", token: "t" }).login(), undefined);
  assert.deepEqual(world.sent, [], "a token that is there is not tried");

  const granted = { ...OK, responseText: '{"access_token":"new","expires_in":60}' };
  const local = memory();
  const machine = browser({ answers: [granted, OK], local });
  const warn = mock.method(console, "warn", () => {});
  const session = open(machine, { strategy: "client-credentials", clientId: "id", clientSecret: "secret-secret", storageKey: "kept" });
  assert.equal(await session.login(), undefined);
  warn.mock.restore();
  assert.deepEqual([session.options.token, local.getItem("kept")], ["new", "new"]);
});

test("the implicit strategy leaves the page, pending, and resolves with the user on its return", async () => {
  const world = browser();
  const options: SessionOptions = { strategy: "implicit", clientId: "id", redirectUrl: "https://app/", state: "mine", storageKey: "kept" };
  let settled = false;
  open(world, options).login().then(() => (settled = true), () => (settled = true));
  await settle();
  assert.equal(settled, false);
  const sent = Object.fromEntries(new URL(world.left[0]!).searchParams);
  assert.deepEqual(sent, { response_type: "token", client_id: "id", redirect_uri: "https://app/", state: "mine" });
  world.comeBack("#access_token=tok&state=mine&tab=2");
  const session = open(world, options);
  assert.deepEqual([session.options.token, session.options.state, world.address()], ["tok", "mine", "#tab=2"]);
  assert.deepEqual(await session.login(), { name: "Ada" });
  assert.equal(world.page.localStorage.getItem("kept"), "tok");
  session.logout();
  assert.equal(world.left[1], "https://login.mypurecloud.com/logout?client_id=id&redirect_uri=https%3A%2F%2Fapp%2F");
  assert.equal(world.page.localStorage.getItem("kept"), null);
});

test("a token with somebody else's state is dropped", async () => {
  const world = browser({ part: "#access_token=theirs&state=mine" });
  const session = open(world, { strategy: "implicit", clientId: "id", redirectUrl: "https://app/", state: "mine" });
  assert.deepEqual([session.options.token, world.address()], [undefined, ""]);
});

test("bare requests take a query before the body", async () => {
  const world = browser();
  const session = open(world, { strategy: "token", token: "t" });
  session.get("/a?x=1", { y: [1, 2], z: undefined, n: null, f: false });
  session.get("https://api.mypurecloud.com/a");
  session.makeRequest("post", "/a", { q: "b c" }, { name: "Ada" });
  session.makeRequest("PUT", "/a", undefined, '{"as":"it is"}');
  session.makeRequest("GET", "/a", "already=text");
  assert.deepEqual(
    world.sent.map(({ method, url, body }) => [method, url.replace("https://api.mypurecloud.com", ""), body]),
    [
      ["GET", "/a?x=1&y=1&y=2&f=false", undefined],
      ["GET", "/a", undefined],
      ["POST", "/a?q=b%20c", '{"name":"Ada"}'],
      ["PUT", "/a", '{"as":"it is"}'],
      ["GET", "/a?already=text", undefined],
    ],
  );
  const foreign = await session.get("https://evil.example/x", { a: 1 }).catch((error: unknown) => error);
  assert.match(foreign.message, /allowedHosts/);
  assert.equal(world.sent.length, 5);
  // A session of today keeps today's arguments.
  const modern = browser();
  open(modern, { token: "t" }).makeRequest("POST", "/a", { name: "Ada" });
  assert.equal(modern.sent[0]!.body, '{"name":"Ada"}');
});

test("empty answers are what the promises gave", async () => {
  const answers = [EMPTY, NO_CONTENT, { ...OK, responseText: "null" }];
  const values = async (options: SessionOptions, page = true) => {
    const world = browser({ answers: [...answers] });
    if (!page) Object.assign(world, { host: { ...world.host, page: undefined } });
    const session = open(world, options);
    return [await session.get("/a"), await session.get("/a"), await session.get("/a")];
  };
  assert.deepEqual(await values({ strategy: "token", token: "t" }), ["", null, null]);
  assert.deepEqual(await values({ strategy: "token", token: "t" }, false), ["", {}, null]);
  assert.deepEqual(await values({ token: "t" }), [undefined, undefined, null]);
});

test("failures have the fields that handlers read, and each 401 has its handler", async () => {
  const answer = { ...REFUSED, headers: { "inin-correlation-id": "c-1", "content-type": "application/json" } };
  const session = open(browser({ answers: [answer] }), { strategy: "token", token: "t" });
  const heard: unknown[] = [];
  session.setUnauthenticatedErrorHandler((error: unknown) => heard.push(error));
  const error = await session.get("/a").catch((error: unknown) => error);
  assert.deepEqual(heard, [error]);
  assert.deepEqual([error.statusCode, error.body.message, error.headers["inin-correlation-id"]], [401, "Invalid login credentials.", "c-1"]);
  const { status, header, body } = error.response;
  assert.deepEqual([status, header["inin-correlation-id"], body], [401, "c-1", error.body]);
  assert.ok(!JSON.stringify(error).includes('"response"'));
});

test("debugLog hears of requests and answers, not of logins and tokens", async () => {
  const granted = { ...OK, responseText: '{"access_token":"t0ken-t0ken"}' };
  const session = open(browser({ answers: [granted, OK] }), { strategy: "client-credentials", clientId: "id", clientSecret: "s3cret-s3cret" });
  const heard: unknown[] = [];
  session.debugLog = (entry: unknown) => heard.push(entry);
  const warn = mock.method(console, "warn", () => {});
  await session.login();
  warn.mock.restore();
  await session.makeRequest("POST", "/a", { b: 1 }, { name: "Ada" });
  assert.deepEqual(heard, ['POST https://api.mypurecloud.com/a?b=1\nBody: {"name":"Ada"}', OK.headers, { name: "Ada" }]);
  assert.doesNotMatch(JSON.stringify(heard), /t0ken|s3cret/);
});
