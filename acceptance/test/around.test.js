// What a program can have around its calls: answers with status and headers, streams, progress, hooks, loggers,
// statistics and the trace of OpenTelemetry; in Node and in a page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { execute, project, tool, unpackedPackage } from "../support/project.js";
import { serveSite } from "../support/site.js";

const emulator = await startEmulator();
after(() => emulator.stop());
const token = await emulator.userToken();
const me = await (await fetch(`${emulator.origin}/api/v2/users/me`, { headers: { authorization: `Bearer ${token}` } })).json();

/** Runs a program in a folder that has the package, and returns what it printed as JSON. */
async function run(program, { modules = [], args = [] } = {}) {
  const folder = project({ "main.mjs": program }, { modules });
  const env = { ORIGIN: emulator.origin, TOKEN: token };
  const { code, stdout, stderr } = await execute(process.execPath, [...args, "main.mjs"], { cwd: folder, env });
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

test("Node: parts are imported where they are used, and say so where they are missing", async () => {
  const used = await run(`
    import { PureCloudSession } from "purecloud/session";
    import { UsersApi } from "purecloud/users";
    import "purecloud/transfer";
    import "purecloud/hooks";
    import "purecloud/logging";
    import "purecloud/statistics";
    const lines = [];
    const line = (text) => lines.push(text.replace(/^\\S+ /, "").replace(/\\d+ ms.*/, "n ms"));
    const logger = { error: line, warn: line, info: line, debug: line };
    const session = new PureCloudSession({ environment: process.env.ORIGIN, token: process.env.TOKEN, logger });
    session.statistics();
    const seen = [];
    session.addHooks({ beforeRequest: ({ operation }) => void seen.push(operation) });
    const users = new UsersApi(session);
    const { data, status, correlationId } = await users.getUsersMe().withResponse();
    const raw = await users.getUsersMe().raw();
    let size = 0;
    for await (const piece of raw.stream) size += piece.length;
    const { calls, received } = session.statistics();
    console.log(JSON.stringify({ name: data.name, status, correlationId, size, seen, lines, calls, received }));
  `);
  assert.deepEqual([used.name, used.status, used.calls], [me.name, 200, 2]);
  assert.match(used.correlationId, /^[\da-f-]{36}$/);
  assert.deepEqual(used.seen, ["getUsersMe", "getUsersMe"]);
  assert.deepEqual(used.lines, ["INFO  getUsersMe success 200 n ms", "INFO  getUsersMe success 200 n ms"]);
  assert.ok(used.size > 100 && used.received >= 2 * used.size, JSON.stringify(used));
  const missing = await run(`
    import { PureCloudSession } from "purecloud/session";
    const session = new PureCloudSession({ environment: process.env.ORIGIN, token: process.env.TOKEN });
    const messages = [];
    const uses = [() => session.get("/api/v2/users/me").raw(), () => session.addHooks({}), () => session.logTo(console), () => session.statistics(), () => new PureCloudSession({ logger: console })];
    for (const use of uses) {
      try { use(); } catch (error) { messages.push(error.message); }
    }
    console.log(JSON.stringify(messages));
    process.exit();
  `);
  const text = (name) => `${name} is not loaded; import purecloud/${name} or load partials/${name}.js`;
  assert.deepEqual(missing, [text("transfer"), text("hooks"), text("logging"), text("statistics"), text("logging")]);
});

test("Node: requests carry the trace context of OpenTelemetry's active span", async () => {
  const modules = ["api", "context-async-hooks", "sdk-trace-base"].map((name) => `@opentelemetry/${name}`);
  await emulator.forget();
  const spans = await run(
    `
    import { context, trace } from "@opentelemetry/api";
    import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
    import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base";
    import { PureCloudSession, UsersApi } from "purecloud";
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(new BasicTracerProvider());
    const open = (options) => new UsersApi(new PureCloudSession({ environment: process.env.ORIGIN, token: process.env.TOKEN, maxInFlight: 1, ...options }));
    const users = open();
    const tracer = trace.getTracer("test");
    const inSpan = (act) => tracer.startActiveSpan("work", async (span) => {
      await act();
      span.end();
      const { traceId, spanId } = span.spanContext();
      return traceId + "-" + spanId;
    });
    await users.getUsersMe();
    // The second one waits behind the first.
    const spans = await Promise.all([inSpan(() => users.getUsersMe()), inSpan(() => users.getUsersMe())]);
    await inSpan(() => open({ traceparent: false }).getUsersMe());
    console.log(JSON.stringify(spans));
  `,
    { modules },
  );
  const requests = (await emulator.requests()).filter(({ path }) => path === "/api/v2/users/me");
  const traces = requests.map(({ headers }) => headers.find(([name]) => name === "traceparent")?.[1]);
  assert.deepEqual(traces, [undefined, `00-${spans[0]}-01`, `00-${spans[1]}-01`, undefined]);
});

const binary = (name) => {
  try {
    return tool(name);
  } catch {
    return undefined;
  }
};

for (const [runtime, program, flags] of [
  ["Node 26", binary("node26/bin/node"), []],
  ["Bun", binary("@oven/bun-linux-x64/bin/bun"), ["run"]],
  ["Deno", binary("@deno/linux-x64-glibc/deno"), ["run", "--allow-net", "--allow-env", "--allow-read", "--node-modules-dir=manual"]],
]) {
  test(`${runtime}: streams, progress and the trace context`, { skip: program ? false : `${runtime} is not installed here` }, async () => {
    await emulator.forget();
    const code = `
      import { PureCloudSession, UsersApi } from "purecloud";
      // What OpenTelemetry's API keeps while a span is active.
      const span = { spanContext: () => ({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 }) };
      globalThis[Symbol.for("opentelemetry.js.api.1")] = { context: { active: () => ({ getValue: () => span }) } };
      const users = new UsersApi(new PureCloudSession({ environment: process.env.ORIGIN, token: process.env.TOKEN }));
      const raw = await users.getUsers({ pageSize: 500 }).raw();
      let size = 0;
      for await (const piece of raw.stream) size += piece.length;
      const left = await users.getUsers({ pageSize: 500 }).raw();
      for await (const piece of left.stream) break;
      const loaded = { sent: 0, received: 0 };
      const body = { query: [{ type: "EXACT", fields: ["name"], value: "x".repeat(1_000_000) }] };
      await users.postUsersSearch(body, { onUploadProgress: (progress) => (loaded.sent = progress.loaded) });
      await users.getUsers({ pageSize: 500, onDownloadProgress: (progress) => (loaded.received = progress.loaded) });
      console.log(JSON.stringify({ size, ...loaded }));`;
    const folder = project({ "main.mjs": code, "package.json": "{}" });
    const env = { ORIGIN: emulator.origin, TOKEN: token };
    const { code: exit, stdout, stderr } = await execute(program, [...flags, "main.mjs"], { cwd: folder, env });
    assert.equal(exit, 0, stderr);
    const { size, sent, received } = JSON.parse(stdout);
    assert.ok(size > 100_000 && received === size && sent > 1_000_000, stdout);
    const traces = (await emulator.requests()).map(({ headers }) => headers.find(([name]) => name === "traceparent")?.[1]);
    assert.deepEqual([...new Set(traces)], ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]);
  });
}

test("types: what is around calls is typed, and a mistake is an error", async () => {
  const folder = project({
    "main.mts": `
      import { PureCloudSession, UsersApi } from "purecloud";
      import type { HookAnswer, LogRecord, RawAnswer } from "purecloud";
      const session = new PureCloudSession({ logger: console, traceparent: false });
      const users = new UsersApi(session);
      const { data, headers } = await users.getUsersMe().withResponse();
      const name: string | undefined = data.name;
      const type: string | undefined = headers["content-type"];
      const raw: RawAnswer = await users.getUsersMe({ onDownloadProgress: ({ loaded, total }) => console.log(loaded / (total ?? 1)) }).raw();
      const bytes: Uint8Array = await raw.bytes();
      for await (const piece of raw.stream) console.log(piece.length);
      const remove: () => void = session.addHooks({
        async beforeRequest(request) {
          request.headers["x-mine"] = request.operation;
        },
        afterAnswer: (answer): HookAnswer | undefined => (answer.status == 404 ? { status: 204 } : undefined),
        onRetry: ({ wait, attempt }) => console.log(wait + attempt),
        onError: (error) => console.log(error.kind == "hook"),
      });
      session.logTo({ error() {}, warn() {}, info() {}, debug() {} }, { level: "trace", format: (record: LogRecord) => record, bodies: true });
      const slowest: number = session.statistics().operations["getUsersMe"]!.longest;
      // @ts-expect-error there is no such level
      session.logTo(console, { level: "loud" });
      // @ts-expect-error the method cannot be changed
      session.addHooks({ beforeRequest: (request) => void (request.method = "GET") });
      // @ts-expect-error an answer has a status
      session.addHooks({ afterAnswer: () => ({ body: 1 }) });
      console.log(name, type, bytes, remove, slowest);
    `,
    "tsconfig.json": JSON.stringify({ compilerOptions: { strict: true, noEmit: true, target: "es2022", module: "nodenext", lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable"], types: [] } }),
  });
  const { code, stdout } = await execute(process.execPath, [tool("typescript/bin/tsc"), "-p", "."], { cwd: folder });
  assert.equal(code, 0, stdout);
});

test("a page: streams, progress both ways, hooks, a logger and statistics, from partials", async () => {
  const names = ["purecloudsession", "usersapi", "transfer", "hooks", "logging", "statistics"];
  const scripts = (list) => list.map((name) => `<script src="${name}.js"></script>`).join("");
  const files = { "/": `<!doctype html>${scripts(names)}` };
  for (const name of names) files[`/${name}.js`] = readFileSync(path.join(unpackedPackage().folder, `partials/${name}.js`));
  const site = await serveSite(files);
  after(() => site.stop());
  const browser = await startBrowser();
  after(() => browser.close());
  const page = await (await browser.newContext()).newPage();
  const logged = [];
  page.on("console", (message) => logged.push(`${message.type()}: ${message.text()}`));
  await page.goto(`${site.origin}/`);
  const seen = await page.evaluate(
    async ([environment, token]) => {
      const session = new PureCloudSession({ environment, token, logger: console });
      const users = new UsersApi(session);
      session.statistics();
      const { data, status } = await users.getUsersMe().withResponse();

      const raw = await users.getUsers({ pageSize: 500 }).raw();
      let size = 0;
      for (const reader = raw.stream.getReader(), next = () => reader.read(); ; ) {
        const { done, value } = await next();
        if (done) break;
        size += value.length;
      }
      const text = await (await users.getUsers({ pageSize: 500 }).raw()).text();

      const downloads = [];
      await users.getUsers({ pageSize: 500, onDownloadProgress: (progress) => downloads.push(progress) });
      const uploads = [];
      const value = "x".repeat(3_000_000);
      const found = await users.postUsersSearch(
        { query: [{ type: "EXACT", fields: ["name"], value }] },
        { onUploadProgress: (progress) => uploads.push(progress) },
      );

      const controller = new AbortController();
      const stopped = await users.getUsers({ pageSize: 500, signal: controller.signal }).raw();
      controller.abort();
      const kind = await stopped.bytes().then(() => "read", (error) => error.kind);

      const remove = session.addHooks({ beforeRequest: () => ({ status: 200, body: { name: "of a hook" } }) });
      const hooked = await users.getUsersMe();
      remove();
      await users.getUser("nobody").catch(() => {});
      const { calls, errorsBy } = session.statistics();
      return {
        ...{ name: data.name, status, size, length: new TextEncoder().encode(text).length, kind, hooked: hooked.name, calls, errorsBy },
        downloaded: downloads.at(-1),
        ...{ uploads, total: found.total },
      };
    },
    [emulator.origin, token],
  );
  assert.deepEqual([seen.name, seen.status, seen.hooked, seen.kind], [me.name, 200, "of a hook", "abort"]);
  assert.ok(seen.size > 100_000 && seen.size === seen.length && seen.downloaded.loaded === seen.size, JSON.stringify(seen));
  const last = seen.uploads.at(-1);
  assert.ok(last.loaded > 3_000_000 && last.loaded === last.total, JSON.stringify(seen.uploads));
  assert.equal(seen.total, 0);
  assert.deepEqual([seen.calls, Object.values(seen.errorsBy)], [8, [1]]);
  assert.ok(logged.some((line) => /^info: \S+ INFO {2}getUsersMe success 200/.test(line)), logged.join("\n"));
  assert.ok(logged.some((line) => /^error: \S+ ERROR getUser failure 4\d\d refused/.test(line)), logged.join("\n"));
});
