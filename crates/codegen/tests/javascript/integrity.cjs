// Each hash in `integrity.json` is that of the file.
"use strict";
const assert = require("node:assert/strict");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
for (const version of ["1.2.3", "latest"]) {
  const folder = `node_modules/purecloud/javascript/${version}`;
  const hashes = Object.entries(JSON.parse(fs.readFileSync(`${folder}/integrity.json`, "utf8")));
  assert.equal(hashes.length, 15);
  for (const [path, hash] of hashes) {
    assert.equal(hash, `sha384-${createHash("sha384").update(fs.readFileSync(`${folder}/${path}`)).digest("base64")}`);
  }
}
