// `purecloud demo`: the first thing a newcomer runs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
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

describe("the pages", () => {
  let browser;
  let demo;
  const pages = [];
  before(async () => {
    demo = spawn(purecloud, ["demo"], { stdio: ["ignore", "pipe", "ignore"] });
    for await (const line of createInterface({ input: demo.stdout })) {
      const address = /^\s+(http:\S+)/.exec(line);
      if (address) pages.push(address[1]);
      // The emulator's own page comes last.
      if (/^\s+http:\/\/[\d.:]+\/$/.test(line)) break;
    }
    browser = await startBrowser();
  });
  after(async () => {
    demo.kill();
    await browser?.close();
  });

  /** Opens an address; what goes wrong in the page is in `problems`. */
  const open = async (address, options) => {
    const page = await (await browser.newContext(options)).newPage();
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(String(error)));
    page.on("response", (response) => response.status() >= 400 && page.problems.push(`${response.status()} ${response.url()}`));
    await page.goto(address);
    return page;
  };
  const user = { name: "ada.lovelace@example.com", password: "purecloud" };
  const signedIn = async (address, options) => {
    const page = await open(address, options);
    await page.waitForSelector('input[name="username"]');
    await signIn(page, user);
    await page.waitForSelector("body[data-finished=yes]");
    return page;
  };

  test("run the README's browser example, with the whole library and with one API", async () => {
    assert.equal(pages.length, 3);
    for (const address of pages.slice(0, 2)) {
      const page = await signedIn(address);
      assert.match(await page.textContent("#result"), /Ada Lovelace/);
      assert.equal(new URL(page.url()).hash, "");
      assert.deepEqual(page.problems, []);
    }
  });

  test("the login shows a user and a password that work", async () => {
    const page = await open(pages[0]);
    await page.waitForSelector('input[name="username"]');
    const [name, password] = await page.locator(".hint code").allTextContents();
    await signIn(page, { name, password });
    await page.waitForSelector("body[data-finished=yes]");
    assert.match(await page.textContent("#result"), /Ada Lovelace/);
  });

  test("Cancel at the login shows what happened, and a way to sign in after all", async () => {
    const page = await open(pages[0]);
    await page.waitForSelector('input[name="username"]');
    await page.click('button[value="deny"]');
    await page.waitForSelector("#again:visible");
    assert.match(await page.textContent("#result"), /Not signed in/);
    assert.equal(new URL(page.url()).search, "");
    await page.click("#again");
    await page.waitForSelector('input[name="username"]');
    await signIn(page, user);
    await page.waitForSelector("body[data-finished=yes]");
    assert.match(await page.textContent("#result"), /Ada Lovelace/);
    assert.deepEqual(page.problems, []);
  });

  test("Log out ends on a page that says so, and the next login asks for the password", async () => {
    const page = await signedIn(pages[0]);
    await page.click("#logout");
    await page.waitForSelector("#again:visible");
    assert.match(await page.textContent("#result"), /You are signed out/);
    assert.ok(await page.isHidden("#logout"));
    assert.equal(await page.evaluate(() => localStorage.getItem("authtoken")), null);
    await page.reload();
    assert.match(await page.textContent("#result"), /You are signed out/);
    await page.click("#again");
    await page.waitForSelector('input[name="password"]');
    assert.deepEqual(page.problems, []);
  });

  test("lead to each other and to the emulator's page", async () => {
    const page = await signedIn(pages[0]);
    await page.click(".other a:first-child");
    await page.waitForSelector("body[data-finished=yes]");
    assert.equal(page.url(), pages[1]);
    await page.click('.other a[href="/"]');
    await page.waitForURL(pages[2]);
    assert.match(await page.title(), /emulator/i);
  });

  test("have an icon, and a program that the keyboard scrolls", async () => {
    const page = await signedIn(pages[0], { viewport: { width: 390, height: 844 } });
    const icon = await page.getAttribute('link[rel="icon"]', "href");
    assert.equal((await fetch(new URL(icon, pages[0]))).headers.get("content-type"), "image/svg+xml");
    const pre = page.locator("pre");
    await pre.focus();
    assert.ok(await pre.evaluate((element) => document.activeElement === element && element.scrollWidth > element.clientWidth));
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => document.querySelector("pre").scrollLeft > 0);
  });

  for (const width of [390, 1280]) {
    test(`fit into ${width} pixels`, async () => {
      const viewport = { width, height: 844 };
      for (const address of pages) {
        const page = address === pages[2] ? await open(address, { viewport }) : await signedIn(address, { viewport });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${address}: ${wide}`);
        // To look at them: PURECLOUD_SCREENSHOTS names a folder.
        const shots = process.env.PURECLOUD_SCREENSHOTS;
        if (shots) await page.screenshot({ path: path.join(shots, `${pages.indexOf(address)}-${width}.png`), fullPage: true });
      }
      const login = await open(pages[0], { viewport });
      await login.waitForSelector('input[name="username"]');
      assert.ok((await login.evaluate(() => document.documentElement.scrollWidth)) <= width);
      const shots = process.env.PURECLOUD_SCREENSHOTS;
      if (shots) await login.screenshot({ path: path.join(shots, `login-${width}.png`), fullPage: true });
    });
  }
});
