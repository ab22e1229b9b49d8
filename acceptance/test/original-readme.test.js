// The words of the mission: the examples of the README of version 0.46.0, statement by statement.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { openPage, signIn, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { execute, project, unpackedPackage } from "../support/project.js";

const site = "http://localhost:8085/examples/";
const script = (name) => readFileSync(path.join(unpackedPackage().folder, name), "utf8");
const files = (html) => ({
  [site]: `<!doctype html><body>${html}`,
  [`${site}purecloud-api.js`]: script("purecloud-api.js"),
  [`${site}purecloudsession.js`]: script("partials/purecloudsession.js"),
  [`${site}usersapi.js`]: script("partials/usersapi.js"),
});

const emulator = await startEmulator();
after(() => emulator.stop());
const browser = await startBrowser();
after(() => browser.close());

test("Node: client credentials, then the roles", async () => {
  const folder = project({
    "main.js": `
      var pureCloud = require("purecloud");

      var secret = process.env.PURECLOUD_SECRET;
      var id = process.env.PURECLOUD_CLIENT_ID;

      var pureCloudSession = new pureCloud.PureCloudSession();
      pureCloudSession.authorizeWithClientCredentialsGrant(id, secret).done(function(){
          var authApi = new pureCloud.AuthorizationApi(pureCloudSession);
          authApi.getRoles().done(function(roles){
              process.stdout.write(JSON.stringify(roles));
          });
      });`,
  });
  const { stdout, stderr, code } = await execute(process.execPath, ["main.js"], {
    cwd: folder,
    env: {
      PURECLOUD_ENVIRONMENT: emulator.origin,
      PURECLOUD_CLIENT_ID: emulator.clients.credentials.id,
      PURECLOUD_SECRET: emulator.clients.credentials.secret,
    },
  });
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), await emulator.raw("/api/v2/authorization/roles"));
});

for (const [how, tags] of [
  ["the full library", '<script type="text/javascript" src="purecloud-api.js"></script>'],
  [
    "a subset of the modules",
    '<script type="text/javascript" src="purecloudsession.js"></script><script type="text/javascript" src="usersapi.js"></script>',
  ],
]) {
  test(`browser with ${how}: authorize, another environment, getMe`, async () => {
    const page = await openPage(browser, {
      emulator,
      files: files(`${tags}<script>
        var pureCloudSession = new PureCloudSession('mypurecloud.ie');
        pureCloudSession.authorize('${emulator.clients.browser.id}','${site}')
                        .done(function(){
            var usersapi = new UsersApi(pureCloudSession);
            usersapi.getMe()
                .done(function(userObject){
                    window.me = userObject;
                }).error(function(){
                    window.failed = true;
                }).always(function(){
                    window.finished = true;
                });
        });
      </script>`),
    });
    await page.goto(site);
    await page.waitForURL("https://login.mypurecloud.ie/**");
    await signIn(page, emulator.user);
    await page.waitForURL(`${site}**`);
    await page.waitForFunction("window.finished");
    assert.equal(await page.evaluate("me.name"), emulator.user.displayName);
    assert.equal(await page.evaluate("window.failed"), undefined);
    assert.deepEqual(page.problems, []);
  });

  test(`browser with ${how}: a token one has`, async () => {
    const page = await openPage(browser, {
      emulator,
      files: files(`${tags}<script>
        var pureCloudSession = new PureCloudSession();
        pureCloudSession.authToken("${await emulator.userToken()}");
        new UsersApi(pureCloudSession).getMe().done(function(me){ window.me = me; });
      </script>`),
    });
    await page.goto(site);
    await page.waitForFunction("window.me");
    assert.equal(await page.evaluate("me.name"), emulator.user.displayName);
    assert.deepEqual(page.problems, []);
  });

  test(`browser with ${how}: a refused token goes to .error, then .always`, async () => {
    const page = await openPage(browser, {
      emulator,
      files: files(`${tags}<script>
        var pureCloudSession = new PureCloudSession();
        pureCloudSession.authToken("revoked");
        var order = [];
        new UsersApi(pureCloudSession).getMe()
          .done(function(){ order.push("done"); })
          .error(function(jqXHR, textStatus){ order.push("error " + jqXHR.status + " " + textStatus + " " + JSON.parse(jqXHR.responseText).status); })
          .always(function(){ order.push("always"); });
      </script>`),
    });
    await page.goto(site);
    await page.waitForFunction("order.length == 2");
    assert.deepEqual(await page.evaluate("order"), ["error 401 error 401", "always"]);
    assert.deepEqual(page.problems, []);
  });
}
