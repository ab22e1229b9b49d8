// The package that takes the place of `purecloud-platform-client-v2`, installed under its name: loaded in each way, by
// compilers, test runners, pages and AMD loaders.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { signIn, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { generated, purecloud } from "../support/environment.js";
import { execute, project, tool } from "../support/project.js";
import { serveSite } from "../support/site.js";
import { officialTypes, startRecorder } from "../support/v2.js";

const NAME = "purecloud-platform-client-v2";
const scratch = mkdtempSync(path.join(tmpdir(), "purecloud-v2-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
execFileSync(purecloud, ["generate", "javascript", "--face", "v2", "--quiet", "--out", path.join(scratch, "face")]);
const packed = execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", scratch], { cwd: path.join(scratch, "face") });
execFileSync("tar", ["-xzf", path.join(scratch, `${packed}`.trim()), "-C", scratch]);
const folder = path.join(scratch, "package");

const emulator = await startEmulator();
after(() => emulator.stop());
const { id, secret } = emulator.clients.credentials;

/** A project with the package under the official name, beside our own. */
function withFace(files) {
  const made = project({ "package.json": "{}", ...files });
  cpSync(folder, path.join(made, "node_modules", NAME), { recursive: true });
  return made;
}

async function run(files, args) {
  const cwd = withFace(files);
  const { code, stdout, stderr } = await execute(process.execPath, args, { cwd, env: { ORIGIN: emulator.origin, ID: id, SECRET: secret } });
  assert.equal(code, 0, stderr + stdout);
  return stdout.trim();
}

/** A program in the style of what people wrote, after `platformClient` has been loaded in its way. */
const PROGRAM = `
  const client = platformClient.ApiClient.instance;
  client.setEnvironment(process.env.ORIGIN);
  client.loginClientCredentialsGrant(process.env.ID, process.env.SECRET)
    .then(() => new platformClient.UsersApi().getUsers({ pageSize: 3, active: true }))
    .then((users) => console.log(users.entities.length, client.authData.accessToken.length > 10))
    .catch((error) => console.log(error));`;

for (const [way, file, load] of [
  ["require", "a.cjs", `const platformClient = require("${NAME}");`],
  ["its path for Node", "a.cjs", `const platformClient = require("${NAME}/dist/node/${NAME}.js");`],
  ["a default import", "a.mjs", `import platformClient from "${NAME}";`],
  ["purecloud/v2 by require", "a.cjs", `const platformClient = require("purecloud/v2");`],
  ["purecloud/v2 by a default import", "a.mjs", `import platformClient from "purecloud/v2";`],
  ["purecloud/v2 by import *", "a.mjs", `import * as platformClient from "purecloud/v2";`],
]) {
  test(`a program with ${way}`, async () => {
    assert.equal(await run({ [file]: load + PROGRAM }, [file]), "3 true");
  });
}

test("named imports are those of the default, in both kinds of module", async () => {
  const text = `
    import platformClient, { UsersApi, ApiClient, PureCloudRegionHosts } from "purecloud/v2";
    import { createRequire } from "node:module";
    const required = createRequire(import.meta.url)("purecloud/v2");
    console.log(required === platformClient, UsersApi === required.UsersApi, ApiClient.instance === required.ApiClient, PureCloudRegionHosts.eu_west_1);`;
  assert.equal(await run({ "a.mjs": text }, ["a.mjs"]), "true true true mypurecloud.ie");
});

test("a presence board, paging, and errors by their fields", async () => {
  const program = `
    const platformClient = require("${NAME}");
    const client = platformClient.ApiClient.instance;
    client.setEnvironment(process.env.ORIGIN);
    (async () => {
      await client.loginClientCredentialsGrant(process.env.ID, process.env.SECRET);
      const presence = new platformClient.PresenceApi(client);
      const users = new platformClient.UsersApi(client);
      const definitions = await presence.getPresencedefinitions({ pageSize: 100 });
      const names = [];
      for (let pageNumber = 1, pageCount = 1; pageNumber <= pageCount; pageNumber++) {
        const page = await users.getUsers({ pageSize: 25, pageNumber, expand: ["presence"] });
        pageCount = page.pageCount;
        for (const user of page.entities) names.push(user.name + user.presence.presenceDefinition.systemPresence);
      }
      const queues = await new platformClient.RoutingApi().getRoutingQueues({ pageSize: 2, sortBy: "name" });
      const channel = await new platformClient.NotificationsApi().postNotificationsChannels();
      await new platformClient.NotificationsApi().putNotificationsChannelSubscriptions(channel.id, [{ id: "v2.users." + (await users.getUsers()).entities[0].id + ".presence" }]);
      const missing = await users.getUser("00000000-0000-4000-8000-000000000000").catch((error) => error);
      console.log(definitions.entities.length > 3, names.length > 25, queues.entities.length, missing.status, missing.code, typeof missing.message, typeof missing.contextId);
    })().catch((error) => console.log(error));`;
  assert.equal(await run({ "a.cjs": program }, ["a.cjs"]), "true true 2 404 not.found string string");
});

test("jest replaces the module, its classes and methods", async () => {
  const spec = `
    const real = jest.requireActual("${NAME}");
    test("automatically", () => {
      jest.isolateModules(() => {
        jest.doMock("${NAME}");
        const mocked = require("${NAME}");
        const api = new mocked.UsersApi();
        expect(jest.isMockFunction(mocked.UsersApi)).toBe(true);
        api.getUsersMe.mockResolvedValue({ name: "Ada" });
        return expect(api.getUsersMe()).resolves.toEqual({ name: "Ada" });
      });
    });
    test("by a factory", () => {
      jest.doMock("${NAME}", () => ({ ApiClient: { instance: {} }, UsersApi: jest.fn(() => ({ getUsersMe: () => 1 })) }));
      expect(new (require("${NAME}").UsersApi)().getUsersMe()).toBe(1);
    });
    test("a method of every instance, of one, and of the client", async () => {
      const spy = jest.spyOn(real.UsersApi.prototype, "getUsersMe").mockResolvedValue({ name: "Bob" });
      expect(await new real.UsersApi().getUsersMe()).toEqual({ name: "Bob" });
      spy.mockRestore();
      const api = new real.UsersApi();
      jest.spyOn(api, "getUser").mockResolvedValue(2);
      expect(await api.getUser("x")).toBe(2);
      jest.spyOn(real.ApiClient.instance, "callApi").mockResolvedValue(3);
      expect(await api.getUsersMe()).toBe(3);
    });`;
  const cwd = withFace({ "package.json": JSON.stringify({ jest: { testMatch: ["**/*.spec.js"] } }), "a.spec.js": spec });
  const flags = ["--rootDir", cwd, "--runInBand", "--no-cache", "--watchman=false"];
  const { code, stderr } = await execute(process.execPath, [tool("jest/bin/jest.js"), ...flags], { cwd, env: { CI: "1" } });
  assert.equal(code, 0, stderr);
});

describe("types", () => {
  const compile = async (files, compiler, settings = {}) => {
    const options = { strict: true, noEmit: true, skipLibCheck: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext", types: [], ...settings };
    const cwd = withFace({ ...files, "tsconfig.json": JSON.stringify({ compilerOptions: options, files: Object.keys(files) }) });
    return execute(process.execPath, [tool(compiler)], { cwd });
  };
  const models = officialTypes.slice(officialTypes.indexOf("declare namespace Models"));
  const modelNames = [...models.matchAll(/export (?:interface|type|class) (\w+)/g)].map(([, name]) => name);
  const program = (from) => `
    import platformClient, { Models } from "${from}";
    const client = platformClient.ApiClient.instance;
    client.setEnvironment(platformClient.PureCloudRegionHosts.eu_west_1!);
    client.config.logger.log_level = client.config.logger.logLevelEnum.level.LTrace;
    const login: Promise<{ accessToken: string }> = client.loginClientCredentialsGrant("id", "secret");
    const state: string = "active", order = "asc" as string;
    const opts: platformClient.UsersApi.getUsersOptions = { pageSize: 25, state, sortOrder: order, expand: ["presence"] };
    export async function names(): Promise<string[]> {
      await login;
      const api = new platformClient.UsersApi(client);
      const page: Models.UserEntityListing = await api.getUsers({ ...opts, customHeaders: { "x-a": "b" } });
      const user: platformClient.Models.User = page.entities![0]!;
      const queue: Models.CreateQueueRequest = { name: "Support" };
      await new platformClient.RoutingApi().postRoutingQueues(queue);
      await api.patchUser(user.id!, { version: user.version, state });
      // @ts-expect-error a user has no such method
      void api.getNothing();
      // @ts-expect-error its id is missing
      void api.getUser();
      return page.entities!.map((each) => each.name!);
    }
    export type Named = [${modelNames.filter((_, index) => index % 33 === 0).slice(0, 200).map((name) => `Models.${name}`).join(", ")}];`;

  for (const compiler of ["typescript/bin/tsc", "typescript5/bin/tsc"]) {
    test(`${compiler} takes programs that use them, by each name`, async () => {
      const files = { "a.mts": program("purecloud/v2"), "b.cts": program("purecloud/v2"), "c.cts": program(NAME) };
      const { code, stdout } = await compile(files, compiler, { esModuleInterop: true });
      assert.equal(code, 0, stdout);
    });
  }

  test("without exports maps, as older projects resolve modules", async () => {
    const files = { "a.ts": program(NAME) };
    const { code, stdout } = await compile(files, "typescript5/bin/tsc", { module: "commonjs", moduleResolution: "node10", esModuleInterop: true });
    assert.equal(code, 0, stdout);
  });

  test("every name of the official declarations is there", () => {
    const read = (name) => readFileSync(path.join(folder, "types", name), "utf8");
    const own = new Set([...read("v2-models.d.ts").matchAll(/^export interface (\w+)/gm)].map(([, name]) => name));
    assert.ok(modelNames.length > 6_500);
    assert.deepEqual(modelNames.filter((name) => !own.has(name)), []);
    const module = read("v2.d.ts");
    const there = new Set([...module.matchAll(/^export (?:abstract )?(?:class|interface|type|namespace|const) (\w+)/gm)].map(([, name]) => name)).add("Models");
    const top = [...officialTypes.matchAll(/^declare (?:abstract )?(?:class|interface|type|namespace) (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(top.filter((name) => !there.has(name)), []);
    for (const [, api, body] of officialTypes.matchAll(/^declare namespace (\w+Api) \{([\s\S]*?)^\}/gm)) {
      const [, namespace] = new RegExp(`^export namespace ${api} \\{([\\s\\S]*?)^\\}`, "m").exec(module);
      const options = new Map([...namespace.matchAll(/(?:interface|type) (\w+Options)(.*)/g)].map(([, name, members]) => [name, members]));
      for (const [, name, members] of body.matchAll(/export interface (\w+) \{([\s\S]*?)\n\t\}/g)) {
        assert.ok(options.has(name), `${api}.${name}`);
        for (const [, member] of members.matchAll(/"(\w+)"\?:/g)) {
          // Dropped by the platform.
          if (member === "customHeaders" || (member === "profile" && /Search/.test(name))) continue;
          assert.ok(options.get(name).includes(` ${member}?:`), `${api}.${name}.${member}`);
        }
      }
    }
  });
});

describe("pages", async () => {
  const browser = await startBrowser();
  after(() => browser.close());
  const library = readFileSync(path.join(folder, `dist/web-cjs/${NAME}.min.js`), "utf8");
  assert.equal(library, readFileSync(path.join(generated, `${NAME}.min.js`), "utf8"));
  const files = { "/sdk.js": library, "/require.js": readFileSync(tool("requirejs/require.js"), "utf8") };
  const site = await serveSite(files);
  after(() => site.stop());
  const constants = `const ENVIRONMENT = ${JSON.stringify(emulator.origin)}, CLIENT = ${JSON.stringify(emulator.clients.browser.id)};`;
  const open = async (name, html) => {
    files[name] = html;
    const page = await (await browser.newContext()).newPage();
    page.problems = [];
    page.on("pageerror", (error) => page.problems.push(String(error)));
    await page.goto(site.origin + name);
    return page;
  };
  const outcome = async (page) => (await page.waitForFunction(() => window.outcome, undefined, { timeout: 15_000 })).jsonValue();
  const tail = `<script>${constants}
    const platformClient = require("platformClient");
    const client = platformClient.ApiClient.instance;
    client.setEnvironment(ENVIRONMENT);`;

  test("a script tag makes `require`, and no other global", async () => {
    const page = await open("/globals", `<script>window.before = Object.keys(window).concat("before")</script><script src="/sdk.js"></script>
      <script>window.outcome = { made: Object.keys(window).filter((name) => !before.includes(name)), type: typeof require("platformClient").UsersApi };
      try { require("other") } catch (error) { outcome.other = error.message }</script>`);
    assert.deepEqual(await outcome(page), { made: ["require"], type: "function", other: "there is no module other on this page" });
  });

  test("RequireJS loads it, and goes on when a script tag does", async () => {
    const page = await open("/amd", `<script src="/require.js"></script><script>requirejs(["/sdk.js"], (sdk) => { window.outcome = typeof sdk.UsersApi + typeof window.ApiClient; });</script>`);
    assert.equal(await outcome(page), "functionundefined");
    const both = await open("/both", `<script src="/require.js"></script><script src="/sdk.js"></script><script>
      const sdk = require("platformClient");
      requirejs(["platformClient"], (module) => { window.outcome = module === sdk && typeof require.config; });</script>`);
    assert.equal(await outcome(both), "function");
    assert.deepEqual(both.problems, []);
  });

  for (const grant of ["loginImplicitGrant", "loginPKCEGrant"]) {
    test(`${grant} in a page, whose token the next page has`, async () => {
      const page = await open(`/${grant}`, `<script src="/sdk.js"></script>${tail}
        client.setPersistSettings(true, "a board");
        client.${grant}(CLIENT, location.origin + location.pathname, { state: "mine" })
          .then((data) => new platformClient.UsersApi().getUsersMe().then((me) => { window.outcome = [me.name, data.state, !!data.accessToken, location.hash + location.search]; }))
          .catch((error) => { window.outcome = String(error); });</script>`);
      await signIn(page, emulator.user);
      assert.deepEqual(await outcome(page), [emulator.user.displayName, "mine", true, ""]);
      await page.reload();
      assert.equal((await outcome(page))[0], emulator.user.displayName);
      assert.deepEqual(page.problems, []);
    });
  }

  const popupPage = `<script src="/sdk.js"></script><button onclick="login()">Log in</button>${tail}
    const statuses = [];
    client.onAuthPopupStatus = (status) => statuses.push(status);
    client.setAuthPopupConfiguration({ usePopup: true, autoClosePopupDelay: 10, popupTimeout: window.patience || 60000 });
    function login() {
      client.loginImplicitGrant(CLIENT, location.origin + "/back")
        .then((data) => new platformClient.UsersApi().getUsersMe().then((me) => { window.outcome = [me.name, statuses.join()]; }))
        .catch((error) => { window.outcome = [error.message, statuses.join()]; });
    }</script>`;
  // What the official documentation calls the redirect page.
  files["/back"] = `<script>opener.postMessage({ name: "gc_auth_popup", type: "message", hash: location.hash, search: location.search }, location.origin);</script>`;
  const clickForPopup = async (page) => {
    const [popup] = await Promise.all([page.waitForEvent("popup"), page.click("text=Log in")]);
    return popup;
  };

  test("a login in a popup, whose page sends what it was given", async () => {
    const page = await open("/popup", popupPage);
    const popup = await clickForPopup(page);
    const closed = popup.waitForEvent("close");
    await signIn(popup, emulator.user);
    assert.deepEqual(await outcome(page), [emulator.user.displayName, "INIT,AUTHENTICATED"]);
    await closed;
  });

  test("messages of other windows and origins do not end that login", async () => {
    const other = await serveSite({ "/evil": `<script>(opener || parent).postMessage({ name: "gc_auth_popup", type: "message", hash: "#access_token=evil-token&state=x" }, "*");</script>` });
    const page = await open("/popup", popupPage);
    const popup = await clickForPopup(page);
    await popup.waitForSelector('input[name="username"]');
    await page.evaluate(`postMessage({ name: "gc_auth_popup", type: "message", hash: "#access_token=evil-token&state=x" }, "*")`);
    await page.evaluate((address) => { document.body.append(Object.assign(document.createElement("iframe"), { src: address })); }, `${other.origin}/evil`);
    await page.waitForTimeout(300);
    // Even the popup itself, while it is elsewhere.
    await popup.goto(`${other.origin}/evil`);
    await popup.waitForTimeout(200);
    assert.equal(await page.evaluate("window.outcome"), undefined);
    other.stop();
    await popup.close();
    assert.deepEqual(await outcome(page), ["Authentication Popup Closed", "INIT,ABORTED"]);
  });

  test("a login in a popup that takes too long ends", async () => {
    const page = await open("/slow", `<script>window.patience = 300</script>${popupPage}`);
    await clickForPopup(page);
    assert.deepEqual(await outcome(page), ["Authentication Popup Timeout", "INIT,TIMEOUT"]);
  });

  test("a token does not go where a page of the program leads it", async () => {
    const elsewhere = await startRecorder();
    const page = await open("/foreign", `<script src="/sdk.js"></script>${tail}
      client.setAccessToken("a-token-of-a-page");
      client.callApi("@127.0.0.1:${elsewhere.port}/api/v2/users/me", "GET", {}, {}, {}, {}, null, ["PureCloud OAuth"], [], [])
        .then(() => { window.outcome = "sent"; }, (error) => { window.outcome = error.message; });</script>`);
    assert.doesNotMatch(await outcome(page), /^sent$/);
    elsewhere.stop();
    assert.deepEqual(elsewhere.seen, []);
  });
});
