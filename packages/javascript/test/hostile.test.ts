/** Peers that do what no platform should, and programs that pass what no operation takes. */
import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable, Stream } from "node:stream";
import { after as afterTests, before, mock, test } from "node:test";
import { gzipSync } from "node:zlib";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { PureCloudError } from "../src/error.js";
import { PureCloudSession as NodeSession } from "../src/node.js";
import type { Session, SessionOptions } from "../src/session.js";
import { json, serve } from "./server.js";
import type { Scripted } from "./server.js";

const TOKEN = "token/0123456789+x=";
let platform: Scripted;
/** What the next answer of `/said` is. */
let said: { status: number; reason?: string; type?: string; headers?: Record<string, string>; body: string };
/** Resolves when the connection of the next endless answer has ended. */
let ended: Promise<unknown>;

before(async () => {
  platform = await serve({
    "/ok": (_, response) => json(response, { id: 1 }),
    "/hang": () => {},
    "/echo": (request, response, body) => json(response, { type: request.headers["content-type"], body }),
    "/said": (_, response) => {
      const { status, reason = "", type = "application/json", headers, body } = said;
      response.writeHead(status, reason, { "content-type": type, ...headers }).end(body);
    },
    "/endless": (request, response) => {
      const redirect = request.url!.includes("redirect");
      response.writeHead(redirect ? 302 : 200, { "content-type": "text/plain", ...(redirect && { location: "/ok" }) });
      ended = once(response, "close");
      const more = () => !response.destroyed && response.write("x".repeat(1000), () => setTimeout(more, 1));
      more();
    },
    "/bomb": (_, response) => {
      response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" });
      response.end(gzipSync(Buffer.alloc(50_000_000)));
    },
    "/pieces": (_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write("[1,");
      setTimeout(() => response.end("2]"), 5);
    },
    "/upgrade": (request) => request.socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "/upgrades": (request) => {
      request.socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    },
    "/early": (request) => void request.socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
  });
});
afterTests(() => platform.close());

const entries = { fetch: BrowserSession, node: NodeSession };
for (const [name, PureCloudSession] of Object.entries(entries)) {
  const open = (options: SessionOptions = {}): Session =>
    new PureCloudSession({ environment: platform.origin, token: TOKEN, retry: false, ...options });
  const failure = async (work: Promise<unknown>): Promise<PureCloudError> => {
    const error = await work.then(
      (value) => assert.fail(`succeeded with ${value}`),
      (error) => error,
    );
    assert.ok(error instanceof PureCloudError, `${error}`);
    return error;
  };

  test(`${name}: an answer that is longer than the session takes is read no further`, async () => {
    for (const path of ["/endless", "/bomb"]) {
      const error = await failure(open({ answerLimit: 100_000 }).get(path));
      assert.deepEqual([error.kind, error.status, error.advice], ["tooLong", 200, "change"], path);
      assert.equal(error.message, `GET ${path}: 200 the answer is longer than 100000 bytes; raise answerLimit`);
      if (path == "/endless") await ended;
    }
    assert.deepEqual(await open({ answerLimit: 8 }).get("/ok"), { id: 1 }, "its limit is enough");
    assert.equal((await failure(open({ answerLimit: 7 }).get("/ok"))).kind, "tooLong");
  });

  test(`${name}: nothing is read of an answer whose call has ended, nor of what comes with a redirect`, async () => {
    assert.equal((await failure(open({ timeout: 50 }).get("/endless"))).kind, "timeout");
    await ended;
    const stopped = open().get("/endless");
    setTimeout(() => stopped.abort(), 30);
    assert.equal((await failure(stopped)).kind, "abort");
    await ended;
    if (name == "node") {
      assert.deepEqual(await open().get("/endless?redirect"), { id: 1 });
      await ended;
    }
  });

  test(`${name}: only texts are taken for a message, a code or an id`, async () => {
    const odd = [{ toString: 1 }, 7, [], null, true, ""];
    for (const value of odd) {
      const body = { message: value, code: value, error: value, error_description: value, detail: value, contextId: value };
      said = { status: 500, reason: "Oh", body: JSON.stringify(body) };
      const error = await failure(open().get("/said"));
      assert.deepEqual(
        [error.message, error.code, error.correlationId, error.status],
        ["GET /said: 500 Oh", "error", undefined, 500],
      );
    }
  });

  test(`${name}: no error holds what the peer repeats of the credentials, however it writes it`, async () => {
    const escaped = [...TOKEN].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join("");
    const bodies = [
      JSON.stringify({ message: `got ${TOKEN}` }),
      `{"message":"got ${TOKEN.replaceAll("/", "\\/")}"}`,
      `{"message":"got ${escaped}","message":"got ${escaped.toUpperCase().replaceAll("\\U", "\\u")}"}`,
      `{"message":"got ${encodeURIComponent(TOKEN)} ${encodeURIComponent(encodeURIComponent(TOKEN))}"}`,
      `<p>${TOKEN}`,
      `{"error_description":"the secret is client-secret-1"}`,
    ];
    for (const body of bodies) {
      said = { status: 400, reason: `no ${TOKEN}`, headers: { "x-got": `Bearer ${TOKEN}` }, body };
      const error = await failure(open({ clientSecret: "client-secret-1" }).get("/said"));
      const text = everything(error);
      for (const part of [TOKEN, "0123456789", "3031323334", "secret-1"]) assert.ok(!text.includes(part), text);
      assert.match(text, /\[redacted]/);
      assert.equal(error.getResponseHeader("X-Got"), "Bearer [redacted]");
    }
  });

  test(`${name}: a page where JSON is due is a failure, and the text it is where a page was asked for`, async () => {
    said = { status: 200, type: "text/html; charset=utf-8", body: "<html>Welcome to the hotel" };
    const error = await failure(open().get("/said"));
    assert.deepEqual(
      [error.kind, error.status, error.body, error.advice],
      ["decode", 200, "<html>Welcome to the hotel", "change"],
    );
    assert.equal(error.message, "GET /said: 200 not JSON but a page");
    assert.equal(await open().get(`${platform.origin}/said`), "<html>Welcome to the hotel");
  });

  test(`${name}: headers that an answer has not are null, whatever an object has`, async () => {
    const request = open().get("/ok");
    await request;
    for (const header of ["constructor", "toString", "__proto__"]) assert.equal(request.getResponseHeader(header), null);
  });

  test(`${name}: a signal has one listener for all its calls, and its reason is the cause`, async () => {
    const { signal } = new AbortController();
    const control = new AbortController();
    const { send } = open();
    const calls = Array.from({ length: 50 }, () =>
      send({ id: "x", method: "GET", url: "/hang", headers: {}, signal: control.signal }),
    );
    assert.equal(getEventListeners(control.signal, "abort").length, 1);
    const done = send({ id: "x", method: "GET", url: "/ok", headers: {}, signal });
    await done;
    assert.equal(getEventListeners(signal, "abort").length, 0);
    const reason = new Error("the user left");
    control.abort(reason);
    for (const call of calls) {
      const error = await failure(call);
      assert.deepEqual(
        [error.cause, error.kind, error.statusText, error.code, error.message],
        [reason, "abort", "abort", "abort", "x: the user left"],
      );
    }
    assert.equal(getEventListeners(control.signal, "abort").length, 0);
    const limited = await failure(
      send({ id: "x", method: "GET", url: "/hang", headers: {}, signal: AbortSignal.timeout(20) }),
    );
    assert.deepEqual([limited.kind, limited.statusText, limited.code], ["timeout", "timeout", "timeout"]);
  });

  test(`${name}: a switch of protocols that nobody asked for is a failure at once`, async () => {
    for (const path of name == "node" ? ["/upgrade", "/upgrades", "/early"] : ["/upgrade"]) {
      const error = await failure(open({ timeout: 5000 }).get(path));
      // As far as the answer was read: without one, or refused with what it is.
      assert.match(`${error.kind} ${error.status}`, /^(broken 0|refused 101)$/, path);
    }
  });

  test(`${name}: a body that cannot be written fails through its request, which names it`, async () => {
    const circular: any = {};
    circular.circular = circular;
    const table: [unknown, RegExp][] = [
      [1n, /BigInt/],
      [{ a: 1n }, /BigInt/],
      [circular, /circular/],
      [new Date(NaN), /invalid date/],
      [{ since: new Date(NaN) }, /since: invalid date/],
      [new Map([["a", 1]]), /Map: neither JSON, text, binary data, a form nor a stream/],
      [{ a: { b: new Set([1]) } }, /b: Set: neither/],
      [Promise.resolve({}), /Promise: neither/],
      [() => 1, /Function: neither/],
      [Symbol("s"), /Symbol: neither/],
    ];
    const sent = platform.seen.length;
    for (const [body, message] of table) {
      const error = await failure(open().makeRequest("POST", "/echo", body));
      assert.match(error.message, /^POST \/echo: body: /);
      assert.match(error.message, message);
      assert.deepEqual([error.kind, error.operation, error.parameter, error.mayHaveActed], ["request", "POST /echo", "body", false]);
    }
    assert.equal(platform.seen.length, sent, "nothing was sent");
  });

  test(`${name}: a web stream is sent with all that is in it`, async () => {
    const stream = new Blob(["a", "b"]).stream();
    assert.deepEqual(await open().makeRequest("POST", "/echo", stream), { type: "application/octet-stream", body: "ab" });
  });
}

test("allowed hosts that are not an array of texts are refused", () => {
  for (const allowedHosts of ["files.example.com", { length: 1 }, [/x/], 7] as any[]) {
    assert.throws(() => new NodeSession({ allowedHosts }), /allowedHosts is not an array of strings/);
  }
});

test("in Node, streams are sent piece by piece", async () => {
  const session = new NodeSession({ environment: platform.origin });
  const send = (body: unknown) => session.makeRequest("POST", "/echo", body);
  assert.deepEqual(await send(Readable.from(["a", "b"])), { type: "application/octet-stream", body: "ab" });
  // As npm's `form-data` is: a stream of the old kind, which says what it is with a boundary of its own.
  const form: any = new Stream();
  Object.assign(form, {
    [Symbol.toStringTag]: "FormData",
    getHeaders: () => ({ "content-type": "multipart/form-data; boundary=x" }),
  });
  const sent = send(form);
  form.emit("data", "--x--");
  form.emit("end");
  assert.deepEqual(await sent, { type: "multipart/form-data; boundary=x", body: "--x--" });
  const broken = new Readable({ read: () => {} });
  const failing = send(broken).catch((error) => error);
  broken.destroy(new Error("the file is gone"));
  assert.match((await failing).message, /the file is gone/);
});

test("whatever is thrown while an answer is read settles its request", async () => {
  const { concat } = Buffer;
  const thrown = new RangeError("no memory");
  mock.method(Buffer, "concat", (chunks: Uint8Array[]) => {
    if (chunks.some((chunk) => `${chunk}` == "[1,")) throw thrown;
    return concat(chunks);
  });
  const error: any = await new NodeSession({ environment: platform.origin, retry: false }).get("/pieces").catch((error) => error);
  mock.restoreAll();
  assert.deepEqual([error.kind, error.status, error.cause], ["cut", 200, thrown]);
});

test("a tunnel that does not open ends with its call", async () => {
  const proxy = createServer();
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const request = new NodeSession({ environment: "https://platform.test", proxy: address }).get("/x");
  const [, socket] = await once(proxy, "connect");
  const gone = new Promise((resolve) => socket.on("end", resolve).on("error", resolve).resume());
  const error: any = await request.abort().catch((error) => error);
  assert.deepEqual([error.kind, error.mayHaveActed, error.advice], ["abort", false, "tryAgain"]);
  await gone;
  socket.destroy();
  proxy.close();
});

test("errors say whether the platform may have acted, and what to do", async () => {
  const session = new NodeSession({ environment: platform.origin, timeout: 40, retry: false });
  const answer = (method: string, status: number) => {
    said = { status, body: "{}" };
    return session.makeRequest(method, "/said");
  };
  const table: [string, () => Promise<unknown>, string, boolean, string, boolean][] = [
    ["400", () => answer("POST", 400), "refused", false, "change", false],
    ["401", () => answer("POST", 401), "refused", false, "logIn", false],
    ["408", () => answer("POST", 408), "refused", true, "lookFirst", false],
    ["429", () => answer("POST", 429), "refused", false, "tryAgain", true],
    ["500 of a POST", () => answer("POST", 500), "refused", true, "lookFirst", false],
    ["500 of a GET", () => answer("GET", 500), "refused", true, "lookFirst", true],
    ["503", () => answer("POST", 503), "refused", false, "tryAgain", true],
    ["time-out", () => session.makeRequest("POST", "/hang"), "timeout", true, "lookFirst", false],
    ["nobody there", () => new NodeSession({ environment: "http://127.0.0.1:1", retry: false }).get("/x"), "unreached", false, "tryAgain", true],
    ["other host", () => session.get("https://example.com/x"), "request", false, "change", false],
    ["no address", () => session.get("x"), "request", false, "change", false],
  ];
  for (const [title, work, kind, mayHaveActed, advice, retryable] of table) {
    const error: any = await work().catch((error) => error);
    assert.deepEqual(
      [error.kind, error.mayHaveActed, error.advice, error.retryable],
      [kind, mayHaveActed, advice, retryable],
      title,
    );
  }
});

/** Everything that any way of printing or walking an error finds. */
function everything(error: unknown): string {
  const found = new Set<unknown>();
  const walk = (value: any): void => {
    if (found.has(value)) return;
    found.add(value);
    if (value && typeof value == "object") for (const key of Reflect.ownKeys(value)) walk(value[key]);
  };
  walk(error);
  const parts = [...found].map((value) => (typeof value == "object" ? "" : String(value)));
  return [...parts, JSON.stringify(error), String(error), (error as any).responseText, (error as Error).stack].join("\n");
}
