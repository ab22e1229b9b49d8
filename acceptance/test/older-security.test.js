// What older generations of the SDK gave away, and this one keeps, under the names of each: in a page and in Node.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { inspect } from "node:util";
import { after, describe, mock, test } from "node:test";
import { openPage, startBrowser } from "../support/browser.js";
import { execute, project, unpackedPackage } from "../support/project.js";
import { startRecorder } from "../support/recorder.js";

const { folder } = unpackedPackage();
const pureCloud = createRequire(import.meta.url)(folder);
const script = (name) => readFileSync(path.join(folder, name), "utf8");
const TOKEN = "t0ken-of-a-program";
const SECRET = "s3cret-of-a-client";

const platform = await startRecorder((seen, response) => {
  if (seen.path === "/refuses") response.writeHead(401).end(JSON.stringify({ message: `${seen.headers.authorization} is refused` }));
  else if (seen.path.endsWith("/token")) response.writeHead(400).end(JSON.stringify({ error: "invalid_client", description: seen.headers.authorization }));
  else response.setHeader("content-type", "application/json").end("{}");
});
const foreign = await startRecorder();
const browser = await startBrowser();
after(async () => {
  platform.stop();
  foreign.stop();
  await browser.close();
});

/** A session as each generation made it. */
const sessions = {
  2016() {
    const session = new pureCloud.PureCloudSession(platform.origin);
    session.authToken(TOKEN);
    return session;
  },
  2017: () => pureCloud.PureCloudSession({ environment: platform.origin, strategy: "token", token: TOKEN, clientId: "id", clientSecret: SECRET }),
};

/** Whether a text holds the token or the secret, as it is or in a header of credentials. */
const reveals = (text) => [TOKEN, SECRET, btoa(`id:${SECRET}`)].some((secret) => text.includes(secret));

for (const [year, open] of Object.entries(sessions)) {
  describe(`a session of ${year}`, () => {
    test("sends the token to no other host", async () => {
      foreign.requests.length = 0;
      for (const address of [`${foreign.origin}/x`, `${foreign.origin}@127.0.0.1/x`, `//${new URL(foreign.origin).host}/x`]) {
        await assert.rejects(open().get(address).then(), { name: "PureCloudError" });
      }
      assert.deepEqual(foreign.requests, []);
    });

    test("reaches no other operation by what a path is filled with", async () => {
      platform.requests.length = 0;
      await new pureCloud.UsersApi(open()).getUserId("a/../b?x=1#y$&");
      await new pureCloud.UsersApi(open()).getUserId("..");
      assert.deepEqual(
        platform.requests.map(({ url }) => url),
        ["/api/v2/users/a%2F..%2Fb%3Fx%3D1%23y%24%26", "/api/v2/users/%252E%252E"],
      );
    });

    test("has neither token nor secret in what is printed, serialized or logged", async () => {
      const session = open();
      const logged = [];
      const log = mock.method(console, "log", (...values) => logged.push(inspect(values, { depth: 9, getters: true })));
      session.debug(true);
      session.debugLog = (entry) => logged.push(inspect(entry, { depth: 9 }));
      const error = await session.get("/refuses").catch((error) => error);
      log.mock.restore();
      assert.ok(logged.length > 0);
      assert.equal(error.status, 401);
      for (const text of [...logged, inspect(session, { depth: 9, getters: true }), JSON.stringify(session), inspect(error, { depth: 9, getters: true }), JSON.stringify(error), `${error.stack}`]) {
        assert.equal(reveals(text), false, text);
      }
    });

    test("does not repeat credentials in the error of a refused login", async () => {
      const error = await open().authorizeWithClientCredentialsGrant("id", SECRET).catch((error) => error);
      assert.equal(error.status, 400);
      assert.equal(reveals(inspect(error, { depth: 9, getters: true }) + JSON.stringify(error) + error.stack), false);
    });
  });
}

test("a failure that nothing handles ends no program, and shows no token", async () => {
  const cwd = project({
    "main.cjs": `
      const { PureCloudSession, UsersApi } = require("purecloud");
      const first = new PureCloudSession(process.env.ORIGIN);
      first.authToken(process.env.TOKEN);
      first.get("/refuses");
      PureCloudSession({ environment: process.env.ORIGIN, strategy: "token", token: process.env.TOKEN }).get("/refuses");
      setTimeout(() => console.log("alive"), 500);`,
  });
  const { code, stdout, stderr } = await execute(process.execPath, ["main.cjs"], { cwd, env: { ORIGIN: platform.origin, TOKEN } });
  assert.deepEqual([code, stdout], [0, "alive\n"]);
  assert.match(stderr, /401/);
  assert.equal(reveals(stderr), false, stderr);
});

const site = "https://page.example/";

/** A page with these scripts of the package after one of its own; resolves with the page. */
async function pageWith(before, files, hash = "") {
  const tags = files.map((name) => `<script src="${name}"></script>`).join("");
  const page = await openPage(browser, {
    files: { [site]: `<!doctype html><script>${before}</script>${tags}`, ...Object.fromEntries(files.map((name) => [site + name, script(name)])) },
  });
  await page.goto(site + hash);
  return page;
}

for (const make of ["new PureCloudSession()", "purecloud.platform.PureCloudSession({ strategy: 'implicit', clientId: 'id', redirectUrl: location.href, storageKey: 'kept' })"]) {
  test(`a token that somebody else put into the address is dropped: ${make}`, async () => {
    const page = await pageWith("", ["purecloud-api-min.js"], "#access_token=theirs&state=known&page=2");
    const seen = await page.evaluate(`(() => { const session = ${make}; return [session.authToken(), session.getState(), location.hash, { ...localStorage }]; })()`);
    assert.deepEqual(seen, [null, null, "#page=2", {}]);
  });
}

test("partials make the globals of 2016, and give the page its own back", async () => {
  const page = await pageWith("var UsersApi = 'the page’s'; names = Object.keys(window)", ["partials/purecloudsession.js", "partials/usersapi.js", "partials/groupsapi.js"]);
  assert.deepEqual(await page.evaluate("Object.keys(window).filter((name) => !names.includes(name) && name !== 'names')"), [
    "PureCloudSession",
    "PureCloudError",
    "GroupsApi",
  ]);
  assert.equal(await page.evaluate("typeof UsersApi"), "function");
  assert.deepEqual(
    await page.evaluate("(() => { const ours = PureCloudSession.noConflict(); return [Object.keys(ours), UsersApi, typeof PureCloudSession, typeof new ours.UsersApi(ours.PureCloudSession()).getMe]; })()"),
    [["PureCloudSession", "UsersApi", "GroupsApi"], "the page’s", "undefined", "function"],
  );
  assert.deepEqual(page.problems, []);
});
