/** The platform on this machine, for tests in Node: starts the emulator's program, and ends it whatever ends the tests. */
import type { ChildProcess } from "node:child_process";
import { builtin } from "./builtin.js";
import { PureCloudError } from "./error.js";
import type { Session, SessionConstructor, SessionOptions } from "./session.js";

/** How the emulator is started. */
export interface EmulatorOptions {
  /** The program `purecloud`. @default The variable `PURECLOUD_BIN`, else `purecloud` in the folders of `PATH` */
  readonly binary?: string | undefined;
  /** More arguments of `purecloud emulator`, such as `["--users", "50", "--rate-limit"]`. */
  readonly args?: readonly string[] | undefined;
  /** Milliseconds until it must answer. @default 30000 */
  readonly startTimeout?: number | undefined;
}

/** A request that the emulator received; secrets are left out. */
export interface EmulatorRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly [member: string]: any;
}

/** Bytes of the emulator's messages that an error shows. */
const MESSAGE_LIMIT = 2_000;
/** Bytes of its announcement. */
const LONGEST_ANNOUNCEMENT = 1 << 16;
/** Milliseconds until a process that was asked to end is killed. */
const STOP_PATIENCE = 5_000;

/**
 * Starts the emulator on a free port; resolves once it answers. It ends with `stop`, and when the process that started it
 * ends, however that ends. It does not keep that process alive.
 *
 * @throws {PureCloudError} `code` is `emulator`: the program is not found, or does not start.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { binary = findProgram(), args = [], startTimeout = 30_000 } = options;
  const { spawn } = builtin<typeof import("node:child_process")>("node:child_process");
  const child = spawn(binary, ["emulator", "--port", "0", "--json", "--exit-with-stdin", ...args], { windowsHide: true });
  let said = "";
  let messages = "";
  child.stdin.on("error", () => {});
  child.stderr.on("data", (chunk) => (messages = `${messages}${chunk}`.slice(-MESSAGE_LIMIT)));
  const announcement = await new Promise<string>((resolve, reject) => {
    const end = (problem: string) => {
      clearTimeout(clock);
      child.kill("SIGKILL");
      reject(emulatorError(`${binary} ${problem}${messages && `: ${messages.trim()}`}`));
    };
    const clock = setTimeout(() => end(`does not print its address within ${startTimeout} ms`), startTimeout);
    child.once("error", (error: NodeJS.ErrnoException) => end(`cannot be started (${error.code})`));
    child.once("close", (code) => end(`ended with ${code} before it printed its address`));
    child.stdout.on("data", function listen(chunk) {
      said += chunk;
      const line = said.indexOf("\n");
      if (line < 0 && said.length < LONGEST_ANNOUNCEMENT) return;
      clearTimeout(clock);
      child.stdout.off("data", listen).resume();
      resolve(said.slice(0, line));
    });
  });
  let known: any;
  try {
    known = JSON.parse(announcement);
    new URL(known.origin);
  } catch {
    child.kill("SIGKILL");
    throw emulatorError(`${binary} does not announce an address; is it the program \`purecloud\`?`);
  }
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) (handle as any).unref?.();
  return new Emulator(child, known);
}

/** The platform on this machine. */
export class Emulator {
  /** Its address, which is an `environment`. */
  readonly origin: string;
  /** OAuth clients: one for client credentials, and one for logins in a page. */
  readonly clients: { readonly credentials: { readonly id: string; readonly secret: string }; readonly browser: { readonly id: string } };
  /** Somebody who can sign in. */
  readonly user: { readonly name: string; readonly password: string; readonly displayName: string };
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, { origin, clients, user }: Pick<Emulator, "origin" | "clients" | "user">) {
    this.#child = child;
    this.origin = origin;
    this.clients = clients;
    this.user = user;
  }

  /** A session that is logged in, by client credentials. It logs in again after a reset. */
  async session(PureCloudSession: SessionConstructor, options: SessionOptions = {}): Promise<Session> {
    const { id: clientId, secret: clientSecret } = this.clients.credentials;
    const session = new PureCloudSession({ environment: this.origin, clientId, clientSecret, ...options });
    await session.authorizeWithClientCredentialsGrant();
    return session;
  }

  /** Goes back to the start: what was stored, the faults, and the requests are forgotten. */
  async reset(): Promise<void> {
    await this.control("POST", "/_emulator/reset");
    await this.faults();
    await this.control("DELETE", "/_emulator/requests");
  }

  /** Makes requests fail from now on by these rules, in place of those before: `status:503,operation=getUsersMe,times=2`. */
  async faults(...rules: string[]): Promise<void> {
    await this.control("PUT", "/_emulator/faults", rules.join("\n") || '{"rules":[]}');
  }

  /** The requests since the start or the last reset, oldest first. */
  async requests(): Promise<EmulatorRequest[]> {
    return (await this.control("GET", "/_emulator/requests")).requests;
  }

  /** Asks the emulator's control API, which docs/emulator.md lists; resolves with the JSON of the answer. */
  control(method: string, path: string, body?: string): Promise<any> {
    const { request } = builtin<typeof import("node:http")>("node:http");
    return new Promise((resolve, reject) => {
      const asked = request(this.origin + path, { method, agent: false }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        answer.on("error", reject).on("end", () => {
          const { statusCode = 0 } = answer;
          if (statusCode > 299) reject(emulatorError(`${method} ${path}: ${statusCode} ${text.slice(0, MESSAGE_LIMIT)}`));
          else resolve(text && JSON.parse(text));
        });
      });
      asked.on("error", reject).end(body);
    });
  }

  /** Ends it; resolves once it has ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode != null || child.signalCode != null) return;
    child.ref();
    await new Promise<void>((resolve) => {
      const clock = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE);
      child.once("exit", () => {
        clearTimeout(clock);
        resolve();
      });
      child.stdin!.end();
    });
  }
}

/** The program by the variable, or in the folders of `PATH`. */
function findProgram(): string {
  const named = process.env["PURECLOUD_BIN"];
  if (named) return named;
  const { delimiter, join } = builtin<typeof import("node:path")>("node:path");
  const { existsSync } = builtin<typeof import("node:fs")>("node:fs");
  const name = process.platform == "win32" ? "purecloud.exe" : "purecloud";
  const folder = (process.env["PATH"] || "").split(delimiter).find((folder) => folder && existsSync(join(folder, name)));
  if (folder) return join(folder, name);
  throw emulatorError("the program `purecloud` is not in PATH; name it with `binary` or the variable PURECLOUD_BIN");
}

const emulatorError = (message: string) => new PureCloudError(message, { code: "emulator" });
