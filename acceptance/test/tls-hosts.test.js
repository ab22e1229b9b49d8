// What docs/emulator.md says about names and trust, done on a system that knows nothing of the emulator: each program runs
// with a file of its own in the place of /etc/hosts, and nothing in it is patched.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { root } from "../support/environment.js";
import { codeBlocks } from "../support/markdown.js";
import { execute, project } from "../support/project.js";

const page = readFileSync(path.join(root, "docs/emulator.md"), "utf8");
const lines = codeBlocks(page)
  .filter(({ language, code }) => language === "text" && code.startsWith("127.0.0.1 "))
  .map(({ code }) => code);
const folder = mkdtempSync(path.join(tmpdir(), "purecloud-hosts-"));
const ca = path.join(folder, "ca.pem");
const before = path.join(folder, "before");
const hosts = path.join(folder, "hosts");
writeFileSync(before, "127.0.0.1 localhost\n");
writeFileSync(hosts, `127.0.0.1 localhost\n${lines.join("")}`);

/** A mount namespace, in which a process can have an /etc/hosts of its own: for root, or for whoever may become it there. */
const namespace = [["--mount"], ["--map-root-user", "--mount"]].find((flags) => {
  const tried = spawnSync("unshare", [...flags, "sh", "-c", `mount --bind ${before} /etc/hosts`]);
  return tried.status === 0;
});
const skip = namespace ? false : "this system does not let the test have an /etc/hosts of its own (unshare --mount)";
const has = (program) => spawnSync(program, ["--version"]).error === undefined;

const emulator = await startEmulator("--users", "5", "--tls", "--tls-ca", ca, "--domain", "mypurecloud.com");
const { port } = new URL(emulator.origin);
after(() => {
  emulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a program on a system with these hosts. */
function run(file, program, args, options) {
  const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
  return execute("unshare", [...namespace, "sh", "-c", script, file, program, ...args], options);
}

/** Whether a system with these hosts knows a name. */
async function isKnown(file, name) {
  const lookup = `require("node:dns").lookup(${JSON.stringify(name)}, (error) => process.exit(error ? 1 : 0))`;
  return (await run(file, process.execPath, ["--eval", lookup])).code === 0;
}

test("the page has a line for the names below localhost, and one for those of a domain", () => {
  assert.deepEqual(lines.map((line) => line.trim().split(" ")), [
    ["127.0.0.1", "api.localhost", "login.localhost", "streaming.localhost", "apps.localhost"],
    ["127.0.0.1", "api.mypurecloud.com", "login.mypurecloud.com", "streaming.mypurecloud.com", "apps.mypurecloud.com"],
  ]);
});

test("a program in Node works with the line in /etc/hosts and the authority in NODE_EXTRA_CA_CERTS", { skip }, async () => {
  const program = `
    import { PureCloudSession, UsersApi } from "purecloud";
    const session = new PureCloudSession(process.env.ENVIRONMENT);
    await session.authorizeWithClientCredentialsGrant(process.env.ID, process.env.SECRET);
    const users = await new UsersApi(session).getUsers({ pageSize: 2 });
    console.log(users.entities.length);
  `;
  const cwd = project({ "program.mjs": program });
  const { id, secret } = emulator.clients.credentials;
  for (const domain of ["localhost", "mypurecloud.com"]) {
    const env = { NODE_EXTRA_CA_CERTS: ca, ENVIRONMENT: `${domain}:${port}`, ID: id, SECRET: secret };
    const { code, stdout, stderr } = await run(hosts, process.execPath, ["program.mjs"], { cwd, env });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "2\n");
  }
});

test("the same program needs the line, unless the system knows the names by itself", { skip }, async (context) => {
  if (await isKnown(before, "api.localhost")) {
    context.diagnostic("this system knows the names below localhost by itself, as one with systemd-resolved does");
  } else {
    const fetching = `await fetch("https://api.localhost:${port}/api/v2/health/check")`;
    const env = { NODE_EXTRA_CA_CERTS: ca };
    const { code, stderr } = await run(before, process.execPath, ["--input-type=module", "--eval", fetching], { env });
    assert.notEqual(code, 0);
    assert.match(stderr, /ENOTFOUND|EAI_AGAIN/);
  }
});

test("a program in Python works with SSL_CERT_FILE", { skip: skip || (!has("python3") && "there is no python3") }, async () => {
  const program = `
import urllib.request
with urllib.request.urlopen("https://api.localhost:${port}/api/v2/health/check") as answer:
    print(answer.status)
`;
  const { code, stdout, stderr } = await run(hosts, "python3", ["-c", program], { env: { SSL_CERT_FILE: ca } });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "200\n");
});

test("curl works with --cacert alone", { skip: skip || (!has("curl") && "there is no curl") }, async () => {
  const address = `https://api.localhost:${port}/api/v2/health/check`;
  const { code, stderr } = await run(before, "curl", ["--silent", "--show-error", "--fail", "--cacert", ca, address]);
  assert.equal(code, 0, stderr);
});

test("Chromium knows the names, and trusts the authority once certutil has added it", async (context) => {
  const address = `https://api.localhost:${port}/api/v2/health/check`;
  const home = path.join(folder, "home");
  mkdirSync(home);
  copyFileSync(ca, path.join(home, "ca.pem"));
  const open = async () => {
    const browser = await startBrowser({ HOME: home });
    const opened = await (await browser.newPage()).goto(address).then((answer) => answer.status(), String);
    await browser.close();
    return opened;
  };
  // The name leads to the emulator, whose certificate is not trusted yet.
  assert.match(String(await open()), /ERR_CERT_AUTHORITY_INVALID/);
  if (!has("certutil")) {
    context.diagnostic("not tried: whether Chromium trusts the authority, since there is no certutil (libnss3-tools)");
    return;
  }
  const commands = [...page.matchAll(/`((?:mkdir -p \S+ && )?certutil -d [^`]*)`/g)].map(([, command]) => command);
  assert.equal(commands.length, 2, "the page says how to make the folder, and how to add the authority");
  for (const command of commands.sort((one) => (one.startsWith("mkdir") ? -1 : 1))) {
    const { code, stderr } = await execute("sh", ["-c", command], { cwd: home, env: { HOME: home } });
    assert.equal(code, 0, stderr);
  }
  assert.equal(await open(), 200);
});
