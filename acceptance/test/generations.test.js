// Every method of 2016, of 2017 and of the releases between, with every argument in the order of its year: what arrives is
// what the definition of that year asks for. A session that was made as in 2016 has the arguments of 2016, one that was made
// with an object those of 2017.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { byText, className, expectedAddress, first, namesBetween, second } from "../support/definition.js";
import { unpackedPackage } from "../support/project.js";
import { startRecorder } from "../support/recorder.js";

const pureCloud = createRequire(import.meta.url)(unpackedPackage().folder);
const server = await startRecorder();
after(() => server.stop());

/** Names that several operations of a class had: the last of them won, and it is that of 2016 which stays. */
const meant = { "SearchApi.getSearch": "/api/v2/users/search", "SearchApi.postSearch": "/api/v2/users/search" };

/** A session of a generation. */
const sessions = {
  2016: () => {
    const session = new pureCloud.PureCloudSession(server.origin);
    session.authToken("token");
    return session;
  },
  2017: () => pureCloud.PureCloudSession({ environment: server.origin, token: "token", strategy: "token", rateLimit: false }),
};

/** A value for a parameter, which differs from that of its neighbours. */
function valueFor({ in: place, name, type }, index) {
  if (place === "body") return { name: `body ${index}`, timeout: 5, headers: { of: "the body" } };
  if (place === "path") return `${name}/${index}?`;
  if (type === "array") return [`${name} ${index}`, "b,c&d"];
  if (type === "boolean") return false;
  return type === "integer" ? index : `${name} ${index}`;
}

/** The methods that a definition gives to its classes: `{ label, className, method, operation }`. */
function methodsOf(operations) {
  const methods = [];
  for (const operation of operations.values()) {
    for (const tag of operation.tags) {
      const [name, method] = [className(tag), operation.operationId];
      const label = `${name}.${method}`;
      if (label in meant && meant[label] !== operation.path) continue;
      methods.push({ label, className: name, method, operation });
    }
  }
  return methods;
}

/** Calls each method with all arguments, and with those alone that its year insisted on; tells what differs. */
async function callAll(session, methods) {
  const problems = [];
  for (const { label, className: name, method, operation } of methods) {
    const parameters = operation.parameters ?? [];
    const all = parameters.map(valueFor);
    const required = all.map((value, index) => (parameters[index].required ? value : undefined));
    for (const args of [all, required]) {
      server.requests.length = 0;
      try {
        await new pureCloud[name](session)[method](...args);
      } catch (error) {
        problems.push(`${label}: ${error.message}`);
        continue;
      }
      const values = new Map(parameters.map((parameter, index) => [parameter.name, args[index]]).filter(([, value]) => value !== undefined));
      const body = parameters.findIndex((parameter) => parameter.in === "body");
      const [{ method: sentMethod, path, query, body: sentBody }] = server.requests;
      const sent = { method: sentMethod, path, query: query.sort(byText), body: sentBody };
      const wanted = {
        method: operation.method,
        ...expectedAddress({ ...operation, parameters }, values),
        body: body < 0 || args[body] === undefined ? "" : JSON.stringify(args[body]),
      };
      if (JSON.stringify(sent, Object.keys(sent).sort()) !== JSON.stringify(wanted, Object.keys(sent).sort())) {
        problems.push(`${label}: sent ${JSON.stringify(sent)}\n  for ${JSON.stringify(wanted)}`);
      }
    }
  }
  return problems;
}

const report = (problems, total) =>
  assert.equal(problems.length, 0, `${problems.length} faults in ${total} methods:\n${problems.slice(0, 25).join("\n")}`);

test("every method of 2016, in a session that was made with an origin", async () => {
  // That SDK sent three operations to the path with `{providerId}` in it, so none of their calls could succeed. Here they
  // take the id.
  const broken = /ProviderId$/;
  const all = methodsOf(first);
  const methods = all.filter(({ method }) => !broken.test(method));
  assert.equal(all.length - methods.length, 3);
  assert.ok(methods.length > 550, `${methods.length}`);
  report(await callAll(sessions[2016](), methods), methods.length);
});

test("every method of 2017, in a session that was made with an object", async () => {
  const methods = methodsOf(second);
  assert.ok(methods.length > 750, `${methods.length}`);
  report(await callAll(sessions[2017](), methods), methods.length);
});

for (const [year, session] of Object.entries(sessions)) {
  test(`every name of the releases between, in a session of ${year}`, async () => {
    const methods = namesBetween.map(({ api, name, operation }) => ({
      ...{ label: `${api}.${name}`, className: api, method: name, operation },
    }));
    assert.equal(methods.length, 20);
    report(await callAll(session(), methods), methods.length);
  });
}

test("one name, two lists of arguments: the session says which", async () => {
  const send = async (session, ...args) => {
    server.requests.length = 0;
    await new pureCloud.AlertingApi(session).putInteractionstatsAlertsAlertId(...args);
    const [{ query, body }] = server.requests;
    return { query, body: JSON.parse(body) };
  };
  const body = { unread: true };
  assert.deepEqual(await send(sessions[2016](), "a", body), { query: [], body });
  assert.deepEqual(await send(sessions[2017](), "a", ["rule"], body), { query: [["expand", "rule"]], body });
  // What came later is at the end, or named.
  assert.deepEqual(await send(sessions[2016](), "a", body, ["rule"]), { query: [["expand", "rule"]], body });
  assert.deepEqual(await send(sessions[2016](), "a", body, { expand: ["rule"] }), { query: [["expand", "rule"]], body });
});

test("what 2016 insisted on is insisted on, with its words", () => {
  const users = new pureCloud.UsersApi(sessions[2016]());
  assert.throws(() => users.getUserId(), { message: "Missing required  parameter: userId" });
  const routing = new pureCloud.RoutingApi(sessions[2016]());
  assert.throws(() => routing.getQueuesQueueIdWrapupcodes("q"), { message: "Missing required  parameter: codeId" });
});

test("a body that looks like named arguments is the body in a session of 2016", async () => {
  server.requests.length = 0;
  await new pureCloud.RoutingApi(sessions[2016]()).putUtilization({ timeout: 5 });
  assert.equal(server.requests[0].body, '{"timeout":5}');
});
