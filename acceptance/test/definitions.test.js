// `cargo xtask definitions`: what it says of definitions that are right, of one that is none, and of an empty folder.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { root } from "../support/environment.js";
import { execute } from "../support/project.js";

const folder = mkdtempSync(path.join(tmpdir(), "purecloud-definitions-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const tryAll = (name) => execute(process.execPath, [path.join(root, "acceptance/definitions.js"), path.join(folder, name)]);

test("definitions of every kind are generated, called and emulated, and what is not valid is told with its place", async () => {
  mkdirSync(path.join(folder, "some"));
  for (const fixture of ["base-path", "fixed-query", "parameters", "server-without-scheme", "servers"]) {
    cpSync(path.join(root, `crates/definition/fixtures/${fixture}.yaml`), path.join(folder, `some/${fixture}.yaml`));
  }
  writeFileSync(path.join(folder, "some/broken.json"), '{"swagger": "2.0",\n "paths": {]}');
  const { code, stdout } = await tryAll("some");
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^\| base-path\.yaml \| 3 \| 3 \| 0 \| 0 \| .* \| ok \|$/m);
  assert.match(stdout, /^\| fixed-query\.yaml \| 4 \| 4 \| 0 \| .* \| ok \|$/m);
  assert.match(stdout, /^\| server-without-scheme\.yaml \| 1 \| 1 \| 0 \| 0 \| .* \| ok \|$/m);
  assert.match(stdout, /^refused broken\.json .*\n.*broken\.json:2:\d+/m);
});

test("a folder without a definition is a failure", async () => {
  mkdirSync(path.join(folder, "empty"));
  const { code, stderr } = await tryAll("empty");
  assert.equal(code, 1);
  assert.match(stderr, /name a folder with definitions/);
});
