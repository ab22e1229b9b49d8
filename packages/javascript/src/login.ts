/** What a login brings back to a page, as plain functions. */
import type { PureCloudError } from "./error.js";
import { readRedirect, takeFields } from "./oauth.js";
import { tokenOf } from "./token.js";
import type { StoredToken } from "./token.js";

/** How a page gets its token: by authorization code with PKCE, or in the redirect itself, which the platform ends in 2027. */
export type PageGrant = "code" | "implicit";

/** What a tab keeps while its page is at the login. */
export interface Departure {
  readonly state: string;
  /** When the page left, in milliseconds since 1970; 0 once it is back. */
  readonly at: number;
  /** Origin of the API that the token is for. */
  readonly environment?: string;
  readonly clientId?: string;
  readonly redirectUrl?: string;
  readonly grant?: PageGrant;
  readonly verifier?: string | undefined;
  /** Whether a program of 2016 gave the state. It gets it as it stands in the address. */
  readonly isFirst?: boolean | undefined;
  /** Whether the login refused the other grant just before. */
  readonly other?: boolean;
}

/** What a login has brought back. */
export interface Return {
  /** Query and hash without it. */
  readonly rest: string;
  /** What this tab had left with; absent when the return is foreign or stale, and brings nothing. */
  departure?: Departure;
  /** The program's own state, if it gave one. */
  state?: string | null;
  readonly at: number;
  code?: string | undefined;
  /** The exchange of the code. It is good for one, which all sessions of the page wait for. */
  exchange?: Promise<StoredToken>;
  token?: StoredToken | undefined;
  error?: PureCloudError | undefined;
  /** Whether the platform has taken the token since. */
  proven?: boolean;
}

/** The state that the login is to get where a program of 2016 wrote `state` into the address, in its own encoding. */
export function decodeState(state: string): string {
  try {
    return decodeURIComponent(state);
  } catch {
    return state;
  }
}

/** The state that a session makes up has this before it, to tell it from those of a program and of others. */
export const OWN_STATE = "purecloud-";

/**
 * Reads what a login has put into the address of a page: a code or an error in the query or the hash, a token in the
 * hash, wherever a router has moved it. It counts only with the state that this tab left with, since anybody can make a
 * link with a token of theirs in it. What is foreign or stale is taken out of the address and brings nothing; what may
 * be the page's own, such as another login's code, gives `undefined`.
 *
 * @param departure What this tab left with; with an empty state if it did not leave.
 * @param check Off by the session's option `checkState`; then a token with any state counts.
 */
export function readReturn(
  search: string,
  hash: string,
  departure: Departure,
  check: boolean,
  at: number,
): Return | undefined {
  const { environment, clientId: client_id } = departure;
  for (const part of [hash, search]) {
    const [fields, rest] = takeFields(part);
    const state = fields.get("state");
    const isOwn = state?.startsWith(OWN_STATE);
    const isKnown = state && state == departure.state;
    const hasToken = fields.has("access_token");
    if (!hasToken && !((fields.has("code") || fields.has("error")) && (isKnown || isOwn))) continue;
    const back: Return = { rest: part == hash ? search + rest : rest + hash, at };
    const mine = isKnown && departure.at;
    if (mine) back.departure = departure;
    else if (check || !hasToken) return back;
    if (!isOwn) back.state = departure.isFirst && state ? encodeURIComponent(state) : state;
    try {
      const found = readRedirect(fields, mine ? state : "");
      if ("code" in found) back.code = found.code;
      // A token where a code was asked for is nobody's.
      else if (!mine || departure.grant != "code") {
        back.token = tokenOf(found, mine ? { environment, client_id, grant: "token" } : {}, at);
      }
    } catch (error) {
      back.error = error as PureCloudError;
    }
    return back;
  }
  return undefined;
}
