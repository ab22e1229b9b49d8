// The platform on this machine, for tests in Node; written by hand.

import type { PureCloudSession, SessionOptions } from "./session.js";

/** How the emulator is started. */
export interface EmulatorOptions {
  /** The program `purecloud`. Default: the variable `PURECLOUD_BIN`, else `purecloud` in the folders of `PATH`. */
  readonly binary?: string | undefined;
  /** More arguments of `purecloud emulator`, such as `["--users", "50", "--rate-limit"]`. */
  readonly args?: readonly string[] | undefined;
  /** Milliseconds until it must answer. Default: 30000. */
  readonly startTimeout?: number | undefined;
}

/** A request that the emulator received; secrets are left out. */
export interface EmulatorRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly [member: string]: any;
}

/**
 * Starts the emulator on a free port; resolves once it answers. It ends with `stop`, and when the process that started it
 * ends, however that ends. It does not keep that process alive.
 *
 * Fails with a `PureCloudError` whose `code` is `emulator` when the program is not found, or does not start.
 */
export declare function startEmulator(options?: EmulatorOptions): Promise<Emulator>;

/** The platform on this machine. */
export interface Emulator {
  /** Its address, which is an `environment`. */
  readonly origin: string;
  /** OAuth clients: one for client credentials, and one for logins in a page. */
  readonly clients: {
    readonly credentials: { readonly id: string; readonly secret: string };
    readonly browser: { readonly id: string };
  };
  /** Somebody who can sign in. */
  readonly user: { readonly name: string; readonly password: string; readonly displayName: string };
  /** A session that is logged in, by client credentials. It logs in again after a reset. */
  session(
    constructor: new (options: SessionOptions) => PureCloudSession,
    options?: SessionOptions,
  ): Promise<PureCloudSession>;
  /** Goes back to the start: what was stored, the faults, and the requests are forgotten. */
  reset(): Promise<void>;
  /** Makes requests fail from now on by these rules, in place of those before: `status:503,operation=getUsersMe,times=2`. */
  faults(...rules: string[]): Promise<void>;
  /** The requests since the start or the last reset, oldest first. */
  requests(): Promise<EmulatorRequest[]>;
  /** Asks the emulator's control API, such as `GET /_emulator/store`; resolves with the JSON of the answer. */
  control(method: string, path: string, body?: string): Promise<any>;
  /** Ends it; resolves once it has ended. */
  stop(): Promise<void>;
}
