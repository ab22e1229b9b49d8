// Headless Chromium from the system's packages, in which the platform's hosts are the emulator.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const executables = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts a browser, with these variables in its environment; the caller closes it. */
export async function startBrowser(env) {
  const executablePath = executables.find((candidate) => candidate && existsSync(candidate));
  if (!executablePath) {
    throw new Error("no Chromium was found; install the package `chromium`, or name one in the variable CHROMIUM");
  }
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    args: ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
  });
}

/** The hosts of one environment, and what each is: all of them are one emulator. */
const platformHost = /^https:\/\/(api|login|apps)\.(mypurecloud\.(com|ie)|usw2\.pure\.cloud)\//;

/**
 * Opens a page in a context of its own: `files` answers addresses with content (`{ "http://localhost:8085/…": html }`),
 * the platform's hosts lead to the emulator, the origin `site` is served by itself, and every other address is refused. Errors of the page fail the test.
 */
export async function openPage(browser, { emulator, files = {}, site }) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));

  await context.route("**/*", async (route) => {
    const url = new URL(route.request().url());
    const address = url.origin + url.pathname;
    if (address in files) {
      const body = files[address];
      return route.fulfill({ body, contentType: contentType(address, body) });
    }
    if ([emulator?.origin, site].includes(url.origin)) return route.continue();
    if (emulator && platformHost.test(url.href)) return forward(route, url, emulator);
    return route.abort("blockedbyclient");
  });
  return page;
}

/** Lets the emulator answer for a host of the platform; redirects stay the browser's business. */
async function forward(route, url, emulator) {
  const response = await route.fetch({ url: emulator.origin + url.pathname + url.search, maxRedirects: 0 });
  const headers = response.headers();
  if (headers.location?.startsWith(emulator.origin)) {
    headers.location = url.origin + headers.location.slice(emulator.origin.length);
  }
  await route.fulfill({ response, headers });
}

function contentType(address, body) {
  if (address.endsWith(".js")) return "text/javascript; charset=utf-8";
  if (address.endsWith(".json")) return "application/json";
  return typeof body === "string" ? "text/html; charset=utf-8" : "application/octet-stream";
}

/** Fills in the emulator's login page as a person does. */
export async function signIn(page, user) {
  await page.fill('input[name="username"]', user.name);
  await page.fill('input[name="password"]', user.password);
  await page.click('button[value="allow"]');
}
