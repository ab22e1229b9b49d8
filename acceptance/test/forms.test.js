// Forms from a program to the emulator: the SDK and the emulator of one small definition that has them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startEmulator } from "../support/emulator.js";
import { purecloud } from "../support/environment.js";

const definition = fileURLToPath(new URL("../../crates/codegen/fixtures/forms.yaml", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "purecloud-forms-"));
after(() => rmSync(folder, { recursive: true }));
execFileSync(purecloud, ["generate", "javascript", "--quiet", "--strict", "--definition", definition, "--out", folder]);
const emulator = await startEmulator("--definition", definition, "--empty");
after(() => emulator.stop());

const file = path.join(folder, "picture.png");
writeFileSync(file, "not really\r\n--a picture");
const require = createRequire(path.join(folder, "index.cjs"));
const token = await emulator.token();

for (const [form, sdk] of [
  ["the package", require("./cjs/index.js")],
  ["the script for pages", require("./purecloud-api-min.js")],
]) {
  describe(form, () => {
    const session = new sdk.PureCloudSession({ environment: emulator.origin, token, retry: false });
    const uploads = new sdk.UploadsApi(session);

    /** The last request that the emulator has seen, as it came. */
    async function last() {
      return (await emulator.requests()).filter(({ path }) => path.startsWith("/api/v2/uploads")).at(-1);
    }

    for (const [what, image] of [
      ["bytes", { content: Buffer.from("not really\r\n--a picture"), filename: 'a "b".png', contentType: "image/png" }],
      ["a file", new File(["not really\r\n--a picture"], 'a "b".png', { type: "image/png" })],
      ["a stream", { content: createReadStream(file), filename: 'a "b".png', contentType: "image/png" }],
    ]) {
      test(`${what} and the fields around it arrive`, async () => {
        const owner = { name: "Ada" };
        const made = await uploads.postUploadImages("u1", { image, title: "é\n=&", tags: ["a", "b"], width: 3, public: true, owner });
        assert.equal(typeof made.id, "string");
        const { body } = await last();
        for (const part of [
          'name="image"; filename="a %22b%22.png"\r\nContent-Type: image/png\r\n\r\nnot really\r\n--a picture\r\n',
          'name="title"\r\n\r\né\n=&\r\n',
          'name="tags"\r\n\r\na,b\r\n',
          'name="owner"\r\nContent-Type: application/json\r\n\r\n{"name":"Ada"}\r\n',
        ]) {
          assert.ok(body.includes(part), `${part} in ${body}`);
        }
      });
    }

    test("a form that the program has put together arrives, and so do pairs", async () => {
      const data = new FormData();
      data.set("image", new Blob(["x"]), "x.png");
      data.set("title", "One");
      await uploads.postUploadImages("u1", data);
      await uploads.postUploadsSearch({ q: "a b&c", size: 3, id: ["a", "b"] });
      assert.equal((await last()).body, "q=a+b%26c&size=3&id=a&id=b");
      await uploads.putUploadsFree({ anything: "x" });
    });

    test("the emulator says which fields do not fit", async () => {
      await assert.rejects(uploads.postUploadsSearch({ size: 101 }), ({ status, body }) => {
        assert.deepEqual([status, body.details.map(({ fieldName }) => fieldName)], [400, ["body.size"]]);
        return true;
      });
      const data = new FormData();
      data.set("image", "a text");
      await assert.rejects(uploads.postUploadImages("u1", data), ({ status, body }) => {
        assert.deepEqual([status, body.details.map(({ fieldName }) => fieldName)], [400, ["body.image", "body.title"]]);
        return true;
      });
      await assert.rejects(uploads.postUploadImages("u1", { image: new Blob([]) }), { message: /the field title is missing/, status: 0 });
    });
  });
}
