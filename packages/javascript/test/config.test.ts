/** Settings from variables and files. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig, parseSettings } from "../src/config.js";
import { PureCloudSession } from "../src/node.js";
import type { SessionOptions } from "../src/session.js";

const home = mkdtempSync(join(tmpdir(), "purecloud-home-"));
after(() => rmSync(home, { recursive: true }));

/** Runs `act` with these variables alone, in the home folder of the test. */
function within<T>(variables: Record<string, string>, act: () => T): T {
  const before = { ...process.env };
  const replace = (now: NodeJS.ProcessEnv) => {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, now);
  };
  replace({ HOME: home, USERPROFILE: home, ...variables });
  try {
    return act();
  } finally {
    replace(before);
  }
}

/** A file of settings; its path. */
function file(text: string, name = "settings"): string {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
}

test("code is stronger than variables, and these than the file", () => {
  const path = file("[default]\nenvironment = mypurecloud.de\nclient_id = file\nclient_secret = s\ntimeout = 5000\n");
  const variables = { PURECLOUD_CONFIG: path, PURECLOUD_CLIENT_ID: "variable", PURECLOUD_TIMEOUT: "7000" };
  assert.deepEqual(
    within(variables, () => loadConfig({ timeout: 9_000, maxInFlight: undefined })),
    { environment: "mypurecloud.de", clientId: "variable", clientSecret: "s", timeout: 9_000 },
  );
});

test("every setting becomes the option of its name", () => {
  const pem = file("-----BEGIN CERTIFICATE-----", "a.pem");
  const text = `
    # a comment
    ; another
    [ default ]
    environment=eu-west-1
    client_id = id
    client_secret = "a \\"quoted\\" = #secret "
    redirect_url = https://app.example.com/?a=1#b
    token = t
    gateway_api = https://gateway.example.com/api
    gateway_login = https://gateway.example.com/login
    allowed_hosts = a.example.com, b.example.com:8443
    proxy = http://me:pw@proxy:1
    no_proxy = a,b
    tls_ca = ${pem}
    tls_cert = ${pem}
    tls_key = ${pem}
    tls_passphrase = pp
    timeout = 1
    total_timeout = 2
    max_in_flight = 3
    [other]
    proxy = false`;
  const path = file(`\ufeff${text.replaceAll("\n", "\r\n")}`);
  const content = "-----BEGIN CERTIFICATE-----";
  const expect: SessionOptions = {
    environment: "eu-west-1",
    clientId: "id",
    clientSecret: 'a "quoted" = #secret ',
    redirectUrl: "https://app.example.com/?a=1#b",
    token: "t",
    gateway: { api: "https://gateway.example.com/api", login: "https://gateway.example.com/login" },
    allowedHosts: ["a.example.com", "b.example.com:8443"],
    proxy: "http://me:pw@proxy:1",
    noProxy: "a,b",
    tls: { ca: content, cert: content, key: content, passphrase: "pp" },
    timeout: 1,
    totalTimeout: 2,
    maxInFlight: 3,
  };
  assert.deepEqual(within({}, () => loadConfig({}, { file: path })), expect);
  assert.deepEqual(within({}, () => loadConfig({}, { file: path, profile: "other" })), { proxy: false });
  assert.deepEqual(within({ PURECLOUD_PROFILE: "other" }, () => loadConfig({}, { file: path })), { proxy: false });
  // The same as variables.
  const variables: Record<string, string> = { PURECLOUD_ALLOWED_HOSTS: "a.example.com b.example.com:8443" };
  for (const [name, found] of parseSettings(text, "x").get("default")!) variables[`PURECLOUD_${name.toUpperCase()}`] ??= found.text;
  assert.deepEqual(within(variables, () => loadConfig()), expect);
});

test("the usual file need not be there, one that is named must", () => {
  assert.deepEqual(within({}, () => loadConfig()), {});
  mkdirSync(join(home, ".purecloud"));
  const usual = file("[default]\ntoken = t", ".purecloud/config");
  assert.deepEqual(within({}, () => loadConfig()), { token: "t" });
  assert.deepEqual(within({}, () => loadConfig({}, { file: false })), {});
  writeFileSync(usual, "[other]\ntoken = t");
  assert.deepEqual(within({}, () => loadConfig()), {});
  rmSync(join(home, ".purecloud"), { recursive: true });
  assert.throws(() => within({ PURECLOUD_CONFIG: "/nowhere/x" }, () => loadConfig()), /^PureCloudError: .*x: the file cannot be read \(ENOENT\); name another/);
  assert.throws(() => within({ PURECLOUD_PROFILE: "p" }, () => loadConfig()), /the file cannot be read/);
});

test("what is wrong is told with its line and a remedy, and without what may be a secret", () => {
  const table: [string, RegExp][] = [
    ["[default]\nclient_id\n", /settings, line 2: the line is neither a \[section\] nor a setting/],
    ["[default]\nc2VjcmV0 = x", /settings, line 2: the setting is not known; there are environment, /],
    ["[default]\nsecretc2VjcmV0==", /settings, line 2: the setting is not known/],
    ["[default]\n__proto__ = secret", /settings, line 2: the setting is not known/],
    ["token = secret", /settings, line 1: the setting is in no section; put \[default\] before it/],
    ["[default]\n\ntoken = secret\ntoken = secret2", /settings, line 4: token is set twice/],
    ["[default]\n[a]\n[default]", /settings, line 3: the section \[default\] is there twice/],
    ['[default]\nclient_secret = "secret', /settings, line 2: the quotes of client_secret do not fit/],
    ["[default]\ntimeout = secret", /settings, line 2: timeout is not a whole number/],
    ["[default]\ntls_ca = /nowhere/a.pem", /settings, line 2: tls_ca is the name of a file that cannot be read \(ENOENT\)$/],
    ["[default]\n[a]\n", /settings: there is no section \[p\]; there are \[default\], \[a\]/],
    [`[default]\n${"#".repeat(1 << 20)}`, /settings: the file is longer than 1 MiB/],
  ];
  for (const [text, message] of table) {
    const path = file(text);
    const profile = /\[p\\\]/.test(message.source) ? "p" : undefined;
    assert.throws(
      () => within({}, () => loadConfig({}, { file: path, profile })),
      (error: any) => {
        assert.match(error.message, message);
        assert.equal(error.code, "config");
        assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /secret(?!,|_| do)|c2VjcmV0/);
        return true;
      },
    );
  }
  assert.throws(
    () => within({ PURECLOUD_TIMEOUT: "secret" }, () => loadConfig()),
    /^PureCloudError: the variable PURECLOUD_TIMEOUT: timeout is not a whole number$/,
  );
});

test("a stronger environment is not sent through the gateway of a weaker source", () => {
  const path = file("[default]\ngateway_api = https://g.example.com/a\ngateway_login = https://g.example.com/l");
  assert.deepEqual(within({ PURECLOUD_ENVIRONMENT: "mypurecloud.ie" }, () => loadConfig({}, { file: path })), { environment: "mypurecloud.ie" });
  assert.deepEqual(within({}, () => loadConfig({ environment: "mypurecloud.ie" }, { file: path })), { environment: "mypurecloud.ie" });
  assert.equal(within({}, () => new PureCloudSession(loadConfig({}, { file: path }))).apiUrl, "https://g.example.com/a");
});

test("older names of variables are read after the present ones", () => {
  assert.deepEqual(within({ PURECLOUD_SECRET: "old" }, () => loadConfig()), { clientSecret: "old" });
  assert.deepEqual(within({ PURECLOUD_SECRET: "old", PURECLOUD_CLIENT_SECRET: "new" }, () => loadConfig()), { clientSecret: "new" });
});
