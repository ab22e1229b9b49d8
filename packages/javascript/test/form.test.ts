import assert from "node:assert/strict";
import { createReadStream, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import "../src/form.js";
import { PureCloudSession } from "../src/node.js";
import type { Operation, Parameter } from "../src/operation.js";
import { part } from "../src/parts.js";
import { isStream, prepare } from "../src/prepare.js";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { decode } from "../src/table.js";
import { call } from "../src/call.js";
import { json, serve } from "./server.js";

const MULTIPART = "multipart/form-data";
const PAIRS = "application/x-www-form-urlencoded";

function operation(contentType: string, fields?: Parameter[]): Operation {
  const parameters = [{ name: "body", wireName: "body", place: "body", required: true }] as const;
  return { id: "postUploads", method: "POST", path: "/api/v2/uploads", parameters, contentType, fields };
}

function field(wireName: string, place: "field" | "fieldComma" = "field", required = false): Parameter {
  return { name: wireName, wireName, place, required };
}

async function written(fields: any, known?: Parameter[]): Promise<string> {
  const [content] = part("form")(fields, MULTIPART, known, "x");
  return new Response(content as BodyInit).text();
}

test("files have the names and types that they come with, or are given", async () => {
  const bytes = new Uint8Array([97]);
  const table: [unknown, string, string][] = [
    [new File(["a"], "a.png", { type: "image/png" }), "a.png", "image/png"],
    [new Blob(["a"], { type: "text/csv" }), "blob", "text/csv"],
    [bytes, "blob", "application/octet-stream"],
    [bytes.buffer, "blob", "application/octet-stream"],
    [Buffer.from("a"), "blob", "application/octet-stream"],
    [new DataView(bytes.buffer), "blob", "application/octet-stream"],
    [{ content: bytes, filename: "b.bin", contentType: "application/x-b" }, "b.bin", "application/x-b"],
    [{ content: new File(["a"], "a.png", { type: "image/png" }), filename: "c.png" }, "c.png", "image/png"],
    [Readable.from([Buffer.from("a")]), "blob", "application/octet-stream"],
    [Object.assign(Readable.from(["a"]), { path: "/home/ada/d.txt" }), "d.txt", "application/octet-stream"],
    [{ content: new Blob(["a"]).stream(), filename: "e.txt" }, "e.txt", "application/octet-stream"],
  ];
  for (const [value, name, type] of table) {
    const head = `--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
    assert.equal(await written({ file: value }), `${head}a\r\n--x--\r\n`);
  }
});

test("values that are not given are left out, dates are texts, objects are JSON", async () => {
  const fields = { a: undefined, b: null, c: [], d: new Date(0), e: false, f: 0, g: [{ h: 1 }], i: { content: "x" } };
  const part = (name: string, content: string, json?: boolean) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"${json ? "\r\nContent-Type: application/json" : ""}\r\n\r\n${content}\r\n`;
  assert.equal(
    await written(fields),
    `${part("d", "1970-01-01T00:00:00.000Z")}${part("e", "false")}${part("f", "0")}${part("g", '{"h":1}', true)}${part("i", '{"content":"x"}', true)}--x--\r\n`,
  );
});

test("what no form has room for fails the request, naming operation, argument and field", () => {
  const known = [field("content", "field", true)];
  const table: [string, any, RegExp][] = [
    [MULTIPART, { note: "x" }, /^body: the field content is missing$/],
    [MULTIPART, { content: [] }, /the field content is missing/],
    [MULTIPART, { content: null }, /the field content is missing/],
    [MULTIPART, "text", /^body: String: neither an object of fields nor a form$/],
    [MULTIPART, [1], /^body: Array: /],
    [MULTIPART, new Map(), /^body: Map: /],
    [MULTIPART, { content: new Date(NaN) }, /^body: content: Invalid Date/],
    [MULTIPART, { content: new Map([[1, 2]]) }, /^body: content: Map/],
    [MULTIPART, { content: () => 1 }, /^body: content: /],
    [MULTIPART, { content: { content: new Blob(), contentType: "a/b\r\nx: y" } }, /^body: content: a content type/],
    [PAIRS, { content: new Blob() }, /^body: content: /],
    [PAIRS, { content: { a: 1 } }, /^body: content: /],
  ];
  for (const [type, body, message] of table) {
    const { problem, data } = prepare(operation(type, known), [body]);
    assert.match(`${problem?.message}`, message);
    assert.deepEqual([problem!.operation, problem!.parameter, data], ["postUploads", "body", undefined]);
  }
});

test("forms and texts of pairs that a program has put together go as they are", () => {
  const form = new FormData();
  for (const type of [MULTIPART, PAIRS]) {
    assert.equal(prepare(operation(type), [form]).data, form);
    assert.deepEqual(prepare(operation(type), [undefined]).headers, { accept: "application/json" });
  }
  const { data, headers } = prepare(operation(PAIRS), ["a=1&b=2"]);
  assert.deepEqual([data, headers["content-type"]], ["a=1&b=2", PAIRS]);
});

test("a form with a stream can be sent once, any other again", () => {
  const data = (file: unknown) => prepare(operation(MULTIPART), [{ file }]).data;
  assert.ok(isStream(data(Readable.from(["a"]))));
  assert.ok(!isStream(data(new Blob(["a"]))));
});

test("a table says which fields are required or joined, and these are no arguments", () => {
  const read = decode("0uploads+%(note)&%(content)`(tags)}(multipart%2Fform-data)").get("postUploads")!();
  assert.deepEqual(
    read.fields?.map(({ wireName, place, required }) => [wireName, place, required]),
    [
      ["note", "field", false],
      ["content", "field", true],
      ["tags", "fieldComma", false],
    ],
  );
  assert.deepEqual([read.parameters.map(({ name }) => name), read.contentType], [["body"], MULTIPART]);
});

test("both transports send a form with its length, or in chunks where it has a stream", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "form-")), "list.csv");
  writeFileSync(path, "id\r\n1\r\n");
  const server = await serve({ "/api/v2/uploads": (_, response) => json(response, {}) });
  for (const Session of [PureCloudSession, BrowserSession]) {
    for (const file of [new File(["id\r\n1\r\n"], "list.csv"), createReadStream(path)]) {
      await call(new Session({ environment: server.origin, token: "t" }), operation(MULTIPART), [{ note: "é", file }]);
      const { headers, body } = server.seen.pop()!;
      const boundary = /^multipart\/form-data; boundary=([0-9a-f]{32})$/.exec(`${headers["content-type"]}`)?.[1];
      assert.equal(
        body,
        `--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\né\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\nContent-Type: application/octet-stream\r\n\r\nid\r\n1\r\n\r\n--${boundary}--\r\n`,
      );
      const chunked = Session === PureCloudSession && !(file instanceof File);
      assert.equal(headers["content-length"], chunked ? undefined : `${Buffer.byteLength(body)}`);
    }
  }
  await server.close();
});
