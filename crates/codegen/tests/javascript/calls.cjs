// Calls every method of every class, in every form of the package, and compares what it would send with what
// `expected.json` says. Anything that the definition manages to execute ends the program.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

globalThis.EVIL = {
  run() {
    console.error("text of the definition was executed");
    process.exit(1);
  },
};

const expected = JSON.parse(fs.readFileSync("expected.json", "utf8"));
const folder = path.resolve("node_modules/purecloud");
const source = (name) => fs.readFileSync(path.join(folder, name), "utf8");

/** A page with nothing but what a browser has and the runtime looks at. */
function page() {
  const { EVIL, URL, URLSearchParams, AbortController, setTimeout, clearTimeout, queueMicrotask, fetch, btoa } = globalThis;
  return vm.createContext({ EVIL, URL, URLSearchParams, AbortController, setTimeout, clearTimeout, queueMicrotask, fetch, btoa });
}

function script(...names) {
  const context = page();
  for (const name of names) vm.runInContext(source(name), context, { filename: name });
  return context;
}

async function forms() {
  const amd = page();
  amd.define = Object.assign((_, factory) => (amd.module = factory()), { amd: {} });
  vm.runInContext(source("purecloud-api.js"), amd);
  const partials = expected.map(({ stem }) => `partials/${stem}.js`);
  return {
    "require of everything": require("purecloud"),
    "import of everything": await import("purecloud"),
    "require of one": Object.assign({}, ...expected.map(({ subpath }) => require(`purecloud/${subpath}`))),
    "import of one": Object.assign({}, ...(await Promise.all(expected.map(({ subpath }) => import(`purecloud/${subpath}`))))),
    "require of the bundle": require(path.join(folder, "purecloud-api-min.js")),
    "the bundle in a page": script("purecloud-api.js"),
    "the minified bundle in a page": script("purecloud-api-min.js"),
    "the bundle for AMD": amd.module,
    "the partials": script("partials/purecloudsession.js", ...partials.reverse()),
  };
}

const values = (argument, index, fields) => {
  switch (argument.place) {
    case "body":
      if (fields) return Object.fromEntries(fields.map((field) => [field, `${index} &`]));
      return { "what no argument is called": index };
    case "header":
    case "dropped":
      return `h${index}`;
    case "path":
      return `a/${index}?`;
    default:
      return ["x y", `${index}&`];
  }
};

const SEPARATORS = { queryComma: ",", querySpace: "%20", queryPipe: "%7C" };

function expectation({ method, path, arguments: list, accept = "application/json", contentType, fields }, given) {
  const query = [];
  const headers = { accept: accept ?? "application/json" };
  let data;
  list.forEach(({ wireName, place }, index) => {
    const value = given[index];
    const separator = SEPARATORS[place];
    if (value === undefined || place === "dropped") return;
    if (place === "path") path = path.split(`{${wireName}}`).join(encodeURIComponent(value));
    else if (place === "header") headers[wireName.toLowerCase()] = value;
    else if (place === "body") {
      data = fields ? `${new URLSearchParams(value)}` : JSON.stringify(value);
      headers["content-type"] = contentType ?? "application/json";
    } else if (separator) query.push(`${encodeURIComponent(wireName)}=${value.map(encodeURIComponent).join(separator)}`);
    else query.push(...value.map((item) => `${encodeURIComponent(wireName)}=${encodeURIComponent(item)}`));
  });
  return { method, url: path + (query.length ? `?${query.join("&")}` : ""), headers, data };
}

function sent({ id, method, url, headers, data }, expect) {
  const type = { "content-type": headers["content-type"] };
  if (expect.data === undefined && type["content-type"]) headers = { ...headers, "content-type": undefined };
  return { id, method, url, headers: JSON.parse(JSON.stringify(headers)), data };
}

function check(Class, { name, methods }) {
  const api = new Class({ send: (prepared) => prepared });
  const names = [];
  for (const method in api) names.push(method);
  assert.deepEqual(names.sort(), methods.map((method) => method.name).sort());
  /** Of a session that was made as in 2016. */
  const first = new Class({ send: (prepared) => prepared, isFirst: true });
  for (const method of methods) {
    checkMethod(api, name, method);
    if (method.first) checkMethod(first, name, { ...method, arguments: method.first });
  }
}

function checkMethod(api, className, method) {
  const { arguments: list } = method;
  const where = `${className}.${method.name}`;
  const all = list.map((argument, index) => values(argument, index, method.fields));
  const required = all.map((value, index) => (list[index].required || list[index].place === "path" ? value : undefined));
  assert.equal(api[method.name].name, method.name);
  for (const given of [all, required]) {
    const expect = expectation(method, given);
    assert.deepEqual(sent(api[method.name](...given), expect), { id: method.id, ...expect }, where);
    const named = Object.fromEntries(list.map((argument, index) => [argument.name, given[index]]).filter(([, value]) => value));
    if (Object.keys(named).length) assert.deepEqual(sent(api[method.name](named), expect), { id: method.id, ...expect }, `${where} by name`);
  }
  list.forEach((argument, index) => {
    if (!argument.required) return;
    const without = all.map((value, other) => (other === index ? undefined : value));
    // A body is the last argument here and would be taken for named ones.
    if (index === list.length - 1) without.push({ headers: {} });
    assert.throws(
      () => api[method.name](...without),
      (error) => error.operation === method.id && error.parameter === argument.name,
      `${where} without ${argument.name}`,
    );
  });
}

(async () => {
  for (const [form, exported] of Object.entries(await forms())) {
    try {
      for (const expect of expected) check(exported[expect.name], expect);
    } catch (error) {
      error.message = `${form}: ${error.message}`;
      throw error;
    }
  }
  console.log(`${expected.length} classes`);
})();
