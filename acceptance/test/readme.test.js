// Every code block of the README does what it says. A block without an entry below fails the test.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, test } from "node:test";
import { openPage, signIn, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { generated, purecloud, root } from "../support/environment.js";
import { codeBlocks } from "../support/markdown.js";
import { serveSite } from "../support/site.js";
import { execute, project, unpackedPackage } from "../support/project.js";

const readme = readFileSync(path.join(root, "README.md"), "utf8");
const packageFile = (name) => readFileSync(path.join(unpackedPackage().folder, name), "utf8");

const emulator = await startEmulator();
after(() => emulator.stop());
const browser = await startBrowser();
after(() => browser.close());

/** Runs a block in Node as a user would: the package installed, credentials in the environment. */
async function inNode(code, file, flags = []) {
  const folder = project({ [file]: code });
  const { code: exit, stdout, stderr } = await execute(process.execPath, [...flags, file], {
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

/** Runs a block that waits for the presence of a user, and changes it once the platform knows the topic. */
async function presenceIsPrinted(code) {
  await emulator.forget();
  // Node 20 has no `WebSocket` of its own; the flag gives it the one of these tests.
  const sockets = path.join(root, "acceptance/support/global-websocket.cjs");
  const running = inNode(code, "main.mjs", globalThis.WebSocket ? [] : ["--require", sockets]);
  running.catch(() => {});
  const subscribed = ({ method, path, status }) => method === "PUT" && path.endsWith("/subscriptions") && status === 200;
  for (let tries = 0; !(await emulator.requests()).some(subscribed); tries++) {
    assert.ok(tries < 300, "the program subscribes to nothing");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [user] = (await emulator.raw("/api/v2/users?pageSize=1")).entities;
  const { entities: presences } = await emulator.raw("/api/v2/presence/definitions");
  const changed = await fetch(`${emulator.origin}/api/v2/users/${user.id}/presences/PURECLOUD`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${await emulator.token()}`, "content-type": "application/json" },
    body: JSON.stringify({ presenceDefinition: { id: presences[0].id } }),
  });
  assert.ok(changed.ok, await changed.text());
  assert.equal(await running, `connected\nv2.users.${user.id}.presence ${presences[0].id}\n`);
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
      const checkout = project({});
      const lines = code.replace("cargo run --release --", `"${purecloud}"`).replaceAll("../my-project", `${checkout}/my-project`);
      assert.notEqual(lines, code);
      mkdirSync(`${checkout}/my-project`);
      writeFileSync(`${checkout}/my-project/package.json`, "{}");
      const { code: exit, stderr } = await execute("sh", ["-e", "-c", lines], { cwd: checkout, env: { npm_config_offline: "true" } });
      assert.equal(exit, 0, stderr);
      const installed = createRequire(`${checkout}/my-project/main.js`)("purecloud");
      assert.equal(typeof installed.UsersApi, "function");
    },
  ],
  [
    "Install",
    "toml",
    async (code) => {
      const folder = /path = "\.\.\/purecloud\/([^"]+)"/.exec(code)[1];
      const manifest = readFileSync(path.join(root, folder, "Cargo.toml"), "utf8");
      assert.match(manifest, /^name = "purecloud"$/m);
      for (const [, feature] of code.matchAll(/features = \["(\w+)"\]/g)) assert.match(manifest, new RegExp(`^${feature} = `, "m"));
    },
  ],
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
      // Who cancels the login reads so.
      const other = await inBrowser(code, { "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX": emulator.clients.browser.id });
      await other.waitForURL("https://login.mypurecloud.com/**");
      await other.click("button[value=deny]");
      await other.waitForSelector("body[data-finished=yes]", { state: "attached" });
      assert.match(await other.title(), /^Not signed in: ./);
      assert.deepEqual(other.problems, []);
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
  [
    "Your own page against the emulator",
    "sh",
    (code) => assert.match(code, /^cargo run --release -- emulator\nnpx http-server \.\.\/my-project -p 8080\n$/),
  ],
  [
    "Your own page against the emulator",
    "js",
    async (code) => {
      assert.ok(code.includes(emulator.clients.browser.id), "it names the client of every emulator");
      const tag = '<script src="purecloud-api-min.js"></script>';
      const lines = code.replace("http://127.0.0.1:8085", emulator.origin).replace(/;\s*$/, ".done(function (me) { document.title = me.name; });");
      const site = await serveSite({
        "/page.html": `<!doctype html><body>${tag}<script>${lines}</script>`,
        "/purecloud-api-min.js": packageFile("purecloud-api-min.js"),
      });
      after(() => site.stop());
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${site.origin}/page.html`);
      await page.waitForURL(`${emulator.origin}/**`);
      await signIn(page, emulator.user);
      await page.waitForFunction((name) => document.title === name, emulator.user.displayName);
      assert.ok(page.url().startsWith(site.origin));
    },
  ],
  [
    "Listings",
    "mjs",
    async (code) => {
      const { total } = await emulator.raw("/api/v2/users?pageSize=1");
      assert.equal((await inNode(code, "main.mjs")).trim(), `${total} 150 ${total - 100}`);
    },
  ],
  ["Notifications", "mjs", presenceIsPrinted],
  [
    "Retries and the rate limit",
    "js",
    async (code) => {
      await emulator.forget();
      assert.equal(await inNode(code, "main.js"), "getUsers interactive\ngetUsers background\n");
      const asked = (await emulator.requests()).filter(({ path }) => path === "/api/v2/users").map(({ query }) => query);
      assert.deepEqual(asked, ["pageSize=25", "pageNumber=2", "pageSize=100"], "what is in the background goes last");
    },
  ],
  ["Rust", "toml", inCrateDocumentation],
  ["Rust", "rust", inCrateDocumentation],
  ["Rust", "sh", byCommand("cargo doc -p purecloud --no-deps --features full,websocket,blocking --open")],
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

test("the scripts have no syntax that is newer than the browsers that the README names", async () => {
  const named = /browsers: Chrome and Edge (\d+), Firefox (\d+), Safari ([\d.]+)/.exec(readme.replace(/\s+/g, " "));
  const [, chrome, firefox, safari] = named;
  const { transform } = createRequire(path.join(root, "packages/javascript/package.json"))("esbuild");
  const folder = unpackedPackage().folder;
  const target = [`chrome${chrome}`, `edge${chrome}`, `firefox${firefox}`, `safari${safari}`];
  // What a class of characters means changes with each Unicode, so esbuild rewrites it whatever the browser knows.
  const supported = { "regexp-unicode-property-escapes": true };
  const scripts = ["purecloud-api-min.js", "purecloud-api.js", ...["purecloudsession", "usersapi", "paging", "events", "popup"].map((name) => `partials/${name}.js`)];
  for (const name of scripts) {
    assert.ok(existsSync(path.join(folder, name)), name);
    const code = packageFile(name);
    const [as, given] = [await transform(code, { target, supported }), await transform(code, { target: "esnext", supported })];
    assert.equal(as.code, given.code, name);
  }
});
