// Every code block of the README does what it says. A block without an entry below fails the test.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { openPage, signIn, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { generated, root } from "../support/environment.js";
import { codeBlocks } from "../support/markdown.js";
import { execute, project, unpackedPackage } from "../support/project.js";

const readme = readFileSync(path.join(root, "README.md"), "utf8");
const packageFile = (name) => readFileSync(path.join(unpackedPackage().folder, name), "utf8");

const emulator = await startEmulator();
after(() => emulator.stop());
const browser = await startBrowser();
after(() => browser.close());

/** Runs a block in Node as a user would: the package installed, credentials in the environment. */
async function inNode(code, file) {
  const folder = project({ [file]: code });
  const { code: exit, stdout, stderr } = await execute(process.execPath, [file], {
    cwd: folder,
    env: {
      PURECLOUD_ENVIRONMENT: emulator.origin,
      PURECLOUD_CLIENT_ID: emulator.clients.credentials.id,
      PURECLOUD_SECRET: emulator.clients.credentials.secret,
      PURECLOUD_TOKEN: await emulator.token(),
    },
  });
  assert.equal(exit, 0, stderr);
  return stdout;
}

/** Opens a page with a block in it, beside the files of the package, at the address the README uses. */
async function inBrowser(code, replace = {}) {
  const base = "http://localhost:8085/examples/";
  const files = { [base]: Object.entries(replace).reduce((html, [from, to]) => html.replaceAll(from, to), `<!doctype html><body>${code}`) };
  for (const name of ["purecloud-api.js", "partials/purecloudsession.js", "partials/usersapi.js"]) {
    files[base + name] = packageFile(name);
  }
  const page = await openPage(browser, { emulator, files });
  await page.goto(base);
  return page;
}

/** The crate's own documentation has these lines, and is compiled. */
function inCrateDocumentation(code) {
  const source = readFileSync(path.join(root, "crates/purecloud/src/lib.rs"), "utf8");
  const documented = source.split("\n").map((line) => line.replace(/^\/\/! ?/, ""));
  for (const line of code.trim().split("\n")) assert.ok(documented.includes(line), line);
}

const byCommand = (words) => (code) => assert.equal(code.trim(), words);

/** What each block is for, in the order of the README: `[heading, language, check]`. */
const checks = [
  // The demo runs as a whole in demo.test.js, `cargo xtask test` is what runs this file.
  ["See it work", "sh", byCommand("cargo run --release -- demo")],
  [
    "Install",
    "sh",
    async (code) => {
      byCommand("npm install purecloud")(code);
      const manifest = JSON.parse(packageFile("package.json"));
      assert.equal(manifest.name, "purecloud");
      assert.equal(manifest.dependencies, undefined);
    },
  ],
  [
    "Install",
    "sh",
    async (code) => {
      byCommand("bower install purecloud-api")(code);
      const manifest = JSON.parse(packageFile("bower.json"));
      assert.equal(manifest.name, "purecloud-api");
      for (const main of [manifest.main].flat()) assert.ok(packageFile(main).length > 0);
    },
  ],
  [
    "Install",
    "html",
    async (code) => {
      const address = /src="([^"]+)"/.exec(code)[1];
      const file = path.join(generated, "cdn", new URL(address).pathname);
      const page = await openPage(browser, {
        files: { "http://localhost:8085/": `<!doctype html><body>${code}`, [address]: readFileSync(file, "utf8") },
      });
      await page.goto("http://localhost:8085/");
      assert.equal(await page.evaluate("typeof PureCloudSession + typeof UsersApi"), "functionfunction");
    },
  ],
  [
    "Node",
    "js",
    async (code) => {
      const table = await inNode(code, "main.js");
      for (const name of await roleNames()) assert.ok(table.includes(`'${name}'`), `${name} stands in\n${table}`);
    },
  ],
  [
    "Node",
    "mjs",
    async (code) => assert.equal((await inNode(code, "main.mjs")).trim(), (await roleNames()).slice(0, 5).join(", ")),
  ],
  [
    "Browser",
    "html",
    async (code) => {
      const page = await inBrowser(code, { "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX": emulator.clients.browser.id });
      await page.waitForURL("https://login.mypurecloud.com/**");
      await signIn(page, emulator.user);
      await page.waitForURL("http://localhost:8085/examples/**");
      await page.waitForSelector("body[data-finished=yes]", { state: "attached" });
      assert.equal(await page.title(), `Hello, ${emulator.user.displayName}`);
      assert.ok(!page.url().includes("access_token"), "the token is out of the address");
      assert.ok(await page.evaluate("localStorage.authtoken"), "the token is kept for the next visit");
      // The next visit needs no login.
      await page.reload();
      await page.waitForSelector("body[data-finished=yes]", { state: "attached" });
      assert.equal(await page.title(), `Hello, ${emulator.user.displayName}`);
      assert.deepEqual(page.problems, []);
    },
  ],
  [
    "Browser",
    "html",
    async (code) => {
      const page = await inBrowser(code, { MYTOKEN: await emulator.userToken() });
      await page.waitForSelector("body[data-finished=yes]", { state: "attached" });
      assert.equal(await page.title(), `Hello, ${emulator.user.displayName}`);
      assert.deepEqual(page.problems, []);
    },
  ],
  ["Rust", "toml", inCrateDocumentation],
  ["Rust", "rust", inCrateDocumentation],
  ["Choose an environment", "js", async (code) => assert.equal(await inNode(code, "main.js"), "")],
  ["Arguments", "js", async (code) => assert.equal((await inNode(code, "main.js")).trim(), "getUser userId")],
  ["Work on it", "sh", byCommand("cargo xtask test")],
];

const roleNames = async () => (await emulator.raw("/api/v2/authorization/roles")).entities.map(({ name }) => name);

const blocks = codeBlocks(readme);
test("every code block has a check, in order", () => {
  assert.deepEqual(
    blocks.map(({ heading, language }) => [heading, language]),
    checks.map(([heading, language]) => [heading, language]),
  );
});
blocks.forEach(({ heading, language, code, line }, index) => {
  test(`README line ${line}: ${heading} (${language})`, () => checks[index][2](code));
});
