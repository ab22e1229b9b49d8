// Logins in a page: what a person sees who goes back, opens tabs, uses frameworks or forbids storage, and how often the page leaves.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { after, test } from "node:test";
import { signIn, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { tool, unpackedPackage } from "../support/project.js";

/** What the site of these pages answers, by path. A server of its own, since browsers tell the networks of pages apart. */
let served = {};
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  const type = pathname.endsWith(".js") ? "text/javascript" : "text/html";
  response.writeHead(pathname in served ? 200 : 404, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" });
  response.end(served[pathname]);
});
await new Promise((resolve) => server.listen(0, resolve));
after(() => server.close());
const { port } = server.address();
const site = `http://localhost:${port}/app/`;
const elsewhere = `http://127.0.0.1:${port}/app/`;
const emulator = await startEmulator();
after(() => emulator.stop());
const browser = await startBrowser();
after(() => browser.close());

const script = (name) => readFileSync(path.join(unpackedPackage().folder, "partials", name), "utf8");
const library = (name) => readFileSync(tool(name), "utf8");
const client = emulator.clients.browser.id;

/** What most pages here do; `window.outcome` says what came of it. */
const AUTHORIZE = (options = "ENVIRONMENT", login = "CLIENT, SITE") => `
  var session = new PureCloudSession(${options});
  session.authorize(${login})
    .done(function (me) { window.outcome = me.name; })
    .fail(function (error) { window.outcome = "failed: " + error.code + " " + error.status; });`;

/** A page with this script, and with what else it loads. */
function files(code, { libraries = {}, head = "", body = "" } = {}) {
  const names = ["purecloudsession.js", "popup.js", ...Object.keys(libraries)];
  const constants = { ENVIRONMENT: emulator.origin, CLIENT: client, SITE: site, SECRET: emulator.clients.credentials };
  return {
    "/app/": `<!doctype html><meta charset="utf-8">${head}<body>${body}
      <script>var ${Object.entries(constants).map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join(", ")};</script>
      ${names.map((name) => `<script src="${name}"></script>`).join("")}<script>${code}</script>`,
    "/app/purecloudsession.js": script("purecloudsession.js"),
    "/app/popup.js": script("popup.js"),
    ...Object.fromEntries(Object.entries(libraries).map(([name, text]) => [`/app/${name}`, text])),
  };
}

/** Opens a page and counts how often a tab of it goes to the login. */
async function open(files) {
  served = files;
  const context = await browser.newContext();
  const page = counted(await context.newPage());
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  return page;
}

function counted(page) {
  page.departures = [];
  page.on("request", (request) => {
    const isLogin = request.isNavigationRequest() && request.method() == "GET" && request.url().includes("/oauth/authorize");
    if (isLogin) page.departures.push(new URL(request.url()).searchParams);
  });
  return page;
}

const outcome = async (page) => (await page.waitForFunction(() => window.outcome, undefined, { timeout: 10_000 })).jsonValue();

/** Lets a page that goes round in circles do so. */
async function settle(page) {
  await page.waitForLoadState("networkidle");
  await page.waitForLoadState("networkidle");
}

async function logIn(page) {
  await page.goto(site);
  await page.waitForSelector('input[name="username"]');
  await signIn(page, emulator.user);
  await page.waitForURL(`${site}**`);
}

test("the page logs in with a code, and its address is as before", async () => {
  const page = await open(files(AUTHORIZE()));
  await page.goto(`${site}?tab=2`);
  await page.waitForSelector('input[name="username"]');
  await signIn(page, emulator.user);
  await page.waitForURL(`${site}**`);
  assert.equal(await outcome(page), emulator.user.displayName);
  assert.equal(page.url(), site);
  assert.deepEqual(page.departures.map((query) => query.get("response_type")), ["code"]);
  assert.deepEqual(page.problems, []);
});

for (const [how, options, departures] of [
  ["a stored token serves", "ENVIRONMENT", 2],
  ["without storage the login is tried once more", "{ environment: ENVIRONMENT }", 3],
]) {
  test(`Back after the login: ${how}`, async () => {
    const page = await open(files(AUTHORIZE(options)));
    await logIn(page);
    await outcome(page);
    // The browser itself goes to the login's address, which sends it here with the old state.
    await page.goBack();
    await page.waitForURL(`${site}**`);
    assert.equal(await outcome(page), emulator.user.displayName);
    await settle(page);
    assert.equal(page.departures.length, departures);
    assert.equal(page.url(), site);
  });
}

test("a login that ends in another tab goes on there", async () => {
  const first = await open(files(AUTHORIZE("{ environment: ENVIRONMENT }")));
  await first.goto(site);
  await first.waitForSelector('input[name="username"]');
  const second = counted(await first.context().newPage());
  await second.goto(first.url());
  await signIn(second, emulator.user);
  await second.waitForURL(`${site}**`);
  assert.equal(await outcome(second), emulator.user.displayName);
  await settle(second);
  assert.equal(second.departures.length, 2, "the one that the person opened, and one more");
});

test("React's StrictMode, which makes two sessions, is one login", async () => {
  for (const grant of ["code", "implicit"]) {
    const app = `
      function App() {
        const [name, setName] = React.useState("");
        React.useEffect(() => {
          const session = new PureCloudSession({ environment: ENVIRONMENT, clientId: CLIENT, redirectUrl: SITE, grant: "${grant}" });
          window.sessions = (window.sessions || 0) + 1;
          let gone = false;
          session.authorize().then((me) => { if (!gone) { setName(me.name); window.outcome = me.name; } }, (error) => { window.outcome = error.message; });
          return () => { gone = true; };
        }, []);
        return React.createElement("h1", null, name);
      }
      ReactDOM.createRoot(document.getElementById("root")).render(React.createElement(React.StrictMode, null, React.createElement(App)));`;
    const libraries = {
      "react.js": library("react/umd/react.development.js"),
      "react-dom.js": library("react-dom/umd/react-dom.development.js"),
    };
    const page = await open(files(app, { libraries, body: '<div id="root"></div>' }));
    await logIn(page);
    assert.equal(await outcome(page), emulator.user.displayName);
    await settle(page);
    assert.equal(await page.evaluate("sessions"), 2);
    assert.equal(page.departures.length, 1);
  }
});

for (const [name, start, libraries] of [
  [
    "AngularJS's with #!",
    `angular.module("app", []).run(["$location", function ($location) { $location.path(); setTimeout(login); }]);
     angular.bootstrap(document, ["app"]);`,
    { "angular.js": "angular/angular.js" },
  ],
  [
    "AngularJS's with #",
    `angular.module("app", []).config(["$locationProvider", function (provider) { provider.hashPrefix(""); }])
       .run(["$location", function ($location) { $location.path(); setTimeout(login); }]);
     angular.bootstrap(document, ["app"]);`,
    { "angular.js": "angular/angular.js" },
  ],
  [
    "Vue's",
    `const router = VueRouter.createRouter({ history: VueRouter.createWebHashHistory(), routes: [{ path: "/:all(.*)*", component: { template: "<p>home</p>" } }] });
     const app = Vue.createApp({ template: "<router-view></router-view>" });
     app.use(router); app.mount("#root"); router.isReady().then(login);`,
    { "vue.js": "vue/dist/vue.global.prod.js", "vue-router.js": "vue-router/dist/vue-router.global.prod.js" },
  ],
  // Routers that had moved a route before it.
  ["one that has put a path before it", `location.hash = location.hash.replace(/^#access/, "#/cb?access"); login();`, {}],
]) {
  test(`a token that a hash router has moved is found: ${name}`, async () => {
    const code = `window.login = function () { window.seen = location.hash; ${AUTHORIZE('{ environment: ENVIRONMENT, grant: "implicit" }')} };${start}`;
    const loaded = Object.fromEntries(Object.entries(libraries).map(([file, from]) => [file, library(from)]));
    const page = await open(files(code, { libraries: loaded, body: '<div id="root"></div>' }));
    await logIn(page);
    assert.equal(await outcome(page), emulator.user.displayName);
    assert.match(await page.evaluate("seen"), /^#(!?\/|!#|\/cb\?).*access_token=/);
    assert.ok(!page.url().includes("token"), page.url());
    await settle(page);
    assert.equal(page.departures.length, 1);
  });
}

test("a router that swallows the token does not send the page round in circles", async () => {
  const page = await open(files(`history.replaceState(null, "", location.pathname); ${AUTHORIZE()}`));
  await logIn(page);
  assert.equal(await outcome(page), "failed: state 0");
  await settle(page);
  assert.equal(page.departures.length, 1);
});

test("where storage is switched off, the page says so and stays", async () => {
  const page = await open(files(AUTHORIZE()));
  await page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
    }
  });
  await page.goto(site);
  assert.equal(await outcome(page), "failed: storage 0");
  await settle(page);
  assert.equal(page.departures.length, 0);
});

for (const status of [503, 429, 403, 401]) {
  test(`users/me answers ${status}: the page says so and stays`, async () => {
    const page = await open(files(AUTHORIZE()));
    await page.route("**/api/v2/users/me**", (route) =>
      route.fulfill({ status, headers: { "access-control-allow-origin": "*", "access-control-allow-headers": "*" }, body: "{}" }),
    );
    await logIn(page);
    assert.match(await outcome(page), new RegExp(`^failed: \\w+ ${status}$`));
    await settle(page);
    assert.equal(page.departures.length, 1);
  });
}

test("a Content-Security-Policy that forbids users/me is an error, not a circle", async () => {
  const head = `<meta http-equiv="Content-Security-Policy" content="connect-src 'none'">`;
  const page = await open(files(AUTHORIZE('{ environment: ENVIRONMENT, grant: "implicit" }'), { head }));
  await logIn(page);
  assert.match(await outcome(page), /^failed: \w+ 0$/);
  await settle(page);
  assert.equal(page.departures.length, 1);
});

test("Cancel at the login reaches the page", async () => {
  const page = await open(files(AUTHORIZE()));
  await page.goto(site);
  await page.click('button[value="deny"]');
  await page.waitForURL(`${site}**`);
  assert.equal(await outcome(page), "failed: access_denied 0");
  assert.equal(page.url(), site);
});

/** A client of the platform for this page, and how to change its grant. */
async function makeClient(grant) {
  const headers = { authorization: `Bearer ${await emulator.token()}`, "content-type": "application/json" };
  const send = async (method, path, body) => {
    const response = await fetch(emulator.origin + path, { method, headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
    return response.json();
  };
  const body = (authorizedGrantType) => ({ name: "page", authorizedGrantType, registeredRedirectUri: [site] });
  const { id } = await send("POST", "/api/v2/oauth/clients", body(grant));
  return { id, change: (other) => send("PUT", `/api/v2/oauth/clients/${id}`, body(other)) };
}

test("the page goes on working when its client's grant is changed between two visits", async () => {
  const changing = await makeClient("TOKEN");
  const page = await open(files(AUTHORIZE("ENVIRONMENT", `"${changing.id}", SITE`)));
  // The person is signed in at the login, and has agreed.
  const visit = async () => {
    page.departures.length = 0;
    await page.evaluate("localStorage.removeItem('authtoken')");
    await page.goto(site);
    await page.waitForURL(`${site}**`);
    assert.equal(await outcome(page), emulator.user.displayName);
    return page.departures.map((query) => query.get("response_type")).join();
  };
  await page.goto(site);
  await page.waitForSelector('input[name="username"]');
  await signIn(page, emulator.user);
  await page.waitForURL(`${site}**`);
  assert.equal(await outcome(page), emulator.user.displayName);
  assert.equal(page.departures.map((query) => query.get("response_type")).join(), "code,token");
  assert.equal(await visit(), "token", "it is remembered");
  await changing.change("CODE");
  assert.equal(await visit(), "token,code");
  assert.equal(await visit(), "code");
});

test("where the login refuses a grant with a page of its own, the person sees that page", async () => {
  const set = (refuseByPage) =>
    fetch(`${emulator.origin}/_emulator/login`, { method: "PUT", body: JSON.stringify({ refuseByPage }) });
  const { id } = await makeClient("TOKEN");
  assert.equal((await set(true)).status, 204);
  try {
    const page = await open(files(AUTHORIZE("ENVIRONMENT", `"${id}", SITE`)));
    await page.goto(site);
    await page.waitForSelector("text=may not use this login");
    await page.goto(site);
    assert.equal(await outcome(page), "failed: state 0");
    assert.equal(page.departures.length, 1);
  } finally {
    await set(false);
  }
});

test("two tabs renew their token once", async () => {
  const code = `
    var options = { environment: ENVIRONMENT, clientId: SECRET.id, clientSecret: SECRET.secret, storage: "localStorage" };
    window.logIn = () => (window.session = new PureCloudSession(options)).authorizeWithClientCredentialsGrant();
    window.restore = () => { window.session = new PureCloudSession(options); };
    window.call = () => Promise.all([1, 2, 3].map(() => session.get("/api/v2/users/me"))).then((all) => all.length);`;
  const first = await open(files(code));
  await first.goto(site);
  await first.evaluate("logIn()");
  // Its end comes near, by what the tabs know.
  await first.evaluate(`(() => {
    const token = JSON.parse(localStorage.authtoken_details);
    localStorage.authtoken_details = JSON.stringify({ ...token, expires_at: Date.now() });
  })()`);
  const second = await first.context().newPage();
  await second.goto(site);
  await emulator.forget();
  for (const page of [first, second]) await page.evaluate("restore()");
  assert.deepEqual(await Promise.all([first.evaluate("call()"), second.evaluate("call()")]), [3, 3]);
  const asked = (await emulator.requests()).filter(({ path }) => path === "/oauth/token");
  assert.equal(asked.length, 1);
  const tokens = await Promise.all([first, second].map((page) => page.evaluate("session.authToken()")));
  assert.equal(tokens[0], tokens[1]);
});

test("close revokes the token that the login gave", async () => {
  const page = await open(files(AUTHORIZE()));
  await logIn(page);
  await outcome(page);
  const token = await page.evaluate("session.authToken()");
  const works = async () =>
    (await fetch(`${emulator.origin}/api/v2/users/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await works(), 200);
  await page.evaluate("session.close()");
  assert.equal(await works(), 401);
  assert.equal(await page.evaluate("localStorage.authtoken"), undefined);
  assert.equal(await page.evaluate("session.get('/api/v2/users/me').catch((error) => error.message)"), "GET /api/v2/users/me: the session is closed");
});

const POPUP = (options = "") => `
  function start() {
    var session = window.session = new PureCloudSession({ environment: ENVIRONMENT, open: loginPopup(${options}) });
    session.authorize(CLIENT, window.redirect || SITE).then((me) => { window.outcome = me.name; }, (error) => { window.outcome = error.code; });
  }
  // The same page is where the popup comes back to.
  if (window.opener) new PureCloudSession(ENVIRONMENT).authorize(CLIENT, SITE);`;
const BUTTON = { body: '<button onclick="start()">Log in</button>' };

/** Clicks, and gives the window that opens. */
async function clickForPopup(page) {
  await page.goto(site);
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.click("text=Log in")]);
  await popup.waitForSelector('input[name="username"]');
  return counted(popup);
}

test("a login in a popup leaves the page where it is", async () => {
  const page = await open(files(POPUP(), BUTTON));
  const popup = await clickForPopup(page);
  const closed = popup.waitForEvent("close");
  await signIn(popup, emulator.user);
  assert.equal(await outcome(page), emulator.user.displayName);
  await closed;
  assert.deepEqual([page.departures.length, popup.departures.length, page.url()], [0, 0, site]);
});

test("a popup that is closed, blocked or too slow is an error that says so", async () => {
  const closed = await open(files(POPUP(), BUTTON));
  await (await clickForPopup(closed)).close();
  assert.equal(await outcome(closed), "popup_closed");
  const blocked = await open(files(POPUP(), BUTTON));
  await blocked.addInitScript("window.open = () => null");
  await blocked.goto(site);
  await blocked.click("text=Log in");
  assert.equal(await outcome(blocked), "popup_blocked");
  const slow = await open(files(POPUP("{ timeout: 300 }"), BUTTON));
  await clickForPopup(slow).catch(() => {});
  assert.equal(await outcome(slow), "popup_timeout");
});

test("messages of other windows and origins do not end a login in a popup", async () => {
  const page = await open({
    ...files(POPUP(), BUTTON),
    "/app/evil/": `<script>(opener || parent).postMessage({ name: "gc_auth_popup", type: "message", search: "?code=evil&state=x", hash: "" }, "*");</script>`,
  });
  const popup = await clickForPopup(page);
  // From this origin, but another window; and from another origin.
  await page.evaluate(`postMessage({ name: "gc_auth_popup", type: "message", search: "?code=evil&state=x", hash: "" }, "*")`);
  await page.evaluate(`new Promise((resolve) => { const frame = document.createElement("iframe"); frame.src = "${elsewhere}evil/"; frame.onload = resolve; document.body.append(frame); })`);
  // Even the popup itself, while it is elsewhere.
  await popup.goto(`${elsewhere}evil/`);
  assert.equal(await page.evaluate("window.outcome"), undefined);
  await popup.close();
  assert.equal(await outcome(page), "popup_closed");
});

test("a popup that would come back to another origin is refused", async () => {
  const page = await open(files(`window.redirect = "${elsewhere}"; ${POPUP()}`, BUTTON));
  await page.goto(site);
  await page.click("text=Log in");
  assert.equal(await outcome(page), "popup");
});
