// The emulator as a process among others on its machine.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { purecloud } from "../support/environment.js";

test("takes more connections than the usual limit of open files", { skip: process.platform === "win32" }, async (context) => {
  const child = spawn("sh", ["-c", 'ulimit -Sn 64 && exec "$0" emulator --port 0 --json', purecloud], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill());
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { port, hostname } = new URL(JSON.parse(line).origin);

  const sockets = [];
  context.after(() => sockets.forEach((socket) => socket.destroy()));
  const answers = Array.from({ length: 300 }, async () => {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.write("GET /api/v2/health/check HTTP/1.1\r\nhost: localhost\r\n\r\n");
    const [bytes] = await once(socket, "data", { signal: AbortSignal.timeout(20_000) });
    return bytes.toString("latin1").split("\r\n")[0];
  });
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(["HTTP/1.1 200 OK"]));
  assert.ok(sockets.every((socket) => !socket.destroyed), "all of them are open at the same time");
});
