// The emulator as a process among others on its machine.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { purecloud } from "../support/environment.js";

const unix = process.platform !== "win32";
/** More resident memory than this for a crowd would mean that it grows without bounds. */
const MOST_MIB = 400;

/** As many connections as the emulator promises to take, or as one process may open here. */
function crowd() {
  const most = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  return most === "unlimited" ? 10_000 : Math.min(10_000, Number(most) - 500);
}

/** Sends a request and waits for the first line of its answer. */
async function ask(socket) {
  socket.write("GET /api/v2/health/check HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const [bytes] = await once(socket, "data", { signal: AbortSignal.timeout(60_000) });
  return bytes.toString("latin1").split("\r\n")[0];
}

test("takes a crowd of connections, whatever the usual limit of open files", { skip: !unix }, async (context) => {
  const child = spawn("sh", ["-c", 'ulimit -Sn 64 && exec "$0" emulator --port 0 --json', purecloud], { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => child.kill());
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { port, hostname } = new URL(JSON.parse(line).origin);

  const sockets = [];
  context.after(() => sockets.forEach((socket) => socket.destroy()));
  const answers = new Map();
  const count = (answer) => answers.set(answer, (answers.get(answer) ?? 0) + 1);
  const size = crowd();
  // A few at a time: the queue of a listener is short.
  const open = async () => {
    while (sockets.length < size) {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      count(await ask(socket));
    }
  };
  await Promise.all(Array.from({ length: 50 }, open));
  assert.deepEqual([...answers], [["HTTP/1.1 200 OK", size]]);
  assert.ok(sockets.every((socket) => !socket.destroyed), "all of them are open at the same time");
  assert.equal(await ask(sockets[0]), "HTTP/1.1 200 OK", "the first of them still lives");
  if (process.platform === "linux") {
    const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
    assert.ok(Number(kib) / 1024 < MOST_MIB, `${size} connections took ${kib} KiB`);
  }
});

test("a command whose standard error is full ends as it would anyway", { skip: process.platform !== "linux" && "there is no /dev/full" }, async () => {
  const script = '"$0" generate javascript --out . --definition nowhere.json 2>/dev/full';
  const failing = spawn("sh", ["-c", script, purecloud], { stdio: "ignore" });
  const [code] = await once(failing, "exit");
  assert.equal(code, 3, "the exit code of a definition that cannot be used");
});

test("a second process on one data directory says at once what is wrong", async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), "purecloud-data-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  const start = (stderr) =>
    spawn(purecloud, ["emulator", "--port", "0", "--json", "--data-dir", directory], { stdio: ["ignore", "pipe", stderr] });
  const first = start("inherit");
  context.after(() => first.kill());
  await once(createInterface({ input: first.stdout }), "line");
  const second = start("pipe");
  let said = "";
  second.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const [code] = await once(second, "exit");
  assert.equal(code, 1);
  assert.match(said, /in use by another process/);
});
