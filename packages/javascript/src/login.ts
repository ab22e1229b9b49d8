import { PureCloudError } from "./error.js";

/** The state that a session makes up has this before it, to tell it from a program's own. */
const OWN_STATE = "purecloud-";

/** A state that nobody can guess, from 128 random bits. */
export function makeState(crypto: Pick<Crypto, "getRandomValues">): string {
  return OWN_STATE + crypto.getRandomValues(new Uint32Array(4)).join("-");
}

/** Where to send the page to log in. */
export function authorizeUrl(login: string, clientId: string, redirectUrl: string, state: string): string {
  return (
    `${login}/oauth/authorize?response_type=token&client_id=${encodeURIComponent(clientId)}` +
    `&redirect_uri=${encodeURIComponent(redirectUrl)}&state=${encodeURIComponent(state)}`
  );
}

/** OAuth's own parts of the hash that a login returns with. */
const OAUTH_PART = /^(access_token|token_type|expires_in|scope|state|error|error_description|error_uri)=(.*)/;

/**
 * Takes OAuth's parts out of a hash such as `#access_token=…&state=…&tab=2`: their values, decoded once, and what is
 * left of the hash for the page, empty when nothing is.
 */
export function readHash(hash: string): { readonly values: Readonly<Record<string, string>>; readonly rest: string } {
  const values: Record<string, string> = {};
  const rest = hash
    .slice(1)
    .split("&")
    .filter((part) => {
      const [, name, value] = OAUTH_PART.exec(part) || [];
      if (!name) return true;
      try {
        values[name] = decodeURIComponent(value!);
      } catch {
        values[name] = value!;
      }
      return false;
    });
  return { values, rest: rest.join("&") && "#" + rest.join("&") };
}

/** What a return from a login comes to. */
export interface Verdict {
  readonly token?: string;
  /** The program's own state; absent when the session had made one up. */
  readonly state?: string | undefined;
  readonly error?: PureCloudError;
}

/**
 * Judges the values of a hash. A token counts only if it comes with the state that this tab left with, since anybody
 * can make a link with a token of theirs in it. Nothing to judge, and a hash to leave alone, gives `undefined`.
 *
 * @param expected The state that this tab left with, if it left.
 * @param check Off by the session's option `checkState`.
 */
export function judgeReturn(
  values: Readonly<Record<string, string>>,
  expected: string | null,
  check: boolean,
): Verdict | undefined {
  const { access_token: token, error, error_description: description = "the login failed", state } = values;
  const known = !check || (expected != null && state === expected);
  if (token) {
    return known
      ? { token, state: state?.startsWith(OWN_STATE) ? undefined : state }
      : {
          error: new PureCloudError(
            "the login that came back is not one that this tab began: its state differs. Log in again; " +
              "the option checkState: false accepts it",
            { code: "state" },
          ),
        };
  }
  return error && (expected != null || !check) ? { error: new PureCloudError(`[${error}] ${description}`, { code: error }) } : undefined;
}
