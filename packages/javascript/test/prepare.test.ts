import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation, Place } from "../src/operation.js";
import { prepare } from "../src/prepare.js";

function operation(places: Place[], path = "/x", more: Partial<Operation> = {}): Operation {
  const parameters = places.map((place, index) => ({
    name: `p${index}`,
    wireName: `p${index}`,
    place,
    required: false,
  }));
  return { id: "op", method: "POST", path, parameters, ...more };
}

test("values in a path cannot leave their segment", () => {
  const table: [unknown, string][] = [
    ["abc", "abc"],
    [7, "7"],
    [false, "false"],
    ["a/../b?x#y", "a%2F..%2Fb%3Fx%23y"],
    ["$&$1$$", "%24%26%241%24%24"],
    [".", "%252E"],
    ["..", "%252E%252E"],
    ["...", "..."],
    ["%2e%2e", "%252e%252e"],
    ["a\\b", "a%5Cb"],
    ["{p1}", "%7Bp1%7D"],
    ["\ud800x", "%EF%BF%BDx"],
    ["😀", "%F0%9F%98%80"],
    [["a", "b"], "a%2Cb"],
    [new Date(0), "1970-01-01T00%3A00%3A00.000Z"],
  ];
  for (const [value, expected] of table) {
    assert.equal(prepare(operation(["path"], "/a/{p0}/z"), [value]).url, `/a/${expected}/z`);
  }
});

test("random values in a path come back as they were, in the segment they were put in", () => {
  const alphabet = [
    "/",
    ".",
    "..",
    "%",
    "2e",
    "\\",
    "?",
    "#",
    "é",
    "😀",
    " ",
    "\n",
    "\t",
    "a",
    "{p0}",
    "$&",
    ":",
    "@",
    "\ud800",
  ];
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647);
  for (let round = 0; round < 2000; round++) {
    const value = Array.from({ length: 1 + (random() % 5) }, () => alphabet[random() % alphabet.length]).join("");
    const { url } = prepare(operation(["path"], "/a/{p0}/z"), [value]);
    const { pathname, search, hash, host } = new URL(`https://h${url}`);
    const segments = pathname.split("/");
    assert.deepEqual(
      [segments.length, segments[1], segments[3], search, hash, host],
      [4, "a", "z", "", "", "h"],
      value,
    );
    if (!/^\.\.?$/.test(value)) assert.equal(decodeURIComponent(segments[2]!), value.replace(/\p{Cs}/gu, "\ufffd"));
  }
});

test("queries follow the list style of their parameter", () => {
  const table: [Place, unknown, string][] = [
    ["query", "a b", "?p0=a%20b"],
    ["query", ["a", "b,c"], "?p0=a&p0=b%2Cc"],
    ["query", [], ""],
    ["query", [null, 1, undefined], "?p0=1"],
    ["query", undefined, ""],
    ["query", null, ""],
    ["query", 0, "?p0=0"],
    ["query", false, "?p0=false"],
    ["query", "", "?p0="],
    ["query", "..", "?p0=.."],
    ["query", "a&b=c+d", "?p0=a%26b%3Dc%2Bd"],
    ["query", new Date(0), "?p0=1970-01-01T00%3A00%3A00.000Z"],
    ["queryComma", ["a", "b,c"], "?p0=a,b%2Cc"],
    ["queryComma", "a,b", "?p0=a%2Cb"],
    ["queryComma", [], ""],
    ["querySpace", ["a", "b"], "?p0=a%20b"],
    ["queryPipe", ["a", "b"], "?p0=a%7Cb"],
    ["dropped", "a", ""],
  ];
  for (const [place, value, expected] of table) {
    assert.equal(prepare(operation([place]), [value]).url, `/x${expected}`, `${place} ${value}`);
  }
  assert.equal(prepare(operation(["query", "query"]), [1, 2]).url, "/x?p0=1&p1=2");
  const dotted = { name: "siteid", wireName: "site.id", place: "query", required: false } as const;
  assert.equal(prepare({ ...operation([]), parameters: [dotted] }, [1]).url, "/x?site.id=1");
});

test("bodies go out as their types ask", () => {
  const form = new FormData();
  const fields = new URLSearchParams({ a: "1" });
  const blob = new Blob(["x"], { type: "image/png" });
  const bytes = new Uint8Array(2);
  const table: [unknown, string | undefined, unknown, string | undefined][] = [
    [{ a: 1 }, undefined, '{"a":1}', "application/json"],
    [[1], undefined, "[1]", "application/json"],
    [0, undefined, "0", "application/json"],
    [false, undefined, "false", "application/json"],
    ["", undefined, '""', "application/json"],
    // What a program has written as JSON goes as it is, unless the body is itself a text.
    ["text", undefined, '"text"', "application/json"],
    ['{"a":1}', undefined, '{"a":1}', "application/json"],
    ['{"a":1}', "application/json", '"{\\"a\\":1}"', "application/json"],
    ['{"a":1}', "application/scim+json", '{"a":1}', "application/scim+json"],
    ["text", "application/scim+json", '"text"', "application/scim+json"],
    [{ toJSON: () => 1 }, undefined, "1", "application/json"],
    [new (class User { name = "Ada"; })(), undefined, '{"name":"Ada"}', "application/json"],
    [{ at: new Date(0), on: () => 1 }, undefined, '{"at":"1970-01-01T00:00:00.000Z"}', "application/json"],
    ["text", "text/plain", "text", "text/plain"],
    [{ a: 1 }, "text/plain", '{"a":1}', "text/plain"],
    [undefined, undefined, undefined, "application/json"],
    [null, undefined, undefined, "application/json"],
    [form, undefined, form, undefined],
    [fields, undefined, fields, undefined],
    [blob, undefined, blob, "image/png"],
    [new Blob(["x"]), undefined, new Blob(["x"]), "application/octet-stream"],
    [bytes, "text/calendar", bytes, "text/calendar"],
    [bytes.buffer, undefined, bytes.buffer, "application/octet-stream"],
  ];
  for (const [body, contentType, data, type] of table) {
    const prepared = prepare(operation(["body"], "/x", contentType ? { contentType } : {}), [body]);
    assert.deepEqual([prepared.data, prepared.headers["content-type"]], [data, type]);
  }
  const get = prepare(operation([], "/x", { method: "GET", accept: "text/calendar" }), []);
  assert.deepEqual(get.headers, { accept: "text/calendar" });
});

test("values that have no text of their own are refused, naming the argument", () => {
  const odd = [{}, { a: 1 }, new Map(), [{}], () => 1, Symbol("s"), new Date(NaN), Object.create(null), Promise.resolve()];
  for (const place of ["path", "query", "queryComma", "header"] as const) {
    for (const value of odd) {
      const { problem } = prepare(operation([place], "/x/{p0}"), [value]);
      assert.match(`${problem?.message}`, /^p0: /, `${place} ${typeof value}`);
      assert.deepEqual([problem!.operation, problem!.parameter, problem!.kind], ["op", "p0", "request"]);
    }
    assert.equal(prepare(operation([place], "/x/{p0}"), [new URL("https://a/")]).problem, undefined);
  }
});
