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

    test("pipe and statusCode do what jQuery's own do", async () => {
      const [own, theirs] = await page.evaluate(`(async function () {
        function watch(request) {
          return new Promise(function (resolve) {
            var seen = [];
            function note(name) {
              return function (first) { seen.push(name + " " + (first && first.status || first)); };
            }
            request.statusCode({ 404: [note("404"), note("404 too")], 200: note("200") });
            // The first versions do not have it.
            if ($.Deferred().pipe) {
              request.pipe(null, function (jqXHR) { return "no " + jqXHR.status; }).fail(note("pipe"));
              request.pipe(null, function () { return $.Deferred().resolve("mended"); }).then(note("mended"));
            }
            request.fail(note("fail")).complete || (request.complete = request.always);
            request.complete(function () { setTimeout(function () {
              request.statusCode({ 404: note("late 404") });
              setTimeout(function () { resolve(seen.sort()); }, 50);
            }, 50); });
          });
        }
        return [await watch(users.getUserId("not-an-id-of-anyone")), await watch(ajax("/api/v2/users/not-an-id-of-anyone"))];
      })()`);
      assert.ok(theirs.includes("404 404") && theirs.includes("late 404 404"), "the comparison saw jQuery's handlers run");
      assert.deepEqual(own, theirs);
    });

    test("the global events come as for jQuery's own requests, and a handler of ajaxSend sets headers", async () => {
      await emulator.forget();
      const [own, theirs] = await page.evaluate(`(async function () {
        var seen = [], requests = [];
        function note(name) {
          return function (event, jqXHR, settings, detail) {
            if (!jqXHR) return seen.push(name);
            if (requests.indexOf(jqXHR) < 0) requests.push(jqXHR);
            seen.push([name, requests.indexOf(jqXHR), jqXHR.status || 0, settings.type, settings.url,
                       detail && typeof detail === "object" ? "data" : String(detail)].join(" "));
          };
        }
        // Before 1.9 any element heard them, since then the document alone does.
        ["ajaxStart", "ajaxSend", "ajaxSuccess", "ajaxError", "ajaxComplete", "ajaxStop"].forEach(function (name) {
          $(document).bind ? $(document).bind(name, note(name)) : $(document).on(name, note(name));
        });
        $(document)[$(document).bind ? "bind" : "on"]("ajaxSend", function (event, jqXHR) { jqXHR.setRequestHeader("X-Page", "a page"); });
        async function pair(begin) {
          seen = []; requests = [];
          await Promise.all([begin("me"), begin("not-an-id-of-anyone")].map(function (request, index) {
            return new Promise(function (resolve) {
              request.then(function () { seen.push("done " + index); resolve(); }, function () { seen.push("fail " + index); resolve(); });
            });
          }));
          await new Promise(function (resolve) { setTimeout(resolve, 50); });
          return seen;
        }
        var own = await pair(function (id) { return id == "me" ? users.getMe() : users.getUserId(id); });
        var theirs = await pair(function (id) { return ajax("/api/v2/users/" + id); });
        $(document)[$(document).unbind ? "unbind" : "off"]();
        return [own, theirs];
      })()`);
      // The order of the two answers is the network's business; the first version said "error" for every reason.
      const comparable = (seen) => seen.filter((line) => !/^(done|fail)/.test(line)).map((line) => line.replace(/ (Not Found|error)?$/, "")).sort();
      assert.equal(theirs.filter((line) => line.startsWith("ajaxComplete")).length, 2, "the comparison saw jQuery's events");
      assert.deepEqual(comparable(own), comparable(theirs));
      for (const seen of [own, theirs]) {
        assert.deepEqual([seen[0], seen.at(-1).replace(/^(done|fail).*/, "ajaxStop")], ["ajaxStart", "ajaxStop"]);
      }
      const sent = (await emulator.requests()).filter(({ headers }) => JSON.stringify(headers ?? "").includes("a page"));
      assert.equal(sent.length, 4);
    });

    test("methods work as handlers of jQuery's deferreds and of our own requests", async () => {
      const seen = await page.evaluate(`(async function () {
        var f = users.getMe;
        var resolved = function () { var deferred = $.Deferred(); deferred.resolve(); return deferred; };
        var pipe = function (deferred, f) { return deferred.pipe ? deferred.pipe(f) : new Promise(function (done) { deferred.then(done); }).then(f); };
        var first = await f();
        var second = await new Promise(function (resolve) { pipe(resolved(), users.getUsers).then(resolve); });
        var third = await session.get("/api/v2/users/me").then(users.getMe);
        return [first.id, second.entities.length > 0, third.id, Object.keys(users).length > 50];
      })()`);
      assert.deepEqual(seen, [seen[0], true, seen[0], true]);
    });

    test("nothing of it raised an error in the page", () => assert.deepEqual(page.problems, []));
  });
}
