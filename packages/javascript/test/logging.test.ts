/** What loggers are given, and what they never are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Wire } from "../src/host.js";
import "../src/logging.js";
import type { LogRecord } from "../src/logging.js";
import { createSession } from "../src/session.js";
import type { SessionOptions } from "../src/session.js";
import { scripted } from "./scripted.js";

const TOKEN = "token-0123456789";
const answer = (responseText: string, status = 200, headers = {}): Answer => ({
  ...{ status, statusText: "", responseText },
  headers: { "content-type": "application/json", "inin-correlation-id": "c-1", ...headers },
});

function open(platform: (wire: Wire) => Answer, options?: SessionOptions) {
  let clock = 0;
  const host = {
    ...scripted(async (wire) => {
      clock += 12;
      return platform(wire);
    }),
    now: () => clock,
    time: () => 1_800_000_000_000 + clock,
    after: (ms: number, act: () => void) => {
      if (ms < 1_000) setImmediate(act);
      return () => {};
    },
  };
  return createSession(host, Object.prototype, { token: TOKEN, environment: "https://api.example.com", ...options });
}

/** A logger that keeps its lines. */
function keeper() {
  const lines: string[] = [];
  const level = (name: string) => (line: any) => lines.push(`${name}: ${line}`);
  return { lines, logger: { error: level("error"), warn: level("warn"), info: level("info"), debug: level("debug") } };
}

const records = (platform: (wire: Wire) => Answer, options: object) => {
  const kept: LogRecord[] = [];
  const session = open(platform, { retry: { base: 1, attempts: 2 } });
  session.logTo(keeper().logger, { format: (record) => void kept.push(record), ...options });
  return { session, kept };
};

test("a session logs the ends of its calls to a console, as text", async () => {
  const { lines, logger } = keeper();
  let answers = [answer('"busy"', 503), answer("{}"), answer('{"message":"a\\nb"}', 404)];
  const session = open(() => answers.shift()!, { logger, retry: { base: 0 } });
  await session.get("/one");
  await session.get("/two").catch(() => {});
  assert.deepEqual(lines, [
    "warn: 2027-01-15T08:00:00.012Z WARN  GET /one retry 503 refused: GET /one: 503 attempt 1 again in 0 ms correlation c-1",
    "info: 2027-01-15T08:00:00.024Z INFO  GET /one success 200 24 ms attempt 2 correlation c-1",
    "error: 2027-01-15T08:00:00.036Z ERROR GET /two failure 404 refused: a\\u000ab 12 ms correlation c-1",
  ]);
});

test("levels say how much is logged, until the logging is ended", async () => {
  for (const [level, expected] of [
    ["error", "failure"],
    ["warn", "retry failure"],
    ["info", "retry failure success"],
    ["debug", "request answer retry request answer failure request answer success"],
    ["trace", "request+ answer+ retry request+ answer+ failure request+ answer+ success"],
  ]) {
    const { session, kept } = records(({ url }) => answer("{}", url.endsWith("bad") ? 503 : 200), { level });
    await session.get("/bad").catch(() => {});
    await session.get("/good");
    assert.equal(kept.map(({ event, headers }) => event + (headers ? "+" : "")).join(" "), expected, level);
  }
  const session = open(() => answer("{}"));
  const { lines, logger } = keeper();
  const end = session.logTo(logger);
  end();
  await session.get("/good");
  assert.deepEqual(lines, []);
  assert.throws(() => session.logTo(logger, { level: "loud" as any }), /level "loud" is not among error, warn/);
  assert.throws(() => session.logTo(logger, { format: "xml" as any }), /format "xml" is not among/);
});

test("JSON is one object a line", async () => {
  const { lines, logger } = keeper();
  const session = open(() => answer("{}"));
  session.logTo(logger, { format: "json", level: "debug" });
  await session.get("/one");
  const [request, reply, end] = lines.map((line) => JSON.parse(line.replace(/^\w+: /, "")));
  const common = { level: "debug", operation: "GET /one", method: "GET", attempt: 1 };
  assert.deepEqual(request, { ...common, time: "2027-01-15T08:00:00.000Z", event: "request", url: "https://api.example.com/one" });
  assert.deepEqual(reply, { ...common, time: "2027-01-15T08:00:00.012Z", event: "answer", status: 200, elapsed: 12, correlationId: "c-1" });
  assert.deepEqual([end.level, end.event, end.elapsed], ["info", "success", 12]);
});

test("no line has a token or a secret, wherever the platform repeats it", async () => {
  const secret = "a secret/of a client";
  const isForm = (body: unknown) => /^grant_type/.test(`${body}`);
  const echo = ({ headers, body }: Wire) =>
    answer(JSON.stringify({ access_token: "fresh-token-1", headers, body: isForm(body) ? body : JSON.parse(`${body ?? 1}`), nested: { clientSecret: "made-1", password: "made-2" } }), 200, {
      "set-cookie": "session=made-3",
      "x-echo": headers["authorization"]!,
    });
  const { lines, logger } = keeper();
  const session = open(echo, { clientSecret: secret });
  for (const format of ["text", "json"] as const) session.logTo(logger, { level: "trace", format, bodies: true });
  await session.makeRequest("POST", `/one?access_token=made-4&name=Ada&q=${TOKEN}`, { password: "made-5", text: TOKEN, name: "Grace" });
  await session.authorizeWithClientCredentialsGrant("id", secret);
  await session.get("/with/the/fresh/token");
  const text = lines.join("\n");
  for (const hidden of [TOKEN, secret, "secret/of", "made-", "fresh-token-1", btoa(`id:${secret}`), encodeURIComponent(secret)]) {
    assert.ok(!text.includes(hidden), `${hidden} in ${text}`);
  }
  for (const shown of ["Ada", "Grace", "[redacted]", "/oauth/token"]) assert.ok(text.includes(shown), shown);
});

test("bodies are logged only when they are asked for, and none that is long, binary or broken", async () => {
  const bytes = { status: 200, statusText: "", headers: { "content-type": "image/png" }, response: new Uint8Array(5) };
  const answers: Record<string, Answer> = {
    "/text": answer("a,b", 200, { "content-type": "text/csv" }),
    "/bytes": bytes,
    "/long": answer(`"${"x".repeat(70_000)}"`),
    "/broken": answer('{"token":"made-6'),
  };
  const { session, kept } = records(({ url }) => answers[url.slice("https://api.example.com".length)]!, { level: "debug", bodies: true });
  for (const path in answers) await session.get(path).catch(() => {});
  const bodies = kept.filter(({ event }) => event == "answer").map(({ body }) => body);
  assert.deepEqual(bodies, ["a,b", "[5 bytes]", "[70002 characters]", "[16 characters that are not JSON]"]);
  const silent = records(() => answer("{}"), { level: "trace" });
  await silent.session.makeRequest("POST", "/one", { a: 1 });
  assert.ok(silent.kept.every((record) => !("body" in record)));
});

test("a logger that throws stops no call", async () => {
  const session = open(() => answer("{}"));
  const thrown: unknown[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => thrown.push(error));
  const fail = () => {
    throw new Error("disk full");
  };
  session.logTo({ error: fail, warn: fail, info: fail, debug: fail });
  assert.deepEqual(await session.get("/one"), {});
  await new Promise(setImmediate);
  for (const listener of listeners) process.on("uncaughtException", listener);
  assert.match(String(thrown), /disk full/);
});
