// Every operation, in every name, through the generated package and the emulator: the request that arrives is the one
// the definition asks for, and the answer comes back.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, describe, test } from "node:test";
import { byText, className, exampleFor, expectedAddress, legacyNames, modern, old, shape } from "../support/definition.js";
import { startEmulator } from "../support/emulator.js";
import { root } from "../support/environment.js";
import { unpackedPackage } from "../support/project.js";

const pureCloud = createRequire(import.meta.url)(unpackedPackage().folder);
/**
 * `SearchApi.getSearch` and `postSearch` were the names of several operations; the last of them won, and it is the one
 * that stays. The operations of today with these names are reached through `SuggestApi`.
 */
const winners = { "SearchApi.getSearch": "GET /api/v2/users/search", "SearchApi.postSearch": "POST /api/v2/users/search" };
const modernByShape = new Map([...modern.values()].map((operation) => [shape(operation.key), operation]));

/** Requests in flight at once: enough to keep both sides busy. */
const lanes = 16;

// Every request of a test is kept, and what is asked for by a made-up id is made up.
const emulator = await startEmulator("--record", "4000", "--invent");
after(() => emulator.stop());

/** A session with a token of its own. It sends each call once and at once: what is looked at here is what a call sends. */
async function connect() {
  const session = new pureCloud.PureCloudSession({ environment: emulator.origin, rateLimit: false, retry: false });
  const { id, secret } = emulator.clients.credentials;
  await session.authorizeWithClientCredentialsGrant(id, secret);
  return session;
}
const shared = await connect();

/** Operations after which a token is worth nothing: each has a session to itself. */
const endsTokens = ({ method, path }) => method === "DELETE" && /^\/api\/v2\/(tokens|oauth)\b/.test(path);

/** Parameters that only the platform can make: it would refuse any others. */
const cursors = new Set(["after", "before", "cursor", "nextPage", "previousPage"]);

/** Answers about what the platform holds, not about the request: something is not there, or has changed since. */
const aboutState = new Set([404, 409]);

/** One call: `{ label, className, method, operation, values, args }`. */
async function callAll(calls) {
  await emulator.forget();
  const problems = [];
  const settled = new Map();
  const messages = new Map();
  let next = 0;
  const lane = async () => {
    while (next < calls.length) {
      const index = next++;
      const call = calls[index];
      try {
        const session = endsTokens(call.operation) ? await connect() : shared;
        const api = new pureCloud[call.className](session);
        assert.equal(typeof api[call.method], "function", "has no such method");
        const request = api[call.method](...call.args);
        await request.then(
          () => settled.set(index, request.status),
          (error) => {
            settled.set(index, error.status);
            messages.set(index, error.message);
          },
        );
      } catch (error) {
        problems.push(`${call.label}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  // Requests arrive in any order; each one is looked up by what it must look like.
  const arrived = new Map();
  for (const request of await emulator.requests()) {
    const query = [...new URLSearchParams(request.query ?? "")].sort(byText);
    const key = JSON.stringify([request.method, request.path, query]);
    arrived.set(key, [...(arrived.get(key) ?? []), request]);
  }
  calls.forEach((call, index) => {
    const { path, query } = expectedAddress(call.operation, call.values);
    const key = JSON.stringify([call.operation.method, path, query]);
    const request = arrived.get(key)?.pop();
    const seen = settled.get(index);
    // Of a redirect the call sees where it leads: a download is sent to the file.
    const redirected = request && request.status >= 300 && request.status < 400;
    if (!request) problems.push(`${call.label}: no request ${key} arrived`);
    else if (!redirected && request.status !== seen) {
      problems.push(`${call.label}: answered ${request.status}, but the call saw ${seen}`);
    } else if (!headersOf(call).every(([name, value]) => request.headers.some((header) => header[0] === name && header[1] === value))) {
      problems.push(`${call.label}: arrived without its headers`);
    } else if (!(seen >= 200 && seen < 300) && !aboutState.has(seen)) {
      problems.push(`${call.label}: answered ${seen} ${messages.get(index)}`);
    }
  });
  return problems;
}

const headersOf = ({ operation, values }) =>
  operation.parameters
    .filter(({ in: place, name }) => place === "header" && values.has(name))
    .map(({ name }) => [name.toLowerCase(), values.get(name)]);

const report = (problems, total) =>
  assert.equal(problems.length, 0, `${problems.length} of ${total} calls:\n${problems.slice(0, 25).join("\n")}`);

describe("every operation of the definition", () => {
  /** Values for every parameter but headers, which have a test of their own. */
  const valuesFor = (operation, seed) =>
    new Map(
      operation.parameters
        .filter((parameter) => parameter.required || !cursors.has(parameter.name))
        .map((parameter) => [parameter.name, exampleFor(parameter, operation.definition, seed)]),
    );

  const classesOf = ({ tags, operationId }) =>
    tags.map(className).filter((name) => !(`${name}.${operationId}` in winners));

  /** Names as they stand in an object of named options: dots and hyphens go, what follows is raised. */
  const argumentName = (wireName) =>
    wireName.replace(/[.-]+(.)/g, (_, letter) => letter.toUpperCase()).replace(/^./, (letter) => letter.toLowerCase());

  test("has its required arguments in the definition in the order of today's official SDK", () => {
    const folder = path.join(root, "acceptance/node_modules/purecloud-platform-client-v2/src/purecloud-platform-client-v2/api");
    const byName = new Map([...modern.values()].map((operation) => [operation.operationId, operation]));
    const plain = (name) => name.replace(/[^a-z0-9]/gi, "").toLowerCase();
    const compared = new Set();
    for (const file of readdirSync(folder)) {
      for (const [, name, list] of readFileSync(path.join(folder, file), "utf8").matchAll(/^\t(\w+)\(([^)]*)\) ?\{/gm)) {
        const operation = byName.get(name);
        if (!operation || name === "constructor") continue;
        const theirs = list.split(",").map((argument) => argument.trim()).filter((argument) => argument && argument !== "opts");
        const ours = operation.parameters.filter(({ required }) => required).map((parameter) => parameter.name);
        assert.deepEqual(ours.map(plain), theirs.map(plain), name);
        compared.add(name);
      }
    }
    assert.ok(compared.size > 3300, `${compared.size}`);
  });

  test("answers to its modern name in each of its classes, required arguments first and the rest by name", async () => {
    const calls = [...modern.values()].flatMap((operation, seed) =>
      classesOf(operation).map((name, nth) => {
        const values = valuesFor(operation, seed * 4 + nth);
        const required = operation.parameters.filter((parameter) => parameter.required);
        const optional = operation.parameters.filter((parameter) => !parameter.required);
        const args = required.map((parameter) => values.get(parameter.name));
        if (optional.length) {
          args.push(Object.fromEntries(optional.map(({ name }) => [argumentName(name), values.get(name)])));
        }
        return { label: `${name}.${operation.operationId}`, className: name, method: operation.operationId, operation, values, args };
      }),
    );
    // The counts of definitions/README.md: 3,355 operations, 152 of which stand in more than one class.
    assert.equal(modern.size, 3355);
    assert.equal(calls.length, 3508 - Object.keys(winners).length);
    report(await callAll(calls), calls.length);
  });

  test("takes every argument by name", async () => {
    const calls = [...modern.values()].map((operation, seed) => {
      const values = valuesFor(operation, seed);
      const named = Object.fromEntries(operation.parameters.map(({ name }) => [argumentName(name), values.get(name)]));
      return {
        label: operation.operationId,
        className: classesOf(operation)[0],
        method: operation.operationId,
        operation,
        values,
        args: operation.parameters.length ? [named] : [],
      };
    });
    report(await callAll(calls), calls.length);
  });
});

describe("every name of the older SDKs", () => {
  test("takes its arguments in the order it always had", async () => {
    const calls = [];
    let seed = 0;
    for (const [key, names] of Object.entries(legacyNames)) {
      for (const { api, name } of names) {
        const winner = winners[`${api}.${name}`];
        if (winner && winner !== key) continue;
        seed += 1;
        const now = modernByShape.get(shape(key));
        const known = inTheStyleOfToday(old.get(key) ?? onlyIn2016(key), now);
        const values = new Map();
        const args = known.parameters.map((parameter, index) => {
          const value = cursors.has(parameter.name) ? undefined : valueBothAccept(parameter, index, known, now, seed);
          if (value !== undefined) values.set(parameter.name, value);
          return value;
        });
        calls.push({ label: `${api}.${name}`, className: api, method: name, operation: known, values, args });
      }
    }
    // The names in definitions/legacy-names.json, less those that the winners of SearchApi hid.
    assert.equal(calls.length, 773);
    report(await callAll(calls), calls.length);
  });

  /** The body of today where there is one: the platform checks it against today's model. */
  function valueBothAccept(parameter, index, known, now, seed) {
    if (!now) return exampleFor(parameter, known.definition, seed);
    const today =
      parameter.in === "path"
        ? now.parameters.filter(({ in: place }) => place === "path")[
            known.parameters.filter(({ in: place }, at) => place === "path" && at < index).length
          ]
        : now.parameters.find(({ in: place, name }) => place === parameter.in && (place === "body" || name === parameter.name));
    return exampleFor(today ?? parameter, today ? now.definition : known.definition, seed);
  }

  /** Lists stand in the query as the definition of today has them: that is what the platform reads. */
  function inTheStyleOfToday(known, now) {
    const styles = new Map(now?.parameters.map(({ name, collectionFormat }) => [name, collectionFormat]));
    const parameters = known.parameters.map((parameter) => ({
      ...parameter,
      collectionFormat: styles.get(parameter.name) ?? parameter.collectionFormat ?? "multi",
    }));
    return { ...known, parameters };
  }

  /** The three operations that no definition has: one path parameter, and a body for PUT. */
  function onlyIn2016(key) {
    const [method, path] = key.split(" ");
    const parameters = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => ({ name, in: "path", type: "string", required: true }));
    if (method !== "GET" && method !== "DELETE") parameters.push({ name: "body", in: "body", schema: { type: "object" } });
    return { key, method, path, parameters, definition: { definitions: {} } };
  }
});
