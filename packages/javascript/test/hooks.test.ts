/** Functions of a program around its calls: their order, what they may change, and what they may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PureCloudError } from "../src/error.js";
import "../src/hooks.js";
import type { HookRequest } from "../src/hooks.js";
import type { Answer, Wire } from "../src/host.js";
import { createSession } from "../src/session.js";
import type { SessionOptions } from "../src/session.js";
import { scripted } from "./scripted.js";

const TOKEN = "token-0123456789";
const ok = (text: string, status = 200): Answer => ({
  ...{ status, statusText: "", responseText: text },
  headers: { "content-type": "application/json" },
});

/** A session whose platform answers by a script; `next` lets the next wait end. */
function open(platform: (wire: Wire) => Answer, options?: SessionOptions) {
  const sent: Wire[] = [];
  const host = {
    ...scripted(async (wire) => {
      sent.push(wire);
      return platform(wire);
    }),
    after: (ms: number, act: () => void) => {
      if (ms < 1_000) setImmediate(act);
      return () => {};
    },
  };
  const session = createSession(host, Object.prototype, { token: TOKEN, environment: "https://api.example.com", ...options });
  return { session, sent };
}

const failure = (call: PromiseLike<unknown>): Promise<PureCloudError> =>
  Promise.resolve(call).then(
    () => assert.fail("it succeeded"),
    (error) => error,
  );

test("hooks come in the order in which they were added, until they are removed", async () => {
  const { session } = open(() => ok("1"));
  const log: string[] = [];
  const removals = ["a", "b"].map((name) =>
    session.addHooks({
      async beforeRequest({ operation, attempt }) {
        await Promise.resolve();
        log.push(`${name} before ${operation} ${attempt}`);
      },
      afterAnswer({ status, body }) {
        log.push(`${name} after ${status} ${body}`);
      },
    }),
  );
  await session.get("/one");
  assert.deepEqual(log.splice(0), ["a before GET /one 1", "b before GET /one 1", "a after 200 1", "b after 200 1"]);
  removals[0]!();
  removals[0]!();
  await session.get("/one");
  assert.deepEqual(log.splice(0), ["b before GET /one 1", "b after 200 1"]);
  removals[1]!();
  await session.get("/one");
  assert.deepEqual(log, []);
});

test("a hook may change the address, the headers and the body of each attempt, and does not see the token", async () => {
  let answers = [ok("busy", 503), ok("{}")];
  const { session, sent } = open(() => answers.shift()!);
  session.addHooks({
    beforeRequest(request) {
      assert.ok(!JSON.stringify(request).includes(TOKEN));
      request.url += `?attempt=${request.attempt}`;
      request.headers["x-trace"] = "t1";
      request.body = `${request.body}!`;
    },
  });
  await session.makeRequest("PUT", "/thing", "text");
  assert.deepEqual(
    sent.map(({ url, headers, body }) => [url, headers["x-trace"], headers["authorization"], body]),
    [1, 2].map((attempt) => [`https://api.example.com/thing?attempt=${attempt}`, "t1", `Bearer ${TOKEN}`, '"text"!']),
  );
});

test("a hook can not have the token sent to another host", async () => {
  const { session, sent } = open(() => ok("{}"), { allowedHosts: ["files.example.com"] });
  let target = "";
  session.addHooks({ beforeRequest: (request) => void (request.url = target) });
  for (target of ["https://evil.example/", "//evil.example/x", "https://api.example.com.evil/x", "https://api.example.com@evil.example/", "javascript:1"]) {
    const error = await failure(session.get("/one"));
    assert.equal(error.kind, "request", `${target}: ${error.message}`);
  }
  assert.deepEqual(sent, []);
  for (target of ["/two", "https://files.example.com/x"]) await session.get("/one");
  assert.deepEqual(sent.map(({ url }) => url), ["https://api.example.com/two", "https://files.example.com/x"]);
});

test("a hook may answer in place of the platform, and replace its answer", async () => {
  const { session, sent } = open(() => ok('{"message":"gone"}', 404));
  const remove = session.addHooks({ beforeRequest: () => ({ status: 200, body: { name: "Ada" } }) });
  session.addHooks({ beforeRequest: () => assert.fail("the request has been answered") });
  const { data, status } = await session.get("/one").withResponse();
  assert.deepEqual([data, status, sent.length], [{ name: "Ada" }, 200, 0]);
  remove();
  const { session: other } = open(() => ok('{"message":"gone"}', 404));
  other.addHooks({ afterAnswer: ({ status }) => (status == 404 ? { status: 204 } : undefined) });
  assert.equal(await other.get("/one"), undefined);
});

test("a hook that throws fails the call, clearly and once", async () => {
  const boom = new Error("boom");
  for (const [name, answer, message, mayHaveActed, count] of [
    ["beforeRequest", ok("{}"), "POST /one: the hook beforeRequest failed: boom", false, 0],
    ["afterAnswer", ok("{}"), "POST /one: 200 the hook afterAnswer failed: boom", true, 1],
    ["afterAnswer", ok('{"message":"full"}', 503), "POST /one: 503 the hook afterAnswer failed: boom", true, 1],
    ["onRetry", ok("{}", 429), "POST /one: the hook onRetry failed: boom", false, 1],
    ["onError", ok("{}", 404), "POST /one: the hook onError failed: boom", false, 1],
  ] as const) {
    const { session, sent } = open(() => answer);
    session.addHooks({
      async [name]() {
        throw boom;
      },
    });
    const error = await failure(session.makeRequest("POST", "/one", {}));
    assert.deepEqual(
      [error.message, error.kind, error.code, error.cause && (error.cause as Error).cause, error.mayHaveActed, sent.length],
      [message, "hook", "hook", boom, mayHaveActed, count],
      name,
    );
  }
});

test("hooks learn of each retry and of the failure, once", async () => {
  const { session } = open(() => ok("{}", 503), { retry: { attempts: 3, base: 1 } });
  const log: unknown[] = [];
  session.addHooks({
    onRetry: ({ attempt, wait, error }, request) => log.push([attempt, wait < 2, error.status, request.attempt]),
    onError: (error, { operation }) => log.push([operation, error.status]),
  });
  assert.equal((await failure(session.get("/one"))).status, 503);
  assert.deepEqual(log, [[2, true, 503, 1], [3, true, 503, 2], ["GET /one", 503]]);
});

test("a call that is stopped while a hook takes its time sends nothing, and its hooks learn of it", async () => {
  const { session, sent } = open(() => ok("{}"));
  const errors: string[] = [];
  let go = () => {};
  session.addHooks({
    beforeRequest: () => new Promise<void>((resolve) => (go = resolve)),
    onError: ({ kind }) => errors.push(kind),
  });
  const call = session.get("/one");
  call.abort();
  const error = await failure(call);
  go();
  await new Promise(setImmediate);
  assert.deepEqual([error.kind, error.mayHaveActed, sent.length, errors], ["abort", false, 0, ["abort"]]);
});

test("what a hook makes of a request is checked like what a caller makes of it", async () => {
  const { session } = open(() => ok("{}"));
  let change: (request: HookRequest) => void = () => {};
  session.addHooks({ beforeRequest: (request) => change(request) });
  change = ({ headers }) => (headers["x-a"] = "a\r\nb");
  assert.match((await failure(session.get("/one"))).message, /header "x-a" has forbidden characters/);
  const { session: other } = open(() => ok("{}"));
  other.addHooks({ beforeRequest: () => ({ status: 7 }) });
  assert.match((await failure(other.get("/one"))).message, /beforeRequest failed: the status of its answer is 7/);
});

test("logins go past the hooks", async () => {
  const { session, sent } = open(() => ok('{"access_token":"another-token"}'));
  session.addHooks({ beforeRequest: () => assert.fail("a hook saw a login") });
  await session.authorizeWithClientCredentialsGrant("id", "a secret of a client");
  assert.equal(sent.length, 1);
});
