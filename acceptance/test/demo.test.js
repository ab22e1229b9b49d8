// `purecloud demo`: the first thing a newcomer runs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { signIn, startBrowser } from "../support/browser.js";
import { purecloud } from "../support/environment.js";
import { execute } from "../support/project.js";

test("runs the README's Node example, shows the roles as a table and ends", async () => {
  const { code, stdout, stderr } = await execute(purecloud, ["demo", "--exit"]);
  assert.equal(code, 0, stderr);
  for (const role of ["employee", "admin", "supervisor"]) assert.ok(stdout.includes(`'${role}'`), stdout);
  assert.match(stdout, /http:\/\/127\.0\.0\.1:\d+\/demo\//);
});

test("says what is missing when there is no Node", async () => {
  const { code, stderr } = await execute(purecloud, ["demo", "--exit"], { env: { PATH: "/nonexistent" } });
  assert.equal(code, 5);
  assert.match(stderr, /node could not be started .* install it/);
});

test("serves pages on which the README's browser example signs in", async () => {
  const demo = spawn(purecloud, ["demo"], { stdio: ["ignore", "pipe", "ignore"] });
  after(() => demo.kill());
  const browser = await startBrowser();
  after(() => browser.close());
  const pages = [];
  for await (const line of createInterface({ input: demo.stdout })) {
    const address = /^\s+(http:\S+)/.exec(line);
    if (address) pages.push(address[1]);
    if (line.includes("password")) break;
  }
  assert.equal(pages.length, 2);
  for (const address of pages) {
    const page = await (await browser.newContext()).newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(address);
    await page.waitForSelector('input[name="username"]');
    await signIn(page, { name: "ada.lovelace@example.com", password: "purecloud" });
    await page.waitForSelector("body[data-finished=yes]");
    assert.match(await page.textContent("#result"), /Ada Lovelace/);
    assert.equal(new URL(page.url()).hash, "");
    assert.deepEqual(problems, []);
  }
});
