import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { PureCloudError } from "../src/error.js";
import { PureCloudSession as NodeSession } from "../src/node.js";
import { createSession } from "../src/session.js";
import type { SessionOptions } from "../src/session.js";
import { OK, REFUSED, browser, memory } from "./world.js";

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
  const { open, page, left } = browser({ local: memory({ authtoken: "stored" }) });
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
  const { open } = browser({ local: memory({ authtoken: "stored", mine: "kept" }) });
  assert.equal(open({}).authToken(), null);
  assert.equal(open({ storageKey: "mine" }).authToken(), "kept");
  assert.equal(open({ storageKey: "mine", token: "given" }).authToken(), "given");
});

test("client credentials give a token, and handlers without a value", async () => {
  const { host, sent } = browser({ answers: [{ ...OK, responseText: '{"access_token":"fresh"}' }] });
  const session = createSession({ ...host, page: undefined }, {}, "mypurecloud.ie");
  const value = await session.authorizeWithClientCredentialsGrant("id", "a secret");
  assert.deepEqual([value, session.authToken()], [undefined, "fresh"]);
  const { method, url, headers, body } = sent[0]!;
  assert.deepEqual(
    [method, url, body],
    ["POST", "https://login.mypurecloud.ie/oauth/token", "grant_type=client_credentials"],
  );
  const type = "application/x-www-form-urlencoded";
  assert.deepEqual(headers, {
    ...{ accept: "application/json", "content-type": type },
    authorization: `Basic ${btoa("id:a secret")}`,
  });
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
  await assert.rejects(none.authorizeWithClientCredentialsGrant("id", "secret"), /no usable token/);
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

test("debug logs what is sent, without secrets", async () => {
  const log = mock.method(console, "log", () => {});
  const warn = mock.method(console, "warn", () => {});
  const session = browser().open({ token: "token-0123456789" });
  session.get("/quiet");
  assert.equal(session.debug(), false);
  assert.equal(session.debug(true), true);
  assert.equal(session.debug(), true);
  session.makeRequest("post", "/x?token=token-0123456789", { a: 1 });
  await session.authorizeWithClientCredentialsGrant("id", "secret").catch(() => {});
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
