// Every code block of docs/javascript.md does what it says. A block without an entry below fails the test.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { startEmulator } from "../support/emulator.js";
import { purecloud, root } from "../support/environment.js";
import { codeBlocks } from "../support/markdown.js";
import { execute, project } from "../support/project.js";

const guide = readFileSync(path.join(root, "docs/javascript.md"), "utf8");
const folder = mkdtempSync(path.join(tmpdir(), "purecloud-guide-"));
const emulator = await startEmulator();
const ca = path.join(folder, "ca.pem");
const secure = await startEmulator("--users", "50", "--tls", "--tls-ca", ca);
after(() => {
  emulator.stop();
  secure.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a block in Node as a user would: the package installed, credentials in the environment. Gives what it prints. */
async function inNode(code, { files = {}, env = {} } = {}) {
  const cwd = project({ "main.mjs": code, ...files });
  const { code: exit, stdout, stderr } = await execute(process.execPath, ["main.mjs"], {
    cwd,
    env: {
      PURECLOUD_ENVIRONMENT: emulator.origin,
      PURECLOUD_CLIENT_ID: emulator.clients.credentials.id,
      PURECLOUD_SECRET: emulator.clients.credentials.secret,
      ...env,
    },
  });
  assert.equal(exit, 0, stderr);
  return stdout;
}

/** A server on this machine for as long as `use` runs. */
async function serving(server, use) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** What each block is for, in the order of the page: `[heading, check]`. */
const checks = [
  [
    "Proxies",
    async (code) => {
      const seen = [];
      const proxy = createServer((asked, answer) => {
        seen.push([asked.headers["proxy-authorization"], asked.url]);
        const { pathname } = new URL(asked.url);
        asked.pipe(request(emulator.origin + pathname, { method: asked.method, headers: asked.headers }, (got) => {
          got.pipe(answer.writeHead(got.statusCode, got.headers));
        }));
      });
      await serving(proxy, async (address) => {
        // The block excepts this machine, where the emulator is.
        const env = { COMPANY_PROXY: `http://name:password@${address}` };
        assert.match(await inNode(code, { env }), /\w/);
        assert.deepEqual(seen, []);
        assert.match(await inNode(code.replace("127.0.0.1,", ""), { env }), /\w/);
        const sent = `Basic ${btoa("name:password")}`;
        assert.deepEqual(seen, [
          [sent, `${emulator.origin}/oauth/token`],
          [sent, `${emulator.origin}/api/v2/users/me`],
        ]);
      });
    },
  ],
  [
    "Certificates",
    async (code) => {
      const { id, secret } = secure.clients.credentials;
      const env = { PURECLOUD_ENVIRONMENT: secure.origin, PURECLOUD_CLIENT_ID: id, PURECLOUD_SECRET: secret };
      const key = readFileSync(ca.replace(".pem", "-key.pem"));
      const files = { "authority.pem": readFileSync(ca), "client.pem": readFileSync(ca), "client-key.pem": key };
      assert.match(await inNode(code, { files, env }), /\w/);
    },
  ],
  [
    "A gateway before the platform",
    async (code) => {
      const seen = [];
      const gateway = createServer((asked, answer) => {
        seen.push(asked.url);
        const { host } = new URL(emulator.origin);
        const target = emulator.origin + asked.url.replace(/^\/purecloud\/(api|login)/, "");
        asked.pipe(request(target, { method: asked.method, headers: { ...asked.headers, host } }, (got) => {
          got.pipe(answer.writeHead(got.statusCode, got.headers));
        }));
      });
      await serving(gateway, async (address) => {
        assert.match(await inNode(code, { env: { GATEWAY: `http://${address}` } }), /\w/);
        assert.deepEqual(seen, ["/purecloud/login/oauth/token", "/purecloud/api/api/v2/users/me"]);
      });
    },
  ],
  ["A transport of your own", async (code) => assert.equal(await inNode(code), "Ada\n")],
  [
    "Status, headers, bytes and streams",
    async (code) => {
      const [first, type, size] = (await inNode(`${code}import { readFileSync } from "node:fs";\nconsole.log(JSON.parse(readFileSync("users.json")).entities.length);`)).split("\n");
      assert.match(first, /^200 25 [\da-f-]{36}$/);
      assert.match(type, /^application\/json/);
      assert.ok(+size > 100_000, size);
    },
  ],
  ["Hooks", async (code) => assert.equal(await inNode(code), "getUsersMe 1 200\nAda\n")],
  [
    "Logging",
    async (code) => {
      const lines = (await inNode(code)).trim().split("\n");
      assert.match(lines[0], /^\S+ INFO {2}POST \/oauth\/token success 200 \d+ ms/);
      const events = lines.slice(1).map((line) => (line[0] === "{" ? JSON.parse(line).event : line.split(" ").at(4)));
      assert.deepEqual(events, ["request", "answer", "success", "success"]);
      assert.ok(lines[2].includes('\\"entities\\"') && !lines.join().includes(emulator.clients.credentials.secret));
    },
  ],
  [
    "Statistics",
    async (code) => assert.equal(await inNode(code), "2 0 0 true {}\n1 true\n"),
  ],
  [
    "Several processes, one token",
    async (code) => {
      // A database of one file, with as much of the package as the block uses.
      const redis = `
        import { existsSync, readFileSync, writeFileSync } from "node:fs";
        const file = process.env.REDIS_URL;
        const read = () => (existsSync(file) ? JSON.parse(readFileSync(file)) : {});
        const write = (key, text) => writeFileSync(file, JSON.stringify({ ...read(), [key]: text }));
        export const createClient = () => ({
          async connect() { return this; },
          async get(key) { return read()[key] ?? null; },
          async set(key, text) { write(key, text); },
          async eval(script, { keys: [key], arguments: [before, text] }) {
            if (!/~= ARGV\\[1\\] then return 0 end/.test(script)) throw new Error("another script");
            if ((read()[key] ?? "") !== before) return 0;
            write(key, text);
            return 1;
          },
          async close() {},
        });`;
      const file = path.join(folder, "redis.json");
      const files = { "node_modules/redis/package.json": '{"exports":"./index.mjs"}', "node_modules/redis/index.mjs": redis };
      await emulator.forget();
      const first = await inNode(code, { files, env: { REDIS_URL: file } });
      assert.equal(await inNode(code, { files, env: { REDIS_URL: file } }), first);
      // The second process found the token of the first.
      const asked = (await emulator.requests()).map(({ method, path }) => `${method} ${path}`);
      assert.deepEqual(asked, ["POST /oauth/token", "GET /api/v2/users/me", "GET /api/v2/users/me"]);
      const kept = JSON.parse(readFileSync(file, "utf8"));
      const token = JSON.parse(kept["purecloud:token"]);
      const { id, secret } = emulator.clients.credentials;
      const digest = (text) => createHash("sha256").update(text).digest("hex").slice(0, 32);
      assert.equal(token.login, digest(`${id}\n${secret}`));
      const budget = JSON.parse(kept[`purecloud:budget:${digest(`Bearer ${token.access_token}`)}`]);
      assert.equal(budget.budget.windows[0].used, 2);
      assert.equal(Object.keys(budget.callers).length, 1, "the first process has no calls under way");
    },
  ],
  [
    "Settings from outside",
    async (code) => {
      const { id, secret } = emulator.clients.credentials;
      const home = path.join(folder, "home");
      mkdirSync(path.join(home, ".purecloud"), { recursive: true });
      const text = blocks.find(({ language }) => language === "ini").code.replace("eu-west-1", emulator.origin).replace(/22222222[\w-]+/, id).replace(/"in quotes[^"]*"/, `"${secret}"`);
      writeFileSync(path.join(home, ".purecloud/config"), text);
      const env = { HOME: home, USERPROFILE: home, PURECLOUD_ENVIRONMENT: "", PURECLOUD_CLIENT_ID: "", PURECLOUD_SECRET: "" };
      assert.match(await inNode(code, { env }), /\w/);
    },
  ],
  ["Settings from outside", (code) => assert.match(code, /^\[staging\]$/m)],
  [
    "Helpers",
    async (code) => {
      const lines = (await inNode(code)).trim().split("\n");
      assert.equal(lines[0], "FULFILLED");
      assert.equal(lines.at(-1), "mypurecloud.ie");
      assert.ok(lines.length > 3, "the search finds somebody");
      for (const name of lines.slice(1, -1)) assert.match(name, /^A/);
    },
  ],
  [
    "Helpers",
    async (code) => {
      let kept;
      const seen = [];
      const bucket = createServer(async (asked, answer) => {
        seen.push([asked.method, asked.headers.authorization, asked.headers["content-type"]]);
        const chunks = [];
        for await (const chunk of asked) chunks.push(chunk);
        if (asked.method === "PUT") kept = Buffer.concat(chunks);
        answer.writeHead(200, { "content-type": "audio/wav" }).end(asked.method === "GET" ? kept : "");
      });
      await serving(bucket, async (address) => {
        const files = { "prompt.wav": Buffer.alloc(1000, "RIFF") };
        assert.equal(await inNode(code, { files, env: { BUCKET: `http://${address}` } }), "1000\n");
      });
      assert.deepEqual(seen, [["PUT", undefined, "audio/wav"], ["GET", undefined, undefined]]);
    },
  ],
  [
    "Tests against the platform on this machine",
    async (code) => {
      const printed = await inNode(code, { env: { PURECLOUD_BIN: purecloud, NODE_TEST_CONTEXT: undefined } });
      assert.match(printed, /^(# |ℹ )pass 1$/m);
    },
  ],
];

const blocks = codeBlocks(guide).filter(({ language }) => language);

test("every block of the guide is checked", () => {
  assert.deepEqual(
    blocks.map(({ heading }) => heading),
    checks.map(([heading]) => heading),
  );
});

checks.forEach(([heading, check], index) => {
  test(`${heading}, line ${blocks[index]?.line}`, () => check(blocks[index].code));
});
