/**
 * OAuth as values: the form of each grant, what an answer and a redirect say, and the addresses that a browser opens.
 * Nothing here sends anything; `vectors/oauth-*.json` hold its cases for both runtimes.
 */
import { loginError } from "./error.js";

/** What a program shows to be given a token. A client without a secret is named in the form instead of in a header. */
export interface TokenGrant {
  /** `authorization_code` proves itself with `codeVerifier` (PKCE), with `clientSecret`, or with both. */
  readonly type: "client_credentials" | "authorization_code" | "saml2" | "refresh_token";
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** Of `authorization_code`, with the redirect address that the code was asked for with. */
  readonly code?: string | undefined;
  readonly redirectUrl?: string | undefined;
  readonly codeVerifier?: string | undefined;
  /** Of `saml2`: the short name of the organization, and the assertion in base64. */
  readonly organization?: string | undefined;
  readonly assertion?: string | undefined;
  /** Of `refresh_token`. */
  readonly refreshToken?: string | undefined;
}

/** What the login answers to a grant. */
export interface Granted {
  readonly accessToken: string;
  /** Seconds; absent when the login does not say. */
  readonly expiresIn?: number | undefined;
  readonly refreshToken?: string | undefined;
}

/** Names and values as a form or a query has them; those without a value are left out. */
function encodePairs(pairs: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(pairs)
    .filter(([, value]) => value)
    .map((pair) => pair.map((text) => encodeURIComponent(text!)).join("="))
    .join("&");
}

/** The form that asks for a token, and the `Authorization` header of a client with a secret. */
export function tokenRequest(grant: TokenGrant): { readonly form: string; readonly authorization: string } {
  const { type, clientId, clientSecret } = grant;
  const form = encodePairs({
    grant_type: type == "saml2" ? "urn:ietf:params:oauth:grant-type:saml2-bearer" : type,
    code: grant.code,
    redirect_uri: grant.redirectUrl,
    code_verifier: grant.codeVerifier,
    orgName: grant.organization,
    assertion: grant.assertion,
    refresh_token: grant.refreshToken,
    client_id: clientSecret ? "" : clientId,
  });
  // In UTF-8, which `btoa` knows nothing of.
  const basic = () => `Basic ${btoa(unescape(encodeURIComponent(`${clientId}:${clientSecret}`)))}`;
  return { form, authorization: clientSecret ? basic() : "" };
}

/** Whether this is a token that a header can carry. */
export function isToken(text: unknown): text is string {
  return typeof text == "string" && /^[!-~]+$/.test(text);
}

/**
 * Reads what a login gives: the JSON of an answer, or the fields of a redirect.
 *
 * @throws {PureCloudError} `code` is OAuth's `error`, or `unusable` when there is no token that a header can carry.
 */
export function readGranted(said: any): Granted {
  const { access_token: accessToken, token_type, expires_in, refresh_token, error } = said || {};
  if (error) {
    const code = `${error}`;
    throw loginError(`[${code}] ${said.error_description || said.description || ""}`, { kind: "refused", code });
  }
  if (!isToken(accessToken) || !/^(bearer)?$/i.test(token_type || "")) {
    throw loginError("the login returned no usable token", { kind: "decode", code: "unusable" });
  }
  const life = Math.floor(Math.max(0, parseFloat(expires_in)));
  return { accessToken, expiresIn: life < Infinity ? life : undefined, refreshToken: refresh_token || undefined };
}

/** OAuth's fields in a query, and in a hash. */
const QUERY_FIELDS = "code|state|error|error_description|error_uri";
const HASH_FIELDS = "access_token|token_type|expires_in|scope|state|error|error_description|error_uri";

/**
 * The fields that a login has put into the query or the hash of an address, decoded, and what is left, letter for letter.
 * A router may have put a `/`, a `!` or a path of its own before the first of them.
 */
export function takeFields(part: string): readonly [fields: URLSearchParams, rest: string] {
  let found = "";
  const names = part[0] == "#" ? HASH_FIELDS : QUERY_FIELDS;
  const rest = part.replace(new RegExp(`([#?&/!])(${names})=([^&]*)`, "g"), (_, before, name, value) => {
    found += `&${name}=${value}`;
    return before == "&" ? "" : before;
  });
  // A plus in a token is itself, not a space.
  return [new URLSearchParams(found.replace(/\+/g, "%2B")), rest.replace(/([#?/!])&/, "$1").replace(/[#?]$/, "")];
}

/**
 * What the fields of a redirect hold: a code or a token. Nothing in them is believed before their state is the expected
 * one; without an expectation any is.
 *
 * @throws {PureCloudError} `code` is OAuth's `error`, or one of `state`, `repeated`, `unusable` and `nothing`.
 */
export function readRedirect(fields: URLSearchParams, state?: string | null): Granted | { readonly code: string } {
  const said: any = Object.fromEntries(fields);
  const { code, error, error_description, access_token } = said;
  const parameter = [...fields.keys()].find((name) => fields.getAll(name)[1] !== undefined);
  const problem = parameter
    ? "repeated"
    : state && said.state != state
      ? "state"
      : !error && !code && access_token === undefined && "nothing";
  if (problem) throw loginError(`the login came back to a wrong address (${problem})`, { code: problem, parameter });
  if (code && !error) return { code };
  return readGranted({ ...said, error_description: error_description?.replace(/\+/g, " ") });
}

/** The address that a browser opens to log in: for a token, or for a code, which a challenge ties to this login. */
export function authorizeAddress(
  login: string,
  wanted: "token" | "code",
  clientId: string,
  redirectUrl: string,
  state: string,
  challenge?: string | undefined,
  more?: Readonly<Record<string, string | undefined>>,
): string {
  const query = encodePairs({
    response_type: wanted,
    client_id: clientId,
    redirect_uri: redirectUrl,
    state,
    code_challenge: challenge,
    code_challenge_method: challenge && "S256",
    ...more,
  });
  return `${login}/oauth/authorize?${query}`;
}

/** The address that ends the login of a browser, and then goes to `redirectUrl` if there is one. */
export function logoutAddress(login: string, clientId?: string, redirectUrl?: string): string {
  const query = redirectUrl && encodePairs({ client_id: clientId, redirect_uri: redirectUrl });
  return `${login}/logout${query ? `?${query}` : ""}`;
}

/** Bytes as text that can stand anywhere: base64url. */
export function base64url(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

/** The PKCE challenge of a verifier: its SHA-256. */
export async function challengeOf(subtle: SubtleCrypto, verifier: string): Promise<string> {
  return base64url(await subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
}
