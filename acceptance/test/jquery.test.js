// Requests behave as jQuery's own do: the same page asks the same emulator once through `$.ajax` and once through the
// SDK, attaches the same handlers to both, and what the handlers saw must agree.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import path from "node:path";
import { openPage, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { tool, unpackedPackage } from "../support/project.js";

const site = "http://localhost:8085/";
const versions = ["jquery1.5", "jquery1.12", "jquery2", "jquery3", "jquery4"];
const sourceOf = (name) =>
  name === "jquery1.5"
    ? // The package of this version is made for Node and leaves a global `module` behind.
      `(function () { var module = {};\n${readFileSync(tool("jquery1.5/dist/node-jquery.js"), "utf8")}\n})();`
    : readFileSync(tool(`${name}/dist/jquery.js`), "utf8");

const emulator = await startEmulator();
after(() => emulator.stop());
const browser = await startBrowser();
after(() => browser.close());
const token = await emulator.userToken();

async function pageWith(jquery) {
  const page = await openPage(browser, {
    emulator,
    files: {
      [site]: `<!doctype html><body><script src="jquery.js"></script><script src="purecloud-api.js"></script><script>
        var session = new PureCloudSession();
        session.authToken(${JSON.stringify(token)});
        var users = new UsersApi(session);
        function ajax(path, type) {
          return $.ajax({ url: "https://api.mypurecloud.com" + path, type: type || "GET", dataType: "json",
                          headers: { Authorization: "bearer ${token}", "Content-Type": "application/json" } });
        }
        // What every version of jQuery has on a jqXHR, and what only some have.
        function watch(request, names) {
          var seen = [];
          function note(name) {
            return function () {
              var args = [];
              for (var i = 0; i < arguments.length; i++) {
                var value = arguments[i];
                if (value && typeof value === "object" && typeof value.getResponseHeader === "function") {
                  args.push("jqXHR " + value.status + " " + value.statusText + " " + value.readyState
                    + " " + (value.getResponseHeader("inin-correlation-id") ? "correlated" : "uncorrelated")
                    + " " + (value.responseText ? value.responseText.length > 0 : value.responseText));
                } else if (value && typeof value === "object") {
                  args.push(Object.keys(value).sort().join(","));
                } else args.push(String(value));
              }
              seen.push(name + "(" + args.join("; ") + ")");
            };
          }
          names.forEach(function (name) { request[name](note("early " + name)); });
          return new Promise(function (resolve) {
            var finish = function () {
              setTimeout(function () {
                names.forEach(function (name) { request[name](note("late " + name)); });
                setTimeout(function () { resolve(seen); }, 50);
              }, 50);
            };
            request.then(finish, finish);
          });
        }
      </script>`,
      [`${site}jquery.js`]: sourceOf(jquery),
      [`${site}purecloud-api.js`]: readFileSync(path.join(unpackedPackage().folder, "purecloud-api.js"), "utf8"),
    },
  });
  await page.goto(site);
  return page;
}

/** The handlers that a version's jqXHR has; ours has all of them in every version. */
const handlersOf = (page) =>
  page.evaluate(`(function () {
    var probe = ajax("/api/v2/users/me");
    return ["done", "fail", "always", "success", "error", "complete"].filter(function (name) { return probe[name]; });
  })()`);

for (const jquery of versions) {
  describe(jquery, () => {
    let page;
    before(async () => {
      page = await pageWith(jquery);
    });

    for (const [what, theirs, ours] of [
      ["a success", `ajax("/api/v2/users/me")`, "users.getMe()"],
      ["a refusal", `ajax("/api/v2/users/not-an-id-of-anyone")`, `users.getUserId("not-an-id-of-anyone")`],
    ]) {
      test(`handlers of ${what} see the same things in the same order`, async () => {
        const names = await handlersOf(page);
        const [jqXHR, request] = await page.evaluate(`(async function () {
          var names = ${JSON.stringify(names)};
          return [await watch(${theirs}, names), await watch(${ours}, names)];
        })()`);
        assert.ok(jqXHR.length >= names.length, "the comparison saw jQuery's handlers run");
        // The first version with a jqXHR put its own words in place of the reason phrase.
        const comparable = (seen) => (jquery === "jquery1.5" ? seen.map((line) => line.replace(/jqXHR (\d+) .*? 4/, "jqXHR $1 4")) : seen);
        assert.deepEqual(comparable(request), comparable(jqXHR));
      });
    }

    test("$.when takes requests of both kinds, and waits for all", async () => {
      const [first, second] = await page.evaluate(`new Promise(function (resolve, reject) {
        $.when(users.getMe(), users.getUsers(2, 1)).then(function (me, listing) {
          resolve([me[0].id, listing[0].entities.length]);
        }, reject);
      })`);
      assert.match(first, /^[0-9a-f-]{36}$/);
      assert.equal(second, 2);
    });

    test("$.when fails as soon as one request does, with what .fail receives", async () => {
      const seen = await page.evaluate(`new Promise(function (resolve, reject) {
        $.when(users.getMe(), users.getUserId("not-an-id-of-anyone")).then(reject, function (jqXHR, textStatus) {
          resolve([jqXHR.status, textStatus]);
        });
      })`);
      assert.deepEqual(seen, [404, "error"]);
    });

    test("nothing of it raised an error in the page", () => assert.deepEqual(page.problems, []));
  });
}
