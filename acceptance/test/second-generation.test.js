// Programs of 2017 run with the SDK of that year and with ours, each against a platform of its own: what they log is equal.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, describe, test } from "node:test";
import { openPage, signIn, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { unpackedPackage } from "../support/project.js";
import { serveSite } from "../support/site.js";
import { programs } from "../support/second-generation.js";

const require = createRequire(import.meta.url);
const original = require("purecloud_api_sdk_javascript");
const ours = require(unpackedPackage().folder);
const emulators = await Promise.all([startEmulator("--users", "50"), startEmulator("--users", "50")]);
after(() => emulators.forEach((emulator) => emulator.stop()));

/** What a program logs, line by line. */
async function run(program, purecloud, emulator) {
  const lines = [];
  const { id, secret } = emulator.clients.credentials;
  await program(purecloud, { origin: emulator.origin, id, secret, log: (...values) => lines.push(values.map(String).join(" ")) });
  return lines;
}

describe("programs of 2017 say the same with either SDK:", () => {
  for (const [title, program] of Object.entries(programs)) {
    test(title, async () => {
      const [theirs, here] = await Promise.all([run(program, original, emulators[0]), run(program, ours, emulators[1])]);
      assert.ok(theirs.length > 1, theirs.join("\n"));
      assert.deepEqual(here, theirs);
    });
  }
});

test("the example page of that SDK works, unchanged but for its client and an argument too many: the login, a presence set, and the event of it", { timeout: 120_000 }, async (t) => {
  const [emulator] = emulators;
  const browser = await startBrowser();
  t.after(() => browser.close());
  const folder = path.dirname(require.resolve("purecloud_api_sdk_javascript/package.json"));
  const html = readFileSync(path.join(folder, "examples/index.html"), "utf8")
    .replace(/[0-9a-f-]{36}(?=',)/, emulator.clients.browser.id)
    // One argument too many, which that SDK ignored; the operation has a second one today, which takes other values.
    .replace("getMe('presence','presence')", "getMe('presence')");
  // A page that comes from this machine may open a socket to it.
  const script = readFileSync(path.join(unpackedPackage().folder, "dist/purecloud-api.js"), "utf8");
  const { origin, stop } = await serveSite({ "/examples/": html, "/dist/purecloud-api.js": script });
  t.after(stop);
  const jquery = readFileSync(require.resolve("jquery1.12"), "utf8");
  const page = await openPage(browser, { emulator, site: origin, files: { "https://code.jquery.com/jquery-1.11.3.min.js": jquery } });
  const site = `${origin}/examples/`;
  await page.goto(site);
  await page.waitForURL("https://login.mypurecloud.com/**");
  assert.equal(new URL(page.url()).searchParams.get("response_type"), "token");
  await signIn(page, emulator.user);
  await page.waitForURL(`${site}**`);
  assert.doesNotMatch(page.url(), /access_token/);
  await page.waitForFunction("document.querySelectorAll('#presenceButtons button').length > 2 && webSocket?.readyState == 1");
  const before = await page.textContent("#currentPresence");
  assert.ok(before);
  await page.waitForTimeout(300);
  const buttons = await page.$$eval("#presenceButtons button", (found) => found.map((button) => button.textContent));
  const wanted = buttons.find((name) => name !== before);
  await page.click(`#presenceButtons button:text-is("${wanted}")`);
  await page.waitForFunction((name) => document.querySelector("#currentPresence").textContent === name, wanted);
  assert.deepEqual(page.problems, []);
});
