/** Answers with status and headers, raw content, streams and progress, over real connections of both transports. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after as afterTests, before, test } from "node:test";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import type { PureCloudError } from "../src/error.js";
import { PureCloudSession as NodeSession } from "../src/node.js";
import type { Prepared } from "../src/prepare.js";
import type { Session, SessionOptions } from "../src/session.js";
import "../src/transfer.js";
import type { Progress } from "../src/transfer.js";
import { json, serve } from "./server.js";
import type { Scripted } from "./server.js";

const PIECE = Buffer.alloc(64 * 1024, 7);
let platform: Scripted;
/** Bytes that the platform could write of `/endless` before the client took no more. */
let written = 0;
/** How often a client has closed the connection before the end of an answer. */
let closed = 0;

const bytes = { "content-type": "application/octet-stream" };

before(async () => {
  const flood = (response: ServerResponse) => {
    const write = () => {
      while (!response.destroyed) {
        written += PIECE.length;
        if (!response.write(PIECE)) return response.once("drain", write);
      }
      return undefined;
    };
    response.on("close", () => closed++);
    write();
  };
  platform = await serve({
    "/json": (_, response) => json(response, { name: "Ada" }, 201, { "inin-correlation-id": "c-1" }),
    "/refused": (_, response) => json(response, { message: "no" }, 404),
    "/nothing": (_, response) => response.writeHead(204, { "inin-correlation-id": "c-2" }).end(),
    "/bytes": (_, response) => response.writeHead(200, { ...bytes, "content-length": "3" }).end(Buffer.from([1, 2, 255])),
    "/gzip": (_, response) => response.writeHead(200, { ...bytes, "content-encoding": "gzip" }).end(gzipSync(PIECE)),
    "/large": (_, response) => {
      response.writeHead(200, { ...bytes, "content-length": `${PIECE.length * 16}` });
      for (let piece = 0; piece < 16; piece++) response.write(PIECE);
      response.end();
    },
    "/endless": (_, response) => flood(response.writeHead(200, bytes)),
    "/stalls": (_, response) => {
      response.on("close", () => closed++);
      response.writeHead(200, bytes).write("first");
    },
    "/cut": (_, response) => {
      response.writeHead(200, { ...bytes, "content-length": "10" }).write("first");
      setTimeout(() => response.destroy(), 20);
    },
    "/busy": (request, response) => json(response, platform.seen.filter(({ url }) => url == request.url).length > 1 || "once", platform.seen.filter(({ url }) => url == request.url).length > 1 ? 200 : 503),
    "/echo": (_, response, body) => json(response, body.length),
  });
});
afterTests(() => platform.close());

const open = (Constructor: typeof NodeSession, options?: SessionOptions): Session =>
  new Constructor({ environment: platform.origin, token: "token-0123456789", retry: { base: 1 }, ...options });

/** Waits until `holds` does, for a second. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 200, "it does not come to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const failure = (promise: PromiseLike<unknown>): Promise<PureCloudError> =>
  Promise.resolve(promise).then(
    () => assert.fail("it succeeded"),
    (error) => error,
  );

for (const [name, Constructor] of [
  ["Node's own connections", NodeSession],
  ["fetch", BrowserSession],
] as const) {
  test(`${name}: data comes with status and headers, to promises and to handlers`, async () => {
    const session = open(Constructor);
    const { data, status, headers, correlationId } = await session.get("/json").withResponse();
    assert.deepEqual([data, status, correlationId], [{ name: "Ada" }, 201, "c-1"]);
    assert.equal(headers["content-type"], "application/json");
    const response: any = await new Promise((resolve, reject) => session.get("/nothing").withResponse().done(resolve).fail(reject));
    assert.deepEqual([response.data, response.status, response.correlationId], [undefined, 204, "c-2"]);
    const call = session.get("/json");
    assert.deepEqual([(await call).name, (await call.withResponse()).data.name], ["Ada", "Ada"]);
    assert.equal((await failure(session.get("/refused").withResponse())).status, 404);
  });

  test(`${name}: raw content comes as bytes, as text, as a buffer, as a blob and as a stream`, async () => {
    const session = open(Constructor);
    const raw = await session.get("/bytes").raw();
    assert.deepEqual([raw.status, raw.headers["content-type"]], [200, "application/octet-stream"]);
    assert.deepEqual([...(await raw.bytes())], [1, 2, 255]);
    assert.equal((await (await session.get("/bytes").raw()).arrayBuffer()).byteLength, 3);
    const blob = await (await session.get("/bytes").raw()).blob();
    assert.deepEqual([blob.size, blob.type], [3, "application/octet-stream"]);
    const json = await session.get("/json").raw();
    assert.deepEqual([await json.text(), json.correlationId], ['{"name":"Ada"}', "c-1"]);
    assert.deepEqual((await (await session.get("/gzip").raw()).bytes()).length, PIECE.length);
    assert.equal((await (await session.get("/nothing").raw()).bytes()).length, 0);
    let size = 0;
    for await (const piece of (await session.get("/large").raw()).stream as any) size += piece.length;
    assert.equal(size, 16 * PIECE.length);
    const handled: any = await new Promise((resolve, reject) => session.get("/bytes").raw().done(resolve).fail(reject));
    assert.equal((await handled.bytes()).length, 3);
  });

  test(`${name}: content is read once, and one that has been read is raw as well`, async () => {
    const session = open(Constructor);
    const raw = await session.get("/bytes").raw();
    await raw.bytes();
    assert.match((await failure(raw.text())).message, /only once/);
    assert.throws(() => raw.stream, /only once/);
    const call = session.get("/json");
    await call;
    assert.equal(await (await call.raw()).text(), '{"name":"Ada"}');
    const binary = session.get("/bytes");
    await binary;
    const late = await binary.raw();
    late.abort();
    assert.deepEqual([...(await late.bytes())], [1, 2, 255]);
  });

  test(`${name}: a refusal fails a raw call as any other, and what may pass is tried again`, async () => {
    const session = open(Constructor);
    const error = await failure(session.get("/refused").raw());
    assert.deepEqual([error.status, error.message], [404, "no"]);
    assert.equal(await (await session.get(`/busy?${name}`).raw()).text(), "true");
  });

  test(`${name}: a stream is read no faster than it is taken, and closes its connection when it is left`, async () => {
    const session = open(Constructor, { answerLimit: 1000 });
    const { stream } = await session.get("/endless").raw();
    const before = closed;
    let taken = 0;
    written = 0;
    for await (const piece of stream as any) {
      taken += piece.length;
      if (taken > 10 * PIECE.length) break;
    }
    await until(() => closed > before);
    // What lies between are buffers of the system, of 6 MiB at most, and of the client.
    assert.ok(written - taken < 16 * 2 ** 20, `${written} bytes were written for ${taken}`);
  });

  test(`${name}: content that is to be held in memory is bounded`, async () => {
    const before = closed;
    const error = await failure((await open(Constructor, { answerLimit: 1000 }).get("/endless").raw()).bytes());
    assert.deepEqual([error.kind, /longer than 1000 bytes/.test(error.message), error.status], ["tooLong", true, 200]);
    await until(() => closed > before);
  });

  for (const [how, stop] of [
    ["its signal", (controller: AbortController) => controller.abort()],
    ["the call", (_: unknown, call: { abort(): unknown }) => call.abort()],
    ["the answer", (_: unknown, __: unknown, raw: { abort(): unknown }) => raw.abort()],
  ] as const) {
    test(`${name}: ${how} aborts a stream and closes the connection`, async () => {
      const before = closed;
      const controller = new AbortController();
      const prepared: Prepared = { id: "getStalls", method: "GET", url: "/stalls", headers: {}, signal: controller.signal };
      const call = open(Constructor).send(prepared);
      const raw = await call.raw();
      const reader = raw.stream.getReader();
      assert.equal(Buffer.from((await reader.read()).value!).toString(), "first");
      const next = failure(reader.read());
      stop(controller, call, raw);
      const error = await next;
      assert.deepEqual([error.kind, error.operation, error.status], ["abort", "getStalls", 200]);
      await until(() => closed > before);
    });
  }

  test(`${name}: content that stalls or breaks off fails who reads it`, async () => {
    const before = closed;
    const stalled = await failure((await open(Constructor, { timeout: 500 }).get("/stalls").raw()).bytes());
    assert.deepEqual([stalled.kind, stalled.retryable], ["timeout", true]);
    await until(() => closed > before);
    const cut = await failure((await open(Constructor).get("/cut").raw()).text());
    assert.deepEqual([cut.kind, cut.mayHaveActed], ["cut", true]);
  });

  test(`${name}: an answer that is dropped unread closes its connection`, async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const before = closed;
    const controller = new AbortController();
    const session = open(Constructor);
    const drop = async () => {
      await session.send({ id: "getEndless", method: "GET", url: "/endless", headers: {}, signal: controller.signal }).raw();
      await (await session.get("/endless").raw()).stream.getReader().read();
    };
    await drop();
    for (let tries = 0; closed < before + 2; tries++) {
      assert.ok(tries < 200, `${closed - before} of 2 connections are closed`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      collect();
    }
  });

  test(`${name}: progress of a download tells bytes and, where it is known, the total`, async () => {
    const session = open(Constructor);
    const seen: Progress[] = [];
    const send = (url: string, raw?: boolean) => {
      seen.length = 0;
      const call = session.send({ id: "get", method: "GET", url, headers: {}, onDownloadProgress: (progress) => seen.push(progress) });
      return raw ? call.raw() : call;
    };
    const total = 16 * PIECE.length;
    await send("/large");
    assert.ok(seen.length > 1 && seen.every(({ loaded }, index) => loaded > (seen[index - 1]?.loaded ?? 0)));
    assert.deepEqual(seen.at(-1), { loaded: total, total });
    await send("/gzip");
    assert.deepEqual(seen.at(-1), { loaded: PIECE.length, total: undefined });
    const raw: any = await send("/large", true);
    assert.equal(seen.length, 0);
    assert.equal((await raw.bytes()).length, total);
    assert.deepEqual(seen.at(-1), { loaded: total, total });
  });
}

test("an upload that nothing counts is reported when it has arrived", async () => {
  const seen: Progress[] = [];
  const onUploadProgress = (progress: Progress) => seen.push(progress);
  const transport: any = (url: string, init: RequestInit) => fetch(url, init);
  for (const session of [open(BrowserSession), open(BrowserSession, { transport }), open(NodeSession, { transport })]) {
    await session.send({ id: "echo", method: "POST", url: "/echo", headers: {}, data: "grüß", onUploadProgress });
  }
  assert.deepEqual(seen, [0, 1, 2].map(() => ({ loaded: 6, total: 6 })));
});

test("progress of an upload counts what the system has taken, of text, bytes and streams", async () => {
  const session = open(NodeSession);
  const size = 20 * PIECE.length;
  for (const [kind, data, total] of [
    ["text", "x".repeat(size), size],
    ["bytes", new Uint8Array(size), size],
    ["stream", Readable.from(Array.from({ length: 20 }, () => PIECE)), undefined],
  ] as const) {
    const seen: Progress[] = [];
    const onUploadProgress = (progress: Progress) => seen.push(progress);
    const length = await session.send({ id: "echo", method: "POST", url: "/echo", headers: {}, data, onUploadProgress });
    assert.equal(length, size, kind);
    assert.ok(seen.length > 3 && seen.every(({ loaded }, index) => loaded > (seen[index - 1]?.loaded ?? 0)), kind);
    assert.deepEqual(seen.at(-1), { loaded: size, total }, kind);
  }
});
