import assert from "node:assert/strict";
import { after as afterTests, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { PureCloudError } from "../src/error.js";
import { PureCloudSession as NodeSession } from "../src/node.js";
import type { Session, SessionOptions } from "../src/session.js";
import { json, serve } from "./server.js";
import type { Scripted } from "./server.js";

const TOKEN = "token-0123456789";
let platform: Scripted;
let elsewhere: Scripted;

before(async () => {
  elsewhere = await serve({ "/landed": (_, response) => json(response, "elsewhere") });
  platform = await serve({
    "/ok": (_, response) => json(response, { id: 1 }, 200, { "inin-correlation-id": "c-1" }),
    "/echo": (request, response, body) => json(response, { type: request.headers["content-type"], body }),
    "/empty": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end(),
    "/nothing": (_, response) => response.writeHead(204).end(),
    "/text": (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("\ufeffgrüß"),
    "/bytes": (_, response) => response.writeHead(200, { "content-type": "image/png" }).end(Buffer.from([1, 2, 255])),
    "/gzip": (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync('{"zipped":true}'));
    },
    "/gzip-cut": (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify("x".repeat(1000))).subarray(0, 20));
    },
    "/garbled": (_, response) => response.writeHead(200, { "content-type": "application/json" }).end('{"a":'),
    "/html": (_, response) => {
      response.writeHead(502, "Bad Gateway", { "content-type": "text/html" }).end("<html>proxy</html>");
    },
    "/limited": (_, response) => {
      const body = {
        message: "Rate limit exceeded",
        code: "too.many.requests",
        contextId: "x-9",
        details: [],
        status: 429,
        toString: 1,
      };
      json(response, body, 429, { "retry-after": "7" });
    },
    "/cut": (_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 10);
    },
    "/cut-error": (_, response) => {
      response.writeHead(503, {
        "content-type": "application/json",
        "content-length": "100",
        "inin-correlation-id": "c-2",
      });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 10);
    },
    "/refuse": (_, response) => response.destroy(),
    "/hang": () => {},
    "/echo-token": (request, response) => {
      const said = `you sent ${request.headers.authorization}`;
      json(response, { message: said, code: "bad", details: [said] }, 400);
    },
    "/moved": (_, response) => response.writeHead(302, { location: "/ok" }).end("moved"),
    "/see-other": (_, response) => response.writeHead(303, { location: "/echo" }).end(),
    "/same-method": (_, response) => response.writeHead(307, { location: "/echo" }).end(),
    "/away": (_, response) => response.writeHead(302, { location: `${elsewhere.origin}/landed` }).end(),
    "/loop": (_, response) => response.writeHead(302, { location: "/loop" }).end(),
  });
});
afterTests(async () => {
  await platform.close();
  await elsewhere.close();
});

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

  test(`${name}: a request carries the token and reads JSON`, async () => {
    const request = open({ headers: { "X-Trace": "t" } }).get("/ok?a=1");
    assert.deepEqual(await request, { id: 1 });
    assert.deepEqual(
      [request.status, request.statusText, request.responseText, request.responseJSON, request.readyState],
      [200, "OK", '{"id":1}', { id: 1 }, 4],
    );
    assert.equal(request.getResponseHeader("ININ-Correlation-ID"), "c-1");
    assert.equal(request.getResponseHeader("absent"), null);
    assert.match(request.getAllResponseHeaders(), /^inin-correlation-id: c-1\r$/m);
    const { method, url, headers } = platform.seen.at(-1)!;
    assert.deepEqual([method, url], ["GET", "/ok?a=1"]);
    assert.deepEqual(
      [headers.authorization, headers.accept, headers["x-trace"], headers["content-type"]],
      [`Bearer ${TOKEN}`, "application/json", "t", undefined],
    );
    if (name == "node") assert.match(headers["user-agent"]!, /^purecloud\/\d/);
  });

  test(`${name}: without a token there is no header for one`, async () => {
    await open({ token: undefined }).get("/ok");
    assert.equal("authorization" in platform.seen.at(-1)!.headers, false);
  });

  test(`${name}: contents come back as their types say`, async () => {
    const session = open();
    const outcomes: [string, unknown, string][] = [
      ["/empty", undefined, "success"],
      ["/nothing", undefined, "nocontent"],
      ["/text", "grüß", "success"],
      ["/gzip", { zipped: true }, "success"],
    ];
    for (const [path, data, textStatus] of outcomes) {
      const got = await new Promise((resolve, reject) =>
        session
          .get(path)
          .done((...args) => resolve(args))
          .fail(reject),
      );
      assert.deepEqual((got as unknown[]).slice(0, 2), [data, textStatus], path);
    }
    const binary = session.get("/bytes");
    const bytes = await binary;
    assert.deepEqual([binary.responseText, binary.responseJSON], [undefined, undefined]);
    assert.deepEqual([...new Uint8Array(bytes instanceof Blob ? await bytes.arrayBuffer() : bytes)], [1, 2, 255]);
  });

  test(`${name}: bodies go out whole`, async () => {
    const session = open();
    const send = (body: unknown, method = "POST") => session.makeRequest(method, "/echo", body);
    assert.deepEqual(await send({ ü: "€" }), { type: "application/json", body: '{"ü":"€"}' });
    assert.deepEqual(await send(0, "put"), { type: "application/json", body: "0" });
    assert.deepEqual(await send(undefined), { type: "application/json", body: "" });
    assert.deepEqual(await send({ a: 1 }, "DELETE"), { type: "application/json", body: '{"a":1}' });
    assert.deepEqual(await send(new Blob(["b"], { type: "text/x" })), { type: "text/x", body: "b" });
    assert.deepEqual(await send(new TextEncoder().encode("c")), { type: "application/octet-stream", body: "c" });
    assert.deepEqual(await send(new Uint16Array([0x6161]).buffer), { type: "application/octet-stream", body: "aa" });
    assert.match((await send(new URLSearchParams({ d: "1" }))).type, /^application\/x-www-form-urlencoded/);
    const form = new FormData();
    form.set("e", "f");
    const { type, body } = await send(form);
    assert.match(type, /^multipart\/form-data; boundary=/);
    assert.match(body, /name="e"\r\n\r\nf\r\n/);
  });

  test(`${name}: what the platform refuses says why`, async () => {
    const error = await failure(open().get("/limited"));
    assert.deepEqual(
      [
        error.message,
        error.status,
        error.statusCode,
        error.code,
        error.correlationId,
        error.retryAfter,
        error.operation,
      ],
      ["Rate limit exceeded", 429, 429, "too.many.requests", "x-9", 7, "GET /limited"],
    );
    assert.deepEqual([error.contextId, error.details, error.body.contextId], ["x-9", [], "x-9"]);
    assert.match(error.getAllResponseHeaders(), /^retry-after: 7\r$/m);
    assert.deepEqual(
      [error.getResponseHeader("Retry-After"), error.responseJSON, error.statusText],
      ["7", error.body, "Too Many Requests"],
    );
    assert.equal(typeof error.toString, "function");
    assert.equal(JSON.parse(JSON.stringify(error)).message, "Rate limit exceeded");
  });

  test(`${name}: a page from something on the way keeps the status`, async () => {
    const error = await failure(open().get("/html"));
    assert.deepEqual(
      [error.message, error.status, error.body, error.responseText, error.responseJSON],
      ["GET /html: 502 Bad Gateway", 502, "<html>proxy</html>", "<html>proxy</html>", undefined],
    );
  });

  test(`${name}: garbled and cut answers are failures that keep what is known`, async () => {
    const table: [string, string, number, string | undefined][] = [
      ["/garbled", "parsererror", 200, undefined],
      ["/cut", "error", 200, undefined],
      ["/cut-error", "error", 503, "c-2"],
      // Node's fetch does not mind the missing end.
      ["/gzip-cut", name == "node" ? "error" : "parsererror", 200, undefined],
      ["/refuse", "error", 0, undefined],
    ];
    for (const [path, textStatus, status, correlationId] of table) {
      const args: any[] = await new Promise((resolve, reject) =>
        open()
          .get(path)
          .done(reject)
          .fail((...args) => resolve(args)),
      );
      assert.deepEqual([args[1], args[0].status, args[0].correlationId], [textStatus, status, correlationId], path);
      assert.match(args[0].message, new RegExp(`^GET ${path}: `));
      assert.ok(args[0].cause instanceof Error, path);
    }
  });

  test(`${name}: time-outs and cancelled requests end at once`, async () => {
    const slow = await failure(open({ timeout: 30 }).get("/hang"));
    assert.deepEqual(
      [slow.status, slow.statusText, slow.code, slow.message],
      [0, "timeout", "timeout", "GET /hang: no answer within 30 ms"],
    );
    const request = open().get("/hang");
    setTimeout(() => request.abort(), 20);
    assert.equal((await failure(request)).statusText, "abort");
    const controller = new AbortController();
    const { send } = open();
    const prepared = { id: "x", method: "GET", url: "/hang", headers: {}, signal: controller.signal };
    const running = send(prepared);
    setTimeout(() => controller.abort(), 20);
    assert.equal((await failure(running)).statusText, "abort");
    const sent = platform.seen.length;
    assert.equal((await failure(send(prepared))).statusText, "abort");
    assert.equal(platform.seen.length, sent, "nothing is sent when the signal has been given");
  });

  test(`${name}: redirects are followed with the right method and without the token elsewhere`, async () => {
    const session = open({ headers: { Cookie: "c=1" } });
    assert.deepEqual(await session.get("/moved"), { id: 1 });
    assert.equal(platform.seen.at(-1)!.headers.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual((await session.makeRequest("POST", "/see-other", { a: 1 })).body, "");
    assert.equal(platform.seen.at(-1)!.method, "GET");
    assert.deepEqual((await session.makeRequest("POST", "/same-method", { a: 1 })).body, '{"a":1}');
    assert.equal(await session.get("/away"), "elsewhere");
    assert.equal("authorization" in elsewhere.seen.at(-1)!.headers, false);
    if (name == "node") assert.equal((await failure(session.get("/loop"))).message, "GET /loop: more than 5 redirects");
  });

  test(`${name}: other hosts are refused unless the session allows them`, async () => {
    for (const url of [`${elsewhere.origin}/landed`, "http://127.0.0.1.example.com/", "http://user@example.com/"]) {
      const sent = elsewhere.seen.length;
      const { message } = await failure(open().get(url));
      assert.match(message, /(example\.com|127\.0\.0\.1:\d+) is not in allowedHosts/);
      assert.equal(elsewhere.seen.length, sent);
    }
    for (const address of [
      "//example.com/x",
      "/\\example.com/x",
      "x",
      "",
      "javascript:alert(1)",
      "file:///etc/passwd",
    ]) {
      const sent = platform.seen.length;
      assert.match((await failure(open().get(address))).message, /Invalid URL/);
      assert.equal(platform.seen.length, sent, address);
    }
    assert.equal((await failure(open().get("/@example.com/x"))).status, 404, "a path of ours");
    assert.equal(await open({ allowedHosts: [elsewhere.origin] }).get(`${elsewhere.origin}/landed`), "elsewhere");
    assert.equal(elsewhere.seen.at(-1)!.headers.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual(await open().get(`${platform.origin}/ok`), { id: 1 });
    const { host } = new URL(elsewhere.origin);
    assert.match(
      (await failure(open({ allowedHosts: [host] }).get(`${elsewhere.origin}/landed`))).message,
      /allowedHosts/,
    );
    assert.doesNotMatch(
      (await failure(open({ allowedHosts: [host] }).get(`https://${host}/landed`))).message,
      /allowedHosts/,
    );
  });

  test(`${name}: headers that would be more than one are refused without their values`, async () => {
    const sent = platform.seen.length;
    const refused: Record<string, string>[] = [
      { "X-A": "a\r\nX-B: secret-value" },
      { "X A\n": "secret-value" },
      { "X-A": "secret-value \u0100" },
    ];
    for (const headers of refused) {
      const error = await failure(open({ headers }).get("/ok"));
      assert.match(error.message, /header "X.A(\\n)?" has forbidden characters/);
      assert.doesNotMatch(inspectAll(error), /secret-value/);
    }
    const error = await failure(open({ token: "secret-value\n" }).get("/ok"));
    assert.match(error.message, /header "authorization"/);
    assert.doesNotMatch(inspectAll(error), /secret-value/);
    assert.equal(platform.seen.length, sent);
  });

  test(`${name}: no error holds the token`, async () => {
    for (const path of ["/echo-token", "/refuse", "/cut", "/html", "/limited"]) {
      const error = await failure(open().get(path));
      assert.doesNotMatch(inspectAll(error), new RegExp(TOKEN), path);
    }
    assert.equal((await failure(open().get("/echo-token"))).message, "you sent Bearer [redacted]");
  });
}

/** Everything that any way of printing or walking an error finds. */
function inspectAll(error: unknown): string {
  const found = new Set<unknown>();
  const walk = (value: any): void => {
    if (found.has(value)) return;
    found.add(value);
    if (value && typeof value == "object") for (const key of Reflect.ownKeys(value)) walk(value[key]);
  };
  walk(error);
  const parts = [...found].map((value) => (typeof value == "object" ? "" : String(value)));
  return [...parts, JSON.stringify(error), String(error), (error as Error).stack].join("\n");
}
