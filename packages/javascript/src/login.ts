import { PureCloudError } from "./error.js";

/** The state that a session makes up has this before it, to tell it from a program's own. */
const OWN_STATE = "purecloud-";

/** A state that nobody can guess, from 128 random bits. */
export function makeState(crypto: Pick<Crypto, "getRandomValues">): string {
  return OWN_STATE + crypto.getRandomValues(new Uint32Array(4)).join("-");
}

/** Where to send the page to log in. */
export function authorizeUrl(login: string, client_id: string, redirect_uri: string, state: string): string {
  return `${login}/oauth/authorize?${new URLSearchParams({ response_type: "token", client_id, redirect_uri, state })}`;
}

/** What a return from a login comes to. */
export interface Return {
  readonly token?: string | null;
  /** The program's own state; `null` when the session had made one up. */
  readonly state?: string | null | undefined;
  readonly error?: PureCloudError | undefined;
  /** What is left of the hash for the page. */
  readonly rest: string;
}

/**
 * Reads a hash such as `#access_token=…&state=…&tab=2`. A token counts only if it comes with the state that this tab
 * left with, since anybody can make a link with a token of theirs in it. A hash that is none of a login's gives
 * `undefined`.
 *
 * @param expected The state that this tab left with; `null` if it did not leave.
 * @param check Off by the session's option `checkState`.
 */
export function readReturn(hash: string, expected: string | null, check: boolean): Return | undefined {
  // A plus is a plus here, not a space: tokens have them.
  const values = new URLSearchParams(hash.slice(1).replace(/\+/g, "%2B"));
  const token = values.get("access_token");
  const state = values.get("state");
  const code = values.get("error");
  if (!token && (!code || (check && !expected))) return undefined;
  const rest = hash.replace(/[#&](access_token|token_type|expires_in|scope|state|error\w*)=[^&]*/g, "").replace(/^&/, "#");
  return !token
    ? { rest, error: new PureCloudError(`[${code}] ${values.get("error_description")}`, { code: code! }) }
    : check && (!expected || state != expected)
      ? { rest, error: new PureCloudError("this tab did not begin the login that came back") }
      : { rest, token, state: state?.startsWith(OWN_STATE) ? null : state };
}
