// How long the SDK keeps a Node process alive: while a call or an open subscription is under way, and not longer.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { startEmulator } from "../support/emulator.js";
import { root } from "../support/environment.js";
import { project, tool } from "../support/project.js";

const emulator = await startEmulator();
after(() => emulator.stop());

/** A platform that answers by path, each path with its own answers in turn, the last of them for ever. */
const answers = {
  "/oauth/token": [[200, {}, { access_token: "a-token", token_type: "bearer", expires_in: 86400 }]],
  "/fails-twice": [[503, { "retry-after": "0" }], [503, { "retry-after": "0" }], [200]],
  "/uses-up-the-limit": [
    [200, { "inin-ratelimit-count": "300", "inin-ratelimit-allowed": "300", "inin-ratelimit-reset": "1" }],
  ],
  "/at-once": [[200]],
};
const counts = {};
const platform = createServer((request, response) => {
  request.resume();
  const { pathname } = new URL(request.url, "http://x");
  const count = (counts[pathname] ?? 0) + 1;
  counts[pathname] = count;
  if (pathname === "/late") return void setTimeout(() => response.end("1"), 1_500);
  if (pathname === "/never") return;
  const script = answers[pathname] ?? [[404]];
  const [status, headers = {}, body = {}] = script[Math.min(count, script.length) - 1];
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
});
// The server must not be what ends the connections.
platform.keepAliveTimeout = 60_000;
await new Promise((resolve) => platform.listen(0, "127.0.0.1", resolve));
after(() => {
  platform.closeAllConnections();
  platform.close();
});
const origin = `http://127.0.0.1:${platform.address().port}`;

const folder = project({});

/** The Node that runs this file, which may lack a `WebSocket` of its own, and a newer one where it is installed. */
const runtimes = [["this Node", process.execPath]];
try {
  runtimes.push(["Node 24", tool("node24/bin/node")]);
} catch {
  // The development tools bring it for x86-64 Linux only.
}

/**
 * Runs a program, whose last words are `done`. Resolves with what it said and how many milliseconds it lived after its
 * last line. `hear` gets each line.
 */
async function run(program, { node = process.execPath, hear } = {}) {
  const prelude = `
    const { PureCloudSession, UsersApi } = require("purecloud");
    const WebSocket = globalThis.WebSocket ?? require(${JSON.stringify(path.join(root, "acceptance/support/websocket.cjs"))});
    const origin = ${JSON.stringify(origin)};
    const emulator = ${JSON.stringify(emulator.origin)};
    (async () => {${program}
      console.log("done");
    })();`;
  const child = spawn(node, ["--eval", prelude], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, at: performance.now() })));
  const lines = [];
  let last = performance.now();
  for await (const line of createInterface({ input: child.stdout })) {
    last = performance.now();
    lines.push(line);
    hear?.(line);
  }
  const { code, signal, at } = await ended;
  clearTimeout(limit);
  return { code, signal, lines, errors, lingered: at - last };
}

/** A process that has nothing more to do ends within this, in milliseconds; the SDK's shortest timers are longer. */
const AT_ONCE = 1_000;

for (const [title, program, requests = {}] of [
  [
    "a login, and a call",
    `const session = new PureCloudSession({ environment: origin });
     await session.authorizeWithClientCredentialsGrant("id", "secret");
     await session.get("/at-once");`,
    { "/oauth/token": 1 },
  ],
  [
    "a token was renewed ahead of its end",
    `const storage = {
       load: () => ({
         access_token: "old",
         ...{ environment: origin, client_id: "id", grant: "client_credentials" },
         ...{ obtained_at: Date.now() - 86_000_000, expires_at: Date.now() + 200_000 },
       }),
       save() {},
       clear() {},
     };
     const session = new PureCloudSession({ environment: origin, clientId: "id", clientSecret: "secret", storage });
     await session.get("/at-once");`,
    { "/oauth/token": 1 },
  ],
  [
    "a call that was sent again twice",
    `const session = new PureCloudSession({ environment: origin, token: "x" });
     await session.get("/fails-twice");`,
    { "/fails-twice": 3 },
  ],
  [
    "a call that waited for the rate limit",
    `const session = new PureCloudSession({ environment: origin, token: "x" });
     await session.get("/uses-up-the-limit");
     const began = performance.now();
     await session.get("/at-once");
     if (performance.now() - began < 500) console.log("it did not wait");`,
  ],
  [
    "a call that waited for its turn and was taken out of the queue",
    `const session = new PureCloudSession({ environment: origin, token: "x" });
     await session.get("/uses-up-the-limit");
     const waiting = session.get("/at-once");
     const fate = waiting.then(() => "sent", (error) => error.code);
     session.queue()[0].cancel();
     if ((await fate) != "abort") console.log(await fate);`,
  ],
  [
    "a call that was given up while it was under way",
    `const session = new PureCloudSession({ environment: origin, token: "x", timeout: 60000 });
     const call = session.get("/never");
     setTimeout(() => call.abort(), 100);
     await call.catch(() => {});`,
  ],
  [
    "a call that ran out of time",
    `const session = new PureCloudSession({ environment: origin, token: "x", timeout: 200, totalTimeout: 60000, retry: false });
     await session.get("/never").catch(() => {});`,
  ],
  [
    "a session that was closed",
    `const session = new PureCloudSession({ environment: emulator });
     await session.authorizeWithClientCredentialsGrant(${JSON.stringify(emulator.clients.credentials.id)}, ${JSON.stringify(emulator.clients.credentials.secret)});
     await session.close();`,
  ],
  [
    "a listing that was left in the middle",
    `const session = new PureCloudSession({ environment: emulator });
     await session.authorizeWithClientCredentialsGrant(${JSON.stringify(emulator.clients.credentials.id)}, ${JSON.stringify(emulator.clients.credentials.secret)});
     for await (const page of new UsersApi(session).getUsers({ pageSize: 25 }).pages({ prefetch: 2 })) break;`,
  ],
  [
    "notifications that were closed",
    `const session = new PureCloudSession({ environment: emulator, token: ${JSON.stringify(await emulator.userToken())} });
     const me = await new UsersApi(session).getUsersMe();
     const notifications = session.notifications({ WebSocket });
     const subscription = notifications.subscribe("v2.users." + me.id + ".presence");
     while ((await subscription.next()).value.type != "connected");
     notifications.close();`,
  ],
  [
    "a subscription that was closed before it was connected",
    `const session = new PureCloudSession({ environment: emulator, token: ${JSON.stringify(await emulator.userToken())} });
     const me = await new UsersApi(session).getUsersMe();
     session.notifications({ WebSocket }).subscribe("v2.users." + me.id + ".presence").close();`,
  ],
]) {
  for (const [runtime, node] of runtimes) {
    test(`a process ends by itself at once after ${title}, in ${runtime}`, async () => {
      for (const path of Object.keys(counts)) delete counts[path];
      const { code, lines, errors, lingered } = await run(program, { node });
      assert.deepEqual({ code, lines, errors }, { code: 0, lines: ["done"], errors: "" });
      assert.ok(lingered < AT_ONCE, `${Math.round(lingered)} ms`);
      for (const [path, least] of Object.entries(requests)) assert.ok(counts[path] >= least, `${path}: ${counts[path]}`);
    });
  }
}

test("a process whose session only exists ends at once", async () => {
  const { code, lines } = await run(`new PureCloudSession({ environment: origin, token: "x" });`);
  assert.deepEqual([code, lines], [0, ["done"]]);
});

for (const [title, program] of [
  ["is under way", `session.get("/late")`],
  ["waits for the rate limit", `session.get("/uses-up-the-limit").then(() => session.get("/at-once"))`],
  [
    "waits before it is sent again",
    `new PureCloudSession({ environment: origin, token: "x", retry: { base: 2000 } }).get("/fails-later")`,
  ],
  [
    "waits for one before it",
    `Promise.all([narrow.get("/late"), narrow.get("/at-once")])`,
  ],
]) {
  test(`a process lives while a call ${title}`, async () => {
    answers["/fails-later"] = [[503, { "retry-after": "1" }], [200]];
    const { code, lines } = await run(`
      const session = new PureCloudSession({ environment: origin, token: "x" });
      const narrow = new PureCloudSession({ environment: origin, token: "x", maxInFlight: 1 });
      await ${program};`);
    assert.deepEqual([code, lines], [0, ["done"]]);
  });
}

test("a process lives while a subscription is open, and ends at once when it is closed", async () => {
  const token = await emulator.userToken();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const me = await (await fetch(`${emulator.origin}/api/v2/users/me`, { headers })).json();
  const { entities } = await emulator.raw("/api/v2/presence/definitions");
  const change = () =>
    fetch(`${emulator.origin}/api/v2/users/${me.id}/presences/PURECLOUD`, {
      method: "PATCH",
      headers,
      body: JSON.stringify({ presenceDefinition: { id: entities[0].id } }),
    });
  const program = `
      const session = new PureCloudSession({ environment: emulator, token: ${JSON.stringify(token)} });
      await new Promise((resolve) => {
        const subscription = session.notifications({ WebSocket }).subscribe("v2.users.${me.id}.presence", {
          connected: () => console.log("connected"),
          event: () => {
            subscription.close();
            resolve();
          },
        });
      });`;
  // Nothing but the subscription keeps the process meanwhile.
  const hear = (line) => line === "connected" && setTimeout(change, 3_000);
  const outcome = await run(program, { hear });
  assert.deepEqual([outcome.code, outcome.lines, outcome.errors], [0, ["connected", "done"], ""]);
  assert.ok(outcome.lingered < AT_ONCE, `${Math.round(outcome.lingered)} ms`);
});
