// Flags of the command line whose effect a script relies on.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { purecloud } from "../support/environment.js";
import { execute } from "../support/project.js";

const folder = mkdtempSync(path.join(tmpdir(), "purecloud-flags-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const paths = { "/fine": { get: { operationId: "getFine", tags: ["Fine"], responses: { 200: { description: "ok" } } } } };
const definition = (name, more) => {
  const file = path.join(folder, name);
  const content = { swagger: "2.0", info: { title: "Small", version: "1" }, paths, ...more };
  writeFileSync(file, JSON.stringify(content));
  return file;
};
const fine = definition("fine.json", {});
const odd = definition("odd.json", {
  paths: { ...paths, "/odd": { get: { parameters: [{ name: "a", in: "pocket", type: "string" }], responses: {} } } },
});

/** Generates into a folder that is not there before. */
async function generate(name, ...flags) {
  const out = path.join(folder, name);
  const { code, stdout, stderr } = await execute(purecloud, ["generate", "javascript", "--out", out, ...flags]);
  return { code, stdout, stderr, out };
}

test("what a definition has and the SDK cannot call is left out with a warning that names it", async () => {
  const { code, stdout, stderr, out } = await generate("lenient", "--definition", odd);
  assert.equal(code, 0);
  assert.match(stderr, /^warning: .*odd\.json#\/paths\/~1odd\/get\/parameters\/0\/in: `GET \/odd` is left out/m);
  assert.match(stdout, /: 1 operation in 1 class; /);
  assert.ok(existsSync(path.join(out, "partials/fineapi.js")));
});

for (const quiet of [[], ["--quiet"]]) {
  test(`--strict ${quiet} makes that an error, and nothing is written`, async () => {
    const { code, stdout, stderr, out } = await generate("strict", "--definition", odd, "--strict", ...quiet);
    assert.equal(code, 3);
    assert.equal(stdout, "");
    assert.match(stderr, /`GET \/odd` is left out/);
    assert.match(stderr, /1 parts? of the definition/);
    assert.ok(!existsSync(out));
  });
}

test("--strict leaves what an earlier run wrote as it is", async () => {
  const { out } = await generate("kept", "--definition", fine);
  const before = readFileSync(path.join(out, "package.json"), "utf8");
  const { code } = await generate("kept", "--definition", odd, "--strict", "--package-version", "9.9.9");
  assert.equal(code, 3);
  assert.equal(readFileSync(path.join(out, "package.json"), "utf8"), before);
});

test("--strict asks nothing more of a definition that is understood", async () => {
  const { code, stderr } = await generate("understood", "--definition", fine, "--strict");
  assert.equal(code, 0, stderr);
});

/** Starts a command that serves; resolves with the first address that it says, once `/` there has answered. */
async function serve(...flags) {
  const child = spawn(purecloud, flags, { stdio: ["ignore", "pipe", "inherit"] });
  after(() => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const [origin] = /http:\/\/[\w.:[\]]+/.exec(line) ?? [];
    if (!origin) continue;
    const response = await fetch(`${origin}/`);
    child.kill();
    return { origin, status: response.status };
  }
  throw new Error(`${flags} ended without an address`);
}

for (const host of ["localhost", "LocalHost", "127.0.0.1"]) {
  test(`the emulator listens on ${host}`, async () => {
    const { origin, status } = await serve("emulator", "--port", "0", "--host", host, "--json");
    assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(status, 200);
  });
}

test("the demonstration listens on localhost", async () => {
  const { origin, status } = await serve("demo", "--host", "localhost");
  assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(status, 200);
});

test("a host that is not an address is refused with what is accepted", async () => {
  for (const command of ["emulator", "demo"]) {
    const { code, stderr } = await execute(purecloud, [command, "--host", "everywhere"]);
    assert.equal(code, 2);
    assert.match(stderr, /everywhere.*localhost/s);
  }
});
