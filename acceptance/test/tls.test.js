// Programs that know the platform by its hosts alone, over TLS: `https://api.X` and `https://login.X`.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { startEmulator } from "../support/emulator.js";
import { root } from "../support/environment.js";
import { execute, project, tool } from "../support/project.js";

const require = createRequire(import.meta.url);
const folder = mkdtempSync(path.join(tmpdir(), "purecloud-tls-"));
const ca = path.join(folder, "ca.pem");
const emulator = await startEmulator("--users", "50", "--tls", "--tls-ca", ca, "--domain", "mypurecloud.com");
after(() => {
  emulator.stop();
  rmSync(folder, { recursive: true, force: true });
});
const { port } = new URL(emulator.origin);
const { id, secret } = emulator.clients.credentials;
const support = (name) => path.join(root, "acceptance/support", name);

/** The control API, reached as anybody can who does not trust the authority yet. */
function control(method, address) {
  return new Promise((resolve, reject) => {
    const options = { method, rejectUnauthorized: false, agent: false };
    const asked = request(`${emulator.origin}${address}`, options, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += chunk));
      answer.on("end", () => resolve(text && JSON.parse(text)));
    });
    asked.on("error", reject).end();
  });
}

/** The hosts that were asked since the last look, each with what was asked of it. */
async function asked() {
  const { requests } = await control("GET", "/_emulator/requests");
  await control("DELETE", "/_emulator/requests");
  return requests.map(({ method, path, headers }) => `${method} ${new Map(headers).get("host")} ${path}`);
}

/** Runs a program that trusts the emulator's authority, in `localhost:PORT`. */
function run(program, modules) {
  const cwd = project({ "program.mjs": program }, { modules });
  return execute(process.execPath, ["--require", support("localhost.cjs"), "program.mjs"], {
    cwd,
    env: { NODE_EXTRA_CA_CERTS: ca, ENVIRONMENT: `localhost:${port}`, ID: id, SECRET: secret },
  });
}

test("the announcement says where the authority is", () => {
  assert.equal(emulator.ca, ca);
  assert.match(emulator.origin, /^https:/);
});

test("the generated package works with an environment alone", async () => {
  const program = `
    import { PureCloudSession, UsersApi } from "purecloud";
    const { ENVIRONMENT: environment, ID: clientId, SECRET: clientSecret } = process.env;
    const session = new PureCloudSession(environment);
    await session.authorizeWithClientCredentialsGrant(clientId, clientSecret);
    const users = await new UsersApi(session).getUsers({ pageSize: 2 });
    console.log(users.entities.length);
  `;
  const { code, stdout, stderr } = await run(program, []);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "2\n");
  const requests = await asked();
  assert.match(requests[0], new RegExp(`^POST login\\.localhost:${port} `));
  assert.deepEqual(requests.slice(1), [`GET api.localhost:${port} /api/v2/users`]);
});

test("the official SDK works with an environment alone", async () => {
  const program = `
    import platform from "purecloud-platform-client-v2";
    const client = platform.ApiClient.instance;
    client.setEnvironment(process.env.ENVIRONMENT);
    await client.loginClientCredentialsGrant(process.env.ID, process.env.SECRET);
    const users = await new platform.UsersApi().getUsers({ pageSize: 2 });
    const channel = await new platform.NotificationsApi().postNotificationsChannels();
    console.log(JSON.stringify([users.entities.length, channel.connectUri.replace(channel.id, "")]));
    process.exit();
  `;
  const { code, stdout, stderr } = await run(program, ["purecloud-platform-client-v2"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), [2, `wss://streaming.localhost:${port}/channels/`]);
  const requests = await asked();
  assert.ok(requests.includes(`POST login.localhost:${port} /oauth/token`), requests.join("\n"));
  assert.ok(requests.includes(`GET api.localhost:${port} /api/v2/users`), requests.join("\n"));
});

test("who does not trust the authority is not served", async () => {
  const program = `await fetch("https://api.localhost:${port}/api/v2/health/check");`;
  const { code, stderr } = await execute(process.execPath, [
    "--require", support("localhost.cjs"), "--input-type=module", "--eval", program,
  ]);
  assert.notEqual(code, 0);
  assert.match(stderr, /UNABLE_TO_|SELF_SIGNED/);
});

test("the specs of the 2017 SDK pass, unchanged, where they speak of the platform", async () => {
  const specs = path.dirname(require.resolve("purecloud_api_sdk_javascript/package.json"));
  const { code, stdout, stderr } = await execute(
    process.execPath,
    [
      tool("jasmine/bin/jasmine.js"),
      "--no-color",
      "--random=false",
      `--helper=${support("old-specs.cjs")}`,
      path.join(specs, "spec/general.spec.js"),
      path.join(specs, "spec/session.spec.js"),
    ],
    {
      cwd: folder,
      env: {
        NODE_EXTRA_CA_CERTS: ca,
        EMULATOR_PORT: port,
        PURECLOUD_CLIENT_ID: id,
        PURECLOUD_SECRET: secret,
        PURECLOUD_ENV: "mypurecloud.com",
        http_proxy: "",
        https_proxy: "",
      },
    },
  );
  // Eight in the one file, three in the other: `fit` and `UNIT_ONLY` would leave some out. One of them is about the SDK
  // alone and contradicts it: it says that requests may take two seconds by default, and they may take five.
  assert.equal(code, 1, stdout + stderr);
  assert.match(stdout, /\b11 specs, 1 failure\n/, stdout);
  assert.match(stdout, /1\) PureCloudSession constructor\(options\) should set the environment by default\n.*\n.*5000 == 2000/);
  assert.doesNotMatch(stdout, /pending/);
  const requests = await asked();
  for (const wanted of [
    "POST login.mypurecloud.com /token",
    "POST api.mypurecloud.com /api/v2/analytics/queues/observations/query",
    "GET api.mypurecloud.com /api/v2/authorization/roles",
    "GET api.mypurecloud.com /api/v2/oauth/clients",
    "GET api.mypurecloud.com /api/v2/users",
  ]) {
    assert.ok(requests.includes(wanted), `${wanted} is missing among\n${requests.join("\n")}`);
  }
  assert.equal(requests.filter((line) => line.startsWith("PATCH api.mypurecloud.com /api/v2/users/")).length, 2);
});
