import { PureCloudError } from "./error.js";
import type { Page } from "./host.js";

/** The state that a session makes up has this before it, to tell it from a program's own. */
const OWN_STATE = "purecloud-";

/**
 * Where to send the page to log in, and the state to keep for its return: the program's own, or else one that nobody
 * can guess.
 */
export function departure(
  crypto: Page["crypto"],
  login: string,
  client_id: string,
  redirect_uri: string,
  state = OWN_STATE + crypto.getRandomValues(new Uint32Array(4)).join("-"),
): { readonly url: string; readonly state: string } {
  const query = new URLSearchParams({ response_type: "token", client_id, redirect_uri, state });
  return { url: `${login}/oauth/authorize?${query}`.replace(/\+/g, "%20"), state };
}

/** What a return from a login comes to: a token or an error. */
export interface Return {
  readonly token?: string | null | false;
  /** The program's own state; `null` when the session had made one up. */
  readonly state?: string | null;
  readonly error?: PureCloudError | "" | null;
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
  // A plus in a token is itself, not a space.
  const values = new URLSearchParams(hash.slice(1).replace(/\+/g, "%2B"));
  const token = values.get("access_token");
  const state = values.get("state");
  const code = values.get("error");
  if (!token && (!code || (check && !expected))) return undefined;
  const problem =
    check && (!expected || state != expected)
      ? "the login has another state"
      : code && `[${code}] ${(values.get("error_description") || "").replace(/\+/g, " ")}`;
  return {
    rest: hash.replace(/[#&](access_token|token_type|expires_in|scope|state|error\w*)=[^&]*/g, "").replace(/^&/, "#"),
    token: !problem && token,
    state: problem || state?.startsWith(OWN_STATE) ? null : state,
    error: problem && new PureCloudError(problem, { code: code || "state" }),
  };
}
