/**
 * Settings from outside of a program, in Node: the variables of its environment, and a file that is read when it is
 * asked for. What the code says is stronger than both.
 */
import { builtin } from "./builtin.js";
import { PureCloudError } from "./error.js";
import type { SessionOptions } from "./session.js";

/** Where settings come from. */
export interface ConfigSource {
  /**
   * The file; `false` for none. A file that is named must be there.
   * @default `PURECLOUD_CONFIG`, else `.purecloud/config` in the home folder, if it is there
   */
  readonly file?: string | false | undefined;
  /** The section of the file. One that is named must be there. @default `PURECLOUD_PROFILE`, else `default`, if it is there */
  readonly profile?: string | undefined;
}

/** How a setting is read: its text becomes an option of sessions. `fail` names the place of the setting. */
type Read = (text: string, fail: (problem: string) => never) => unknown;

const asText: Read = (text) => text;

const asProxy: Read = (text) => text != "false" && text;

const asNumber: Read = (text, fail) => (/^\d{1,12}$/.test(text) ? +text : fail("is not a whole number"));

const asList: Read = (text) => text.split(/[\s,]+/).filter(Boolean);

/** PEM, or the content of a file with the name `text`. What is neither may be a secret, and is not repeated. */
const asContent: Read = (text, fail) => {
  if (text.includes("-----BEGIN ")) return text;
  try {
    return builtin<typeof import("node:fs")>("node:fs").readFileSync(text, "utf8");
  } catch (error: any) {
    return fail(`is the name of a file that cannot be read (${error.code})`);
  }
};

/**
 * Each setting, by its name in the file, which is also that of its variable in small letters without `PURECLOUD_`: the
 * option that it becomes, with a dot for one within another, and how it is read.
 */
const SETTINGS: { readonly [name: string]: readonly [option: string, read: Read] } = {
  environment: ["environment", asText],
  client_id: ["clientId", asText],
  client_secret: ["clientSecret", asText],
  redirect_url: ["redirectUrl", asText],
  token: ["token", asText],
  gateway_api: ["gateway.api", asText],
  gateway_login: ["gateway.login", asText],
  allowed_hosts: ["allowedHosts", asList],
  proxy: ["proxy", asProxy],
  no_proxy: ["noProxy", asText],
  tls_ca: ["tls.ca", asContent],
  tls_cert: ["tls.cert", asContent],
  tls_key: ["tls.key", asContent],
  tls_passphrase: ["tls.passphrase", asText],
  timeout: ["timeout", asNumber],
  total_timeout: ["totalTimeout", asNumber],
  max_in_flight: ["maxInFlight", asNumber],
};

/** Older names of variables. */
const OLDER: { readonly [variable: string]: string } = { PURECLOUD_SECRET: "client_secret" };

/** Bytes of a file of settings. */
const LONGEST_FILE = 1 << 20;

/** A setting as it was found: its text, and where that is. */
interface Found {
  readonly text: string;
  readonly place: string;
}

/**
 * The options of a session: those of `options`, then what the variables of the environment say (`PURECLOUD_CLIENT_ID`),
 * then the settings of a section of the file (`client_id = …`).
 *
 * @throws {PureCloudError} naming file and line, or the variable, and what to do. It repeats no
 * setting.
 */
export function loadConfig(options: SessionOptions = {}, source: ConfigSource = {}): SessionOptions {
  const { env } = process;
  const found = new Map<string, Found>(readFile(source));
  for (const name of Object.keys(SETTINGS)) {
    const older = Object.keys(OLDER).find((variable) => OLDER[variable] == name && env[variable]);
    const variable = env[`PURECLOUD_${name.toUpperCase()}`] || !older ? `PURECLOUD_${name.toUpperCase()}` : older;
    const text = env[variable];
    if (text) found.set(name, { text, place: `the variable ${variable}` });
  }
  // An environment of a stronger source is not sent through the gateway of a weaker one.
  const isOutdone = options.environment || (env["PURECLOUD_ENVIRONMENT"] && !env["PURECLOUD_GATEWAY_API"]);
  if (isOutdone) for (const name of ["gateway_api", "gateway_login"]) found.delete(name);
  const loaded: any = {};
  for (const [name, { text, place }] of found) {
    const [option, read] = SETTINGS[name]!;
    const [outer, inner] = option.split(".") as [keyof SessionOptions, string?];
    if (options[outer] !== undefined) continue;
    const value = read(text, (problem) => failAt(place, `${name} ${problem}`));
    if (inner) loaded[outer] = { ...loaded[outer], [inner]: value };
    else loaded[outer] = value;
  }
  for (const [name, value] of Object.entries(options)) if (value !== undefined) loaded[name] = value;
  return loaded;
}

/** The settings of the file, if there is one. */
function readFile({ file = process.env["PURECLOUD_CONFIG"], profile = process.env["PURECLOUD_PROFILE"] }: ConfigSource): [string, Found][] {
  if (file === false) return [];
  const { homedir } = builtin<typeof import("node:os")>("node:os");
  const { join, resolve } = builtin<typeof import("node:path")>("node:path");
  const { readFileSync, statSync } = builtin<typeof import("node:fs")>("node:fs");
  const path = file ? resolve(file) : join(homedir(), ".purecloud", "config");
  let text: string;
  try {
    if (statSync(path).size > LONGEST_FILE) failAt(path, "the file is longer than 1 MiB, so it is not one of settings");
    text = readFileSync(path, "utf8");
  } catch (error: any) {
    if (error instanceof PureCloudError) throw error;
    if (error.code == "ENOENT" && !file && !profile) return [];
    return failAt(path, `the file cannot be read (${error.code}); name another with PURECLOUD_CONFIG or the argument \`file\``);
  }
  const sections = parseSettings(text, path);
  const section = sections.get(profile || "default");
  if (!section && profile) {
    failAt(path, `there is no section [${profile}]; there are ${[...sections.keys()].map((name) => `[${name}]`).join(", ") || "none"}`);
  }
  return [...(section || [])];
}

/**
 * Reads a text of sections: `[name]`, then lines of `name = value`. Empty lines and lines that begin with `#` or `;` say
 * nothing. A value may be in double quotes, and then has `\"`, `\\`, `\n` and `\t` as in JSON.
 *
 * @throws {PureCloudError} naming `path` and the line.
 */
export function parseSettings(text: string, path: string): Map<string, Map<string, Found>> {
  const sections = new Map<string, Map<string, Found>>();
  let section: Map<string, Found> | undefined;
  text.replace(/^\ufeff/, "").split(/\r?\n/).forEach((line, index) => {
    const place = `${path}, line ${index + 1}`;
    line = line.trim();
    if (!line || /^[#;]/.test(line)) return;
    const heading = /^\[\s*([\w.-]+)\s*\]$/.exec(line);
    if (heading) {
      const name = heading[1]!;
      if (sections.has(name)) failAt(place, `the section [${name}] is there twice; put its settings together`);
      sections.set(name, (section = new Map()));
      return;
    }
    // What is not understood may be a secret on the wrong line, and is not repeated.
    const [, name, value] = /^(\w+)\s*=\s*(.*)$/.exec(line) || failAt(place, "the line is neither a [section] nor a setting `name = value`");
    if (!Object.hasOwn(SETTINGS, name!)) failAt(place, `the setting is not known; there are ${Object.keys(SETTINGS).join(", ")}`);
    if (!section) return failAt(place, "the setting is in no section; put [default] before it");
    if (section.has(name!)) failAt(place, `${name} is set twice in its section; remove one`);
    section.set(name!, { text: unquoted(value!, name!, place), place });
  });
  return sections;
}

function unquoted(value: string, name: string, place: string): string {
  if (value[0] != '"') return value;
  try {
    return JSON.parse(value);
  } catch {
    return failAt(place, `the quotes of ${name} do not fit; within them, write \\" and \\\\`);
  }
}

function failAt(place: string, problem: string): never {
  throw new PureCloudError(`${place}: ${problem}`, { code: "config" });
}
