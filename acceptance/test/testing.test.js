// `purecloud/testing` as projects use it: under jest, vitest and `node:test`, and when the tests end in a way of their own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { purecloud } from "../support/environment.js";
import { execute, project, tool } from "../support/project.js";

/** The same tests for each runner; `imports` brings in the package, and what the runner does not have as globals. */
const specification = (imports, { before, after }) => `
  ${imports}
  let emulator, session;
  ${before}(async () => {
    emulator = await startEmulator({ args: ["--users", "50"] });
    session = await emulator.session(PureCloudSession);
  });
  ${after}(() => emulator.stop());
  const check = (actual, expected) => {
    if (actual !== expected) throw new Error(actual + " is not " + expected);
  };

  test("a session is ready", async () => {
    const me = await new UsersApi(session).getUsersMe();
    check(typeof me.name, "string");
    check(session instanceof PureCloudSession, true);
    const [last] = (await emulator.requests()).slice(-1);
    check(last.method + " " + last.path + " " + last.status, "GET /api/v2/users/me 200");
  });

  test("faults strike until a reset, which forgets what was stored", async () => {
    const users = new UsersApi(session);
    await users.postUsers({ name: "Ada", email: "ada.test@example.com", divisionId: (await users.getUsersMe()).division.id });
    await emulator.faults("status:503,operation=getUsersMe");
    const error = await users.getUsersMe({ retry: false }).then(() => null, (error) => error);
    check(error.status, 503);
    await emulator.reset();
    check((await emulator.requests()).length, 0);
    check((await users.getUsersMe({ retry: false })).id.length, 36);
    const found = await users.postUsersSearch({ query: [{ type: "EXACT", fields: ["email"], value: "ada.test@example.com" }] });
    check(found.total, 0);
  });

  test("a rule that is not one is told", async () => {
    const error = await emulator.faults("explode").then(() => null, (error) => error);
    check(error.code, "emulator");
    check(/cut-before/.test(error.message), true);
  });
`;

const required = `
  const { PureCloudSession, UsersApi } = require("purecloud");
  const { startEmulator } = require("purecloud/testing");`;
const imported = `
  import { PureCloudSession, UsersApi } from "purecloud";
  import { startEmulator } from "purecloud/testing";`;
const env = { PURECLOUD_BIN: purecloud, CI: "1", NO_COLOR: "1" };

for (const environment of ["node", tool("jest-environment-jsdom")]) {
  test(`under jest, in ${environment.endsWith("jsdom") ? "jsdom" : environment}`, async () => {
    const folder = project({
      "package.json": JSON.stringify({ jest: { testMatch: ["**/*.spec.js"], testEnvironment: environment } }),
      "platform.spec.js": specification(required, { before: "beforeAll", after: "afterAll" }),
    });
    const flags = ["--rootDir", folder, "--json", "--runInBand", "--no-cache", "--watchman=false"];
    const { code, stdout, stderr } = await execute(process.execPath, [tool("jest/bin/jest.js"), ...flags], { cwd: folder, env });
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).numPassedTests, 3, stderr);
    assert.doesNotMatch(stderr, /did not exit|open handle/);
  });
}

test("under vitest", async () => {
  const imports = `${imported}\n  import { afterAll, beforeAll, test } from "vitest";`;
  const folder = project(
    { "package.json": '{"type":"module"}', "platform.test.js": specification(imports, { before: "beforeAll", after: "afterAll" }) },
    { modules: ["vitest"] },
  );
  const { code, stdout, stderr } = await execute(process.execPath, [tool("vitest/vitest.mjs"), "run", "--reporter=json"], { cwd: folder, env });
  assert.equal(code, 0, stdout + stderr);
  assert.equal(JSON.parse(stdout).numPassedTests, 3, stdout);
});

test("under node:test", async () => {
  const imports = `${imported}\n  import { after, before, test } from "node:test";`;
  const folder = project({ "platform.test.mjs": specification(imports, { before: "before", after: "after" }) });
  // What runs this file says so in a variable, and a run within a run does nothing.
  const { code, stdout, stderr } = await execute(process.execPath, ["--test", "--test-reporter=tap"], { cwd: folder, env: { ...env, NODE_TEST_CONTEXT: undefined } });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^# pass 3$/m);
});

/** Runs a program that says the emulator's address and then does `ending`; resolves with the process and the address. */
async function started(ending) {
  const folder = project({
    "main.mjs": `${imported}
      const emulator = await startEmulator();
      console.log(emulator.origin);
      ${ending}`,
  });
  const child = spawn(process.execPath, ["main.mjs"], { cwd: folder, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  for await (const origin of createInterface({ input: child.stdout })) return { child, origin, exited };
  throw new Error("the program said nothing");
}

/** Fails unless nothing answers any more within five seconds. */
async function assertGone(origin) {
  for (let look = 0; look < 100; look++) {
    const answers = await fetch(`${origin}/api/v2/health/check`).then(() => true, () => false);
    if (!answers) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("the emulator goes on without the program that started it");
}

test("a program that is killed leaves no emulator behind", async () => {
  const { child, origin, exited } = await started("setInterval(() => {}, 1000);");
  assert.ok((await fetch(`${origin}/api/v2/health/check`)).status > 0);
  child.kill("SIGKILL");
  assert.equal(await exited, "SIGKILL");
  await assertGone(origin);
});

test("a program that forgets to stop it ends by itself, and the emulator with it", async () => {
  const { origin, exited } = await started("");
  assert.equal(await exited, 0);
  await assertGone(origin);
});

test("a program that cannot be started is named, with what to do", async () => {
  const cwd = project({
    "main.mjs": `${imported}
      const options = JSON.parse(process.env.OPTIONS);
      await startEmulator(options).then(() => process.exit(9), (error) => console.log(error.code, error.message));`,
  });
  const tries = [
    [{ binary: "/nowhere/purecloud" }, /\/nowhere\/purecloud cannot be started \(ENOENT\)/],
    [{ args: ["--fault", "explode"] }, /ended with 2 before it printed its address: .*explode/s],
    [{ binary: process.execPath }, /ended with \d+ before it printed its address/],
    [{ startTimeout: 1 }, /does not print its address within 1 ms/],
    [{}, /is not in PATH; name it with `binary` or the variable PURECLOUD_BIN/, { PURECLOUD_BIN: "", PATH: "/nowhere" }],
  ];
  for (const [options, message, more] of tries) {
    const variables = { ...env, ...more, OPTIONS: JSON.stringify(options) };
    const { code, stdout } = await execute(process.execPath, ["main.mjs"], { cwd, env: variables, timeout: 25_000 });
    assert.equal(code, 0, `${stdout} (124: something keeps the process)`);
    assert.match(stdout, /^emulator /);
    assert.match(stdout, message);
  }
});
