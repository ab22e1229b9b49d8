// `node definitions.js FOLDER`: tries each definition of a folder as its user would. `cargo xtask definitions` runs it.
//
// A definition is a file, or a folder with several, of which one names its version. From each a package is generated and
// loaded, its declarations are compiled, every operation is called and what arrives is held against another reading of
// the document, and the emulator is started with it.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import ts from "typescript5";
import { readDocument } from "./support/document.js";
import { purecloud } from "./support/environment.js";
import { execute, tool } from "./support/project.js";

/** No step of one definition takes longer, in milliseconds. */
const PATIENCE = 120_000;
/** Calls under way at a time. */
const LANES = 8;
/** Of the problems of a definition, so many are printed. */
const SHOWN = 5;

const isDefinition = (file) =>
  /\.(json|ya?ml)$/i.test(file) && /^\s*["']?(swagger|openapi)["']?\s*:|[{,]\s*"(swagger|openapi)"\s*:/m.test(readFileSync(file, "utf8").slice(0, 200_000));

/** The definitions of a folder, by name. */
function definitionsOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const here = path.join(folder, entry.name);
      if (statSync(here).isDirectory()) return definitionsOf(here);
      return isDefinition(here) ? [here] : [];
    })
    .sort();
}

/** Records each request, and answers it with nothing. */
async function recordingServer() {
  const seen = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const url = new URL(request.url, "http://x");
      seen.push({
        method: request.method,
        path: request.url.split("?")[0],
        query: [...url.searchParams],
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      });
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { seen, origin: `http://127.0.0.1:${server.address().port}`, close: () => (server.closeAllConnections(), server.close()) };
}

/** The methods of the declarations: `{ className, method, wire, arguments: [{ name, optional }] }`. */
function declaredMethods(folder) {
  const methods = [];
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".d.ts"))) {
    const source = ts.createSourceFile(name, readFileSync(path.join(folder, name), "utf8"), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (!ts.isClassDeclaration(statement) || !statement.name) continue;
      const known = new Set();
      for (const member of statement.members) {
        if (!ts.isMethodDeclaration(member)) continue;
        const method = member.name.text;
        // The first signature of a name is the positional one.
        if (known.has(method)) continue;
        known.add(method);
        const comment = source.text.slice(member.getFullStart(), member.getStart());
        // On a line of its own; descriptions may have such texts as well.
        const wire = /^\s*(?:\/\*)?\*+\s*`+ ?([A-Z]+ \/.*?) ?`+\s*(?:\*\/)?$/m.exec(comment)?.[1];
        if (!wire || /Older name of/.test(comment)) continue;
        const parameters = member.parameters.map((parameter) => parameter.name.text).slice(0, -1);
        methods.push({ className: statement.name.text, method, wire, parameters });
      }
    }
  }
  return methods;
}

const plain = (name) => name.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

/** Calls every operation; what arrives must be what the document asks for. */
async function callAll(folder, document, warnings) {
  const library = createRequire(import.meta.url)(folder);
  const server = await recordingServer();
  const session = new library.PureCloudSession({ environment: server.origin, token: "x", rateLimit: false, retry: false, timeout: 20_000 });
  const methods = Map.groupBy
    ? Map.groupBy(declaredMethods(path.join(folder, "types")), ({ wire }) => wire)
    : declaredMethods(path.join(folder, "types")).reduce((map, one) => map.set(one.wire, [...(map.get(one.wire) ?? []), one]), new Map());
  const operations = document.operations();
  const problems = [];
  let called = 0;
  let leftOut = 0;
  const tryOne = async (operation, seed) => {
    const [method] = methods.get(operation.key) ?? [];
    if (!method) {
      const named = [`\`${operation.method} ${operation.written}\` is left out`, `\`${operation.written}\` is left out`];
      if (named.some((text) => warnings.includes(text))) leftOut++;
      else problems.push(`${operation.key}: no method calls it, and no warning says so`);
      return;
    }
    if (operation.isForm || operation.isOther) return void called++;
    const expected = { query: [], headers: [], path: operation.path.split("?")[0] };
    const fixed = new URLSearchParams(operation.path.split("?")[1]?.split("#")[0] ?? "");
    for (const pair of fixed) expected.query.push(pair);
    const given = operation.parameters.map((parameter, index) => ({ parameter, ...document.argument(parameter, `${seed}${index}`) }));
    const values = new Map();
    for (const { parameter, value, wire, isList } of given) {
      if (value === undefined) continue;
      const slot = method.parameters.find((name) => plain(name) === plain(parameter.name) && !values.has(name));
      if (!slot) continue;
      values.set(slot, value);
      if (parameter.in === "path") expected.path = expected.path.replaceAll(`{${parameter.name}}`, isList ? "*" : encodeURIComponent(wire[0]));
      else if (parameter.in === "query") for (const text of wire) expected.query.push([parameter.name, text]);
      else if (parameter.in === "header") expected.headers.push([parameter.name.toLowerCase(), wire[0]]);
    }
    let body;
    if (operation.body !== undefined) {
      body = document.example(operation.body, operation.bodyFile, seed);
      const left = method.parameters.filter((name) => !values.has(name) && !given.some(({ parameter }) => plain(parameter.name) === plain(name)));
      if (left.length) values.set(left.at(0), body);
    }
    const marker = `call-${seed}`;
    const args = method.parameters.map((name) => values.get(name));
    try {
      await new library[method.className](session)[method.method](...args, { headers: { "x-call": marker } });
    } catch (error) {
      // An object in the path or another argument that cannot be made up here.
      const missing = given.some(({ parameter, value }) => value === undefined && (parameter.required || parameter.in === "path"));
      if (!missing) problems.push(`${operation.key}: ${error.message}`);
      return;
    }
    called++;
    const request = server.seen.find(({ headers }) => headers["x-call"] === marker);
    if (!request) return void problems.push(`${operation.key}: nothing arrived`);
    const check = (what, ours, theirs) => {
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) {
        problems.push(`${operation.key}: ${what} ${JSON.stringify(ours)} arrived for ${JSON.stringify(theirs)}`.slice(0, 400));
      }
    };
    const byText = (one, other) => (String(one) < String(other) ? -1 : 1);
    const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
    check("method", request.method, operation.method);
    if (!expected.path.includes("*") && !/[{}]/.test(expected.path)) check("path", decoded(request.path), decoded(expected.path));
    check("query", request.query.sort(byText), expected.query.sort(byText));
    for (const [name, text] of expected.headers) check(`header ${name}`, request.headers[name], text);
    if (body !== undefined && request.body !== "") {
      const sent = (() => { try { return JSON.parse(request.body); } catch { return request.body; } })();
      check("body", sent, body);
    } else if (body !== undefined && Object.keys(Object(body)).length) check("body", request.body, body);
  };
  let next = 0;
  const lane = async () => {
    while (next < operations.length) {
      const index = next++;
      await tryOne(operations[index], index);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  server.close();
  return { total: operations.length, called, leftOut, problems };
}

/** Starts the emulator with a definition; resolves with what is wrong. */
async function startsEmulator(file) {
  const child = spawn(purecloud, ["emulator", "--definition", file, "--port", "0", "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  let errors = "";
  child.stderr.on("data", (data) => (errors += data));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const response = await fetch(JSON.parse(line).origin);
      return response.ok ? [] : [`the emulator's page answered ${response.status}`];
    }
    return [`the emulator did not start: ${errors.split("\n")[0]}`];
  } finally {
    clearTimeout(limit);
    child.kill();
  }
}

/** Everything for one definition: a row of the table. */
async function tryDefinition(file, name) {
  const folder = mkdtempSync(path.join(tmpdir(), "purecloud-definition-"));
  const begun = performance.now();
  const row = { name, operations: 0, called: 0, leftOut: 0, result: "ok", problems: [] };
  try {
    const out = path.join(folder, "node_modules/purecloud");
    mkdirSync(path.dirname(out), { recursive: true });
    const made = await execute(purecloud, ["generate", "javascript", "--definition", file, "--out", out], { timeout: PATIENCE });
    if (made.code === 3 && !/the SDK has no way/.test(made.stderr)) return { ...row, result: "refused", problems: made.stderr.split("\n").filter((line) => line && !line.startsWith("warning:")) };
    if (made.code !== 0) return { ...row, result: "FAILED", problems: [`generate: ${made.code} ${made.stderr.slice(0, 400)}`] };
    row.warnings = (made.stderr.match(/^warning: /gm) ?? []).length;

    let document;
    try {
      document = readDocument(file);
    } catch (error) {
      return { ...row, result: "FAILED", problems: [`the second reading: ${error.message}`] };
    }
    const { total, called, leftOut, problems } = await callAll(out, document, made.stderr);
    Object.assign(row, { operations: total, called, leftOut, problems });

    writeFileSync(path.join(folder, "main.mts"), 'import * as all from "purecloud";\nexport const names: string[] = Object.keys(all);\n');
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "", "--lib", "es2022,dom"];
    const compiled = await execute(process.execPath, [tool("typescript/bin/tsc"), ...flags, "main.mts"], { cwd: folder, timeout: PATIENCE });
    if (compiled.code !== 0) row.problems.push(`tsc: ${compiled.stdout.split("\n").slice(0, 2).join(" ")}`);

    row.problems.push(...(await startsEmulator(file)));
    if (row.problems.length) row.result = "FAILED";
    return row;
  } catch (error) {
    return { ...row, result: "FAILED", problems: [...row.problems, error.stack.split("\n").slice(0, 3).join(" ")] };
  } finally {
    row.seconds = (performance.now() - begun) / 1000;
    rmSync(folder, { recursive: true, force: true });
  }
}

const [, , given] = process.argv;
const folder = path.resolve(process.env.INIT_CWD ?? ".", given);
const files = definitionsOf(folder);
if (!files.length) {
  console.error(`${folder}: no file says \`swagger\` or \`openapi\`; name a folder with definitions`);
  process.exit(1);
}
const rows = [];
for (const file of files) {
  const began = performance.now();
  const row = await tryDefinition(file, path.relative(folder, file));
  row.seconds = (performance.now() - began) / 1000;
  rows.push(row);
  console.log(`${row.result.padEnd(7)} ${row.name}  ${row.operations} operations, ${row.leftOut} left out, ${row.warnings ?? 0} warnings, ${row.seconds.toFixed(1)} s`);
  for (const problem of row.problems.slice(0, SHOWN)) console.log(`        ${problem}`);
  if (row.problems.length > SHOWN) console.log(`        and ${row.problems.length - SHOWN} more`);
}
console.log(`\n| definition | operations | called | left out | warnings | time | result |\n| --- | --- | --- | --- | --- | --- | --- |`);
for (const row of rows) {
  console.log(`| ${row.name} | ${row.operations} | ${row.called} | ${row.leftOut} | ${row.warnings ?? 0} | ${row.seconds.toFixed(1)} s | ${row.result} |`);
}
process.exit(rows.some(({ result }) => result === "FAILED") ? 1 : 0);
