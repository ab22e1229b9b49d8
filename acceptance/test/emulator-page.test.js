// The page at `/` of the emulator as people use it: wide and narrow, light and dark, by mouse and by keyboard.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, beforeEach, describe, test } from "node:test";
import path from "node:path";
import { startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";

const wide = { width: 1280, height: 800 };
const narrow = { width: 360, height: 740 };

const emulator = await startEmulator();
after(() => emulator.stop());
const browser = await startBrowser();
after(() => browser.close());
let token;

const control = (method, what, body) =>
  fetch(`${emulator.origin}/_emulator/${what}`, { method, body: body && JSON.stringify(body) });

/** The status of an answer of the platform. */
async function ask(path, { method = "GET", body } = {}) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(emulator.origin + path, { method, headers, body: body && JSON.stringify(body) });
  await response.arrayBuffer();
  return response.status;
}

/** Opens the page; the test fails when anything of it does. */
async function open(context, options = {}) {
  const browserContext = await browser.newContext({ viewport: wide, ...options });
  context.after(() => browserContext.close());
  const page = await browserContext.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // A refusal by the control API is told to who uses the page, and to the console by the browser itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (origin !== emulator.origin) problems.push(`it asked ${origin}`);
  });
  context.after(() => assert.deepEqual(problems, []));
  page.setDefaultTimeout(10_000);
  await page.goto(`${emulator.origin}/${options.part ?? ""}`);
  await page.waitForFunction(() => document.getElementById("stored-count").textContent !== "0");
  return page;
}

/** With PAGE_PICTURES, a folder for pictures of the page to look at. */
async function picture(page, name) {
  const folder = process.env.PAGE_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

const rows = (page) => page.locator("#list > li:visible");
const row = (page, text) => rows(page).filter({ hasText: text }).first();

beforeEach(async () => {
  await control("POST", "reset");
  token = await emulator.token();
});

describe("requests", () => {
  test("arrive while the page is open, the newest first, with what they brought and were answered", async (context) => {
    const page = await open(context);
    await row(page, "/oauth/token").waitFor();
    await ask("/api/v2/routing/skills", { method: "POST", body: { name: "juggling <b>torches</b>" } });
    await ask("/api/v2/users/00000000-0000-4000-8000-000000000000?expand=skills");
    const created = row(page, "/api/v2/routing/skills");
    await created.waitFor();
    const missing = row(page, "expand=skills");
    await missing.waitFor();
    assert.match(await rows(page).first().innerText(), /expand=skills/);
    assert.match(await missing.innerText(), /^GET[^]*404[^]*getUser[^]*ms/);
    assert.match(await created.innerText(), /^POST[^]*200[^]*postRoutingSkills[^]*ms/);

    await created.locator("summary").click();
    const content = created.locator(".opened");
    await content.getByText("Answer 200").waitFor();
    const text = await content.innerText();
    assert.match(text, /authorization: Bearer \[redacted\]/);
    assert.match(text, /"name": "juggling <b>torches<\/b>"/, "markup of a request is shown as text");
    assert.match(text, /"selfUri": "\/api\/v2\/routing\/skills\//, "the answer is there");
    assert.doesNotMatch(text, new RegExp(token), "no token is shown");
  });

  test("show no token that was granted", async (context) => {
    const page = await open(context);
    const login = row(page, "/oauth/token");
    await login.locator("summary").click();
    await login.getByText('"access_token": "[redacted]"').waitFor();
    assert.equal((await login.innerText()).includes(token), false);
  });

  test("are filtered by words of method, path, status, operation and fault, and by words that must be missing", async (context) => {
    await ask("/api/v2/users/me");
    await ask("/api/v2/users/00000000-0000-4000-8000-000000000000");
    await ask("/api/v2/routing/queues");
    await control("PUT", "faults", { rules: [{ fault: "garble", operation: "getRoutingSkills" }] });
    await ask("/api/v2/routing/skills");
    const page = await open(context);
    await row(page, "/api/v2/routing/skills").waitFor();
    const counts = async (words) => {
      await page.fill("#filter", words);
      return rows(page).count();
    };
    assert.equal(await counts(""), 5);
    assert.equal(await counts("get users"), 2);
    assert.equal(await counts("GETUSERSME"), 1);
    assert.equal(await counts("404"), 1);
    assert.equal(await counts("4xx"), 1);
    assert.equal(await counts("-users -token"), 2);
    assert.equal(await counts("garble"), 1);
    assert.equal(await counts("nothing has this"), 0);
    assert.equal(await page.locator("#none").innerText(), "No request fits the filter.");
    assert.equal(await page.locator("#shown").innerText(), "0 of 5");
    await page.fill("#filter", "presence");
    await ask("/api/v2/users/me");
    await ask("/api/v2/presencedefinitions");
    await row(page, "presencedefinitions").waitFor();
    assert.equal(await rows(page).count(), 1, "what arrives later is filtered, too");
  });

  test("stand still while paused, and are forgotten here and in the emulator", async (context) => {
    const page = await open(context);
    await row(page, "/oauth/token").waitFor();
    await page.click("#pause");
    assert.equal(await page.getAttribute("#pause", "aria-pressed"), "true");
    await ask("/api/v2/users/me");
    // A look that was under way may end; the next one must not happen.
    await page.waitForTimeout(1_500);
    assert.equal(await rows(page).count(), 1);
    await page.click("#pause");
    await row(page, "/api/v2/users/me").waitFor();
    await page.click("#forget");
    await page.getByText("No request yet").waitFor();
    assert.deepEqual(await emulator.requests(), []);
    await ask("/api/v2/routing/queues");
    await row(page, "/api/v2/routing/queues").waitFor();
    assert.equal(await rows(page).count(), 1);
  });

  test("that somebody else made the emulator forget are gone here, too", async (context) => {
    for (let count = 0; count < 5; count++) await ask("/api/v2/users/me");
    const page = await open(context);
    await row(page, "/api/v2/users/me").waitFor();
    await emulator.forget();
    await ask("/api/v2/routing/queues");
    await row(page, "/api/v2/routing/queues").waitFor();
    assert.equal(await rows(page).count(), 1);
  });

  test("stay quick to look at when there are a thousand", async (context) => {
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => ask(`/api/v2/users?pageSize=1&pageNumber=${round * 100 + index + 1}`)));
    }
    const page = await open(context);
    await page.waitForFunction(() => document.querySelectorAll("#list > li").length === 1001);
    await page.fill("#filter", "pagenumber=777");
    assert.equal(await rows(page).count(), 1);
    await page.fill("#filter", "");
    const opened = row(page, "pageNumber=500");
    await opened.locator("summary").click();
    await opened.getByText("Answer 200").waitFor();
    // Rows that are there are left alone: what is open stays open when more arrive.
    await ask("/api/v2/routing/queues");
    await row(page, "/api/v2/routing/queues").waitFor();
    assert.equal(await opened.locator("details").getAttribute("open"), "");
  });
});

describe("faults", () => {
  test("can be chosen from all that the emulator knows", async (context) => {
    const page = await open(context);
    const { kinds } = await (await control("GET", "faults")).json();
    assert.ok(kinds.length > 10);
    const offered = await page.locator('#fault [name="kind"] option').evaluateAll((options) => options.map((option) => option.value));
    assert.deepEqual(offered.toSorted(), kinds.map((kind) => kind.name).toSorted());
    for (const kind of kinds) {
      await page.selectOption('#fault [name="kind"]', kind.name);
      assert.equal(await page.inputValue('#fault [name="fault"]'), kind.example);
      assert.equal(await page.locator("#meaning").innerText(), `${kind.form} · ${kind.meaning}.`);
      assert.equal(await page.locator("#strike").isVisible(), kind.socket);
    }
  });

  test("change answers as soon as they are added, as often as was said, until they are removed", async (context) => {
    const page = await open(context);
    await page.selectOption('#fault [name="kind"]', "status");
    await page.fill('#fault [name="fault"]', "status:429:7");
    await page.fill('#fault [name="path"]', "/api/v2/users");
    await page.fill('#fault [name="times"]', "2");
    await page.click("text=Add fault");
    await page.locator("#rules").getByText("status:429:7").waitFor();
    assert.deepEqual([await ask("/api/v2/routing/queues"), await ask("/api/v2/users/me"), await ask("/api/v2/users/me"), await ask("/api/v2/users/me")], [200, 429, 429, 200]);
    await page.locator("#rules").getByText("struck 2").waitFor();
    assert.match(await row(page, "429").innerText(), /status:429:7/, "a request says what struck it");

    await page.selectOption('#fault [name="kind"]', "html");
    await page.fill('#fault [name="times"]', "");
    await page.fill('#fault [name="path"]', "");
    await page.fill('#fault [name="operation"]', "getRoutingQueues");
    await page.click("text=Add fault");
    await page.locator("#rules").getByText("html").waitFor();
    assert.deepEqual([await ask("/api/v2/routing/queues"), await ask("/api/v2/users/me")], [502, 200]);
    await page.getByRole("button", { name: "Remove the fault html" }).click();
    await page.locator("#rules").getByText("html").waitFor({ state: "detached" });
    assert.equal(await ask("/api/v2/routing/queues"), 200);

    await page.click("#calm");
    await page.getByText("No fault is left.").waitFor();
    assert.deepEqual((await (await control("GET", "faults")).json()).rules, []);
  });

  test("that cannot be read are refused in words", async (context) => {
    const page = await open(context);
    await page.fill('#fault [name="fault"]', "explode");
    await page.click("text=Add fault");
    await page.locator('#said[data-tone="bad"]').getByText("`explode` is not a fault").waitFor();
  });

  test("of sockets strike those that are open", async (context) => {
    const response = await fetch(`${emulator.origin}/api/v2/notifications/channels`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
    const { connectUri } = await response.json();
    const page = await open(context);
    const listener = await page.context().newPage();
    await listener.evaluate((address) => new Promise((opened, failed) => {
      const socket = new WebSocket(address);
      window.ended = new Promise((ended) => (socket.onclose = () => ended()));
      Object.assign(socket, { onopen: () => opened(), onerror: failed });
    }), connectUri);
    await page.selectOption('#fault [name="kind"]', "socket-drop");
    await page.fill('#fault [name="fault"]', "socket-drop");
    await page.click("#strike");
    await page.getByText("1 open socket struck.").waitFor();
    await listener.evaluate(() => window.ended);
  });
});

test("stored entities are shown as they are now", async (context) => {
  const page = await open(context);
  const skills = page.locator('#store > li[data-path="/api/v2/routing/skills"]');
  const before = Number((await skills.locator(".count").innerText()).replace(",", ""));
  await skills.locator("summary").click();
  await skills.locator("pre").waitFor();
  await ask("/api/v2/routing/skills", { method: "POST", body: { name: "juggling" } });
  await skills.locator(".count").getByText(String(before + 1), { exact: true }).waitFor();
  const stored = await (await control("GET", `store?path=${encodeURIComponent("/api/v2/routing/skills")}`)).json();
  await page.waitForFunction(
    ([text]) => document.querySelector('#store > li[data-path="/api/v2/routing/skills"] pre').textContent === text,
    [JSON.stringify(stored.entities, null, 2)],
  );
  await page.click("#reset");
  await skills.locator(".count").getByText(String(before), { exact: true }).waitFor();
});

test("what every queue has for itself is shown under one heading", async (context) => {
  const page = await open(context);
  const group = page.locator('#store > li[data-path="/api/v2/routing/queues/…/members"]');
  await group.locator("> details > summary").click();
  const queues = group.locator("ol > li");
  await queues.nth(5).waitFor();
  await queues.first().locator("summary").click();
  await queues.first().locator("pre").waitFor();
  assert.match(await queues.first().locator("pre").innerText(), /"id": "/);
});

test("everything can be reached and used by keyboard, and what has the focus shows it", async (context) => {
  await ask("/api/v2/users/me");
  const page = await open(context);
  await row(page, "/api/v2/users/me").waitFor();
  const reached = [];
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const name = element.id || element.name || element.textContent.trim().slice(0, 30);
      return { name, visible: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 };
    });
    if (!focus) break;
    assert.ok(focus.visible, `${focus.name} has the focus and does not show it`);
    reached.push(focus.name);
  }
  for (const name of ["pause", "forget", "filter", "kind", "fault", "path", "operation", "after", "times", "probability", "Add fault", "reset"]) {
    assert.ok(reached.includes(name), `${name} is reached, among ${reached}`);
  }

  const summary = row(page, "/api/v2/users/me").locator("summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  await row(page, "/api/v2/users/me").getByText("Answer 200").waitFor();
  await ask("/api/v2/routing/queues");
  await row(page, "/api/v2/routing/queues").waitFor();
  assert.ok(await summary.evaluate((element) => element === document.activeElement), "arrivals take no focus away");
});

test("every control has a name", async (context) => {
  const page = await open(context);
  const nameless = await page.locator("input, select, button, a, summary").evaluateAll((controls) =>
    controls
      .filter((control) => !(control.labels?.length || control.getAttribute("aria-label") || control.textContent.trim()))
      .map((control) => control.outerHTML));
  assert.deepEqual(nameless, []);
});

for (const colorScheme of ["light", "dark"]) {
  for (const [width, viewport] of Object.entries({ wide, narrow })) {
    test(`${width} and ${colorScheme}: it fits, and every text can be read`, async (context) => {
      await ask("/api/v2/users/me");
      await ask("/api/v2/routing/queues", { method: "POST", body: { name: "Support" } });
      await ask("/api/v2/users/00000000-0000-4000-8000-000000000000?expand=skills,languages,locations,authorization");
      await control("PUT", "faults", { rules: [{ fault: "status:503:2", operation: "getRoutingSkills", times: 2 }, { fault: "delay:20", probability: 0.5 }] });
      await ask("/api/v2/routing/skills");
      const page = await open(context, { viewport, colorScheme });
      await row(page, "/api/v2/users/me").waitFor();
      await row(page, "POST").locator("summary").first().click();
      await row(page, "POST").getByText("Answer 200").waitFor();
      for (const part of ["requests", "faults", "stored"]) {
        if (width === "narrow") {
          await page.locator(`nav a[href="#${part}"]`).click();
          await page.locator(`nav a[href="#${part}"][aria-current]`).waitFor();
        }
        if (part === "stored") {
          const users = page.locator('#store > li[data-path="/api/v2/users"]');
          await users.locator("summary").click();
          await users.locator("pre").waitFor();
        }
        await picture(page, `${width}-${colorScheme}-${part}`);
        assert.equal(await page.locator(`#${part}`).isVisible(), true);
        const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(excess <= 0, `${part} is ${excess} pixels too wide`);
        assert.deepEqual(await page.evaluate(pale), [], part);
      }
    });
  }
}

/** In the page: the texts that are seen and whose contrast with what is behind them is below 4.5 (WCAG 2, 1.4.3). */
function pale() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([red, green, blue]) => {
    const linear = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const backOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const back = channels(getComputedStyle(at).backgroundColor);
      if (back.length === 3 || back[3] === 1) return back;
      if (back[3] > 0) throw new Error("a back that can be seen through is not reckoned with here");
    }
    return [255, 255, 255];
  };
  const contrast = (color, back) => {
    const [lighter, darker] = [luminance(channels(color)), luminance(back)].sort((a, b) => b - a);
    return (lighter + 0.05) / (darker + 0.05);
  };
  const found = [];
  let seen = 0;
  const check = (element, color, text) => {
    seen += 1;
    const ratio = contrast(color, backOf(element));
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)}: ${text.trim().slice(0, 40)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() && element.checkVisibility() && !["NOSCRIPT", "SCRIPT"].includes(element.tagName)) {
      check(element, getComputedStyle(element).color, node.data);
    }
  }
  for (const input of document.querySelectorAll("input")) {
    if (!input.checkVisibility()) continue;
    check(input, getComputedStyle(input).color, input.value);
    if (input.placeholder) check(input, getComputedStyle(input, "::placeholder").color, input.placeholder);
  }
  return seen > 5 ? found : ["nothing was looked at"];
}
