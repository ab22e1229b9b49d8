// How the package behaves, beyond what each method sends.
"use strict";
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const folder = path.resolve("node_modules/purecloud");
const source = (name) => fs.readFileSync(path.join(folder, name), "utf8");
const globals = () => {
  const { URL, URLSearchParams, AbortController, setTimeout, clearTimeout, queueMicrotask, fetch, btoa } = globalThis;
  return vm.createContext({ URL, URLSearchParams, AbortController, setTimeout, clearTimeout, queueMicrotask, fetch, btoa });
};
const session = { send: (prepared) => prepared };

function check(name, act) {
  try {
    act();
  } catch (error) {
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}

check("requiring the package loads nothing but itself", () => {
  const before = Object.keys(require.cache).length;
  const purecloud = require("purecloud");
  assert.equal(Object.keys(require.cache).length, before + 1);
  purecloud.UsersApi;
  assert.equal(Object.keys(require.cache).length, before + 3);
});

check("an export can be replaced, and put back", () => {
  const purecloud = require("purecloud");
  const { UsersApi } = purecloud;
  const Fake = function () {};
  purecloud.UsersApi = Fake;
  assert.equal(require("purecloud").UsersApi, Fake);
  purecloud.UsersApi = UsersApi;
  purecloud.GroupsApi = Fake;
  assert.equal(require("purecloud").GroupsApi, Fake);
});

check("the one session of a package is the same wherever it comes from", () => {
  const { PureCloudSession, PureCloudError, UsersApi } = require("purecloud");
  assert.equal(require("purecloud/session").PureCloudSession, PureCloudSession);
  assert.ok(new PureCloudSession() instanceof PureCloudSession);
  assert.ok(PureCloudSession() instanceof PureCloudSession);
  assert.throws(() => new UsersApi(), (error) => error instanceof PureCloudError && error.message === "PureCloudSession is not valid.");
});

check("everything that package.json names is there", () => {
  const targets = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(targets));
  const manifest = JSON.parse(source("package.json"));
  const { exports, main, module, types, unpkg, jsdelivr } = manifest;
  const files = [...targets(exports), main, module, types, unpkg, jsdelivr];
  for (const file of files) {
    if (!file.includes("*")) assert.ok(fs.existsSync(path.join(folder, file)), file);
  }
  for (const branch of Object.values(exports)) {
    const walk = (conditions) => {
      if (typeof conditions === "string") return;
      const names = Object.keys(conditions);
      if (names.includes("types")) assert.equal(names[0], "types");
      if (names.includes("default")) assert.equal(names.at(-1), "default");
      Object.values(conditions).forEach(walk);
    };
    walk(branch);
  }
});

check("the bundle makes globals that a page can replace", () => {
  const context = globals();
  vm.runInContext(source("purecloud-api-min.js"), context);
  const run = (code) => vm.runInContext(code, context);
  assert.ok(run("new PureCloudSession('mypurecloud.ie').environment() === 'mypurecloud.ie'"));
  assert.ok(run("purecloud.UsersApi === UsersApi && purecloud.platform === purecloud && purecloud.PureCloudError === PureCloudError"));
  assert.ok(run("var GroupsApi = 1; GroupsApi === 1"));
  assert.ok(run("const RoutingApi = 2; RoutingApi === 2"));
  const before = Object.keys(context).length;
  run("UsersApi(PureCloudSession())");
  assert.equal(Object.keys(context).length, before);
});

check("the partials make one variable each, in any order after the session", () => {
  const context = globals();
  const before = Object.keys(context);
  for (const name of ["purecloudsession", "usersapi", "authorizationapi"]) vm.runInContext(source(`partials/${name}.js`), context);
  const made = Object.keys(context).filter((name) => !before.includes(name));
  assert.deepEqual(made.sort(), ["AuthorizationApi", "PureCloudError", "PureCloudSession", "UsersApi"]);
  assert.ok(vm.runInContext("new AuthorizationApi(new PureCloudSession()) instanceof AuthorizationApi", context));
});

check("a partial says what it misses", () => {
  const message = "load purecloudsession.js first";
  for (const before of ["", "var PureCloudSession = function () {};"]) {
    assert.throws(() => vm.runInContext(before + source("partials/usersapi.js"), globals()), { message });
  }
});

check("AMD gets a module beside the globals, with a name where the script is the page's own", () => {
  const load = (document, requirejs) => {
    const context = globals();
    const calls = [];
    context.define = Object.assign((...args) => void calls.push(args), { amd: {} });
    Object.assign(context, { document, requirejs });
    vm.runInContext(source("purecloud-api-min.js"), context);
    assert.equal(calls.length, 1);
    assert.equal(calls[0].at(-1)(), context.purecloud);
    assert.equal(context.purecloud.UsersApi, context.UsersApi);
    return calls[0].length === 3 ? calls[0][0] : undefined;
  };
  const script = (async, ...attributes) => ({ currentScript: { async, hasAttribute: (name) => attributes.includes(name) } });
  const requirejs = () => {};
  assert.equal(load(script(false), requirejs), "purecloud-api");
  assert.equal(load(script(true), requirejs), "purecloud-api");
  assert.equal(load(script(false), undefined), "purecloud-api");
  assert.equal(load(script(true, "data-requiremodule"), requirejs), undefined);
  // Another loader, a worker, and a loader that evaluates texts.
  assert.equal(load(script(true), undefined), undefined);
  assert.equal(load(undefined, requirejs), undefined);
  assert.equal(load({ currentScript: null }, requirejs), undefined);
});

check("a page keeps the globals that the first generation did not have, and gets the others back", () => {
  const context = globals();
  const run = (code) => vm.runInContext(code, context);
  run("var purecloud = { mine: 1 }; function ChatApi() {} function UsersApi() {} function PureCloudError() {}");
  run("var mine = [purecloud, ChatApi, UsersApi, PureCloudError];");
  run(source("purecloud-api-min.js"));
  assert.ok(run("purecloud === mine[0] && ChatApi === mine[1] && PureCloudError === mine[3]"));
  assert.ok(run("UsersApi !== mine[2] && new UsersApi(new PureCloudSession()) instanceof UsersApi"));

  const other = globals();
  const before = Object.keys(other);
  const there = (code) => vm.runInContext(code, other);
  there("function UsersApi() {} var theirs = UsersApi, RoutingApi = 1");
  there(source("purecloud-api.js"));
  there("RoutingApi = 2; purecloud.noConflict();");
  assert.ok(there("UsersApi === theirs && RoutingApi === 2"));
  assert.deepEqual(Object.keys(other).filter((name) => !before.includes(name)).sort(), ["RoutingApi", "UsersApi", "theirs"]);
});

check("a second copy takes the place of the first, and gives it back", () => {
  const context = globals();
  const run = (code) => vm.runInContext(code, context);
  run(source("purecloud-api.js"));
  run("var first = purecloud, FirstChatApi = ChatApi");
  run(source("purecloud-api.js"));
  assert.ok(run("purecloud !== first && ChatApi === purecloud.ChatApi && ChatApi !== FirstChatApi"));
  assert.ok(run("var second = purecloud.noConflict(); second !== first && purecloud === first && ChatApi === FirstChatApi"));
  assert.ok(run("first.noConflict() === first && typeof purecloud === 'undefined' && typeof ChatApi === 'undefined'"));
});

check("a global module of the page's is not CommonJS's", () => {
  const context = globals();
  vm.runInContext("var module = { exports: {} }, exports = module.exports;", context);
  vm.runInContext(source("purecloud-api-min.js"), context);
  assert.ok(vm.runInContext("typeof UsersApi === 'function' && Object.keys(module.exports).length === 0", context));
  const bundled = vm.runInContext("(function (module) { " + source("purecloud-api-min.js") + "\n; return module.exports; })({ exports: {} })", globals());
  assert.equal(bundled.UsersApi.name, "UsersApi");
});

check("a page's own class of errors stays beside the partials", () => {
  const context = globals();
  vm.runInContext("function PureCloudError() {} var mine = PureCloudError;", context);
  vm.runInContext(source("partials/purecloudsession.js"), context);
  assert.ok(vm.runInContext("PureCloudError === mine", context));
});

check("the source map of the minified bundle leads to the readable one", () => {
  const program = "try { new (require('./node_modules/purecloud/purecloud-api-min.js').UsersApi)() } catch (error) { console.log(error.stack) }";
  const stack = execFileSync(process.execPath, ["--enable-source-maps", "-e", program], { encoding: "utf8" });
  const [, line] = /purecloud-api\.js:(\d+)/.exec(stack) ?? assert.fail(stack);
  assert.match(source("purecloud-api.js").split("\n")[line - 1], /PureCloudSession is not valid/);
});

check("a method can be replaced on the prototype", () => {
  const { RoutingApi } = require("purecloud");
  const { prototype } = RoutingApi;
  const original = prototype.getRoutingQueues;
  prototype.getRoutingQueues = () => "replaced";
  assert.equal(new RoutingApi(session).getRoutingQueues(), "replaced");
  prototype.getRoutingQueues = original;
  assert.equal(new RoutingApi(session).getRoutingQueues().url, "/api/v2/routing/queues");
});
