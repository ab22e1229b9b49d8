/** Tokens as values: how fresh one is, how a store keeps it, and whose it is. */
import { isToken } from "./oauth.js";
import type { TokenGrant, Granted } from "./oauth.js";

/** A token as stores keep it. The names are those of the JSON that both runtimes of this project write. */
export interface StoredToken extends Owner {
  readonly access_token: string;
  readonly refresh_token?: string | undefined;
  /** Milliseconds since 1970. */
  readonly obtained_at?: number | undefined;
  /** Milliseconds since 1970; absent when the platform did not say. */
  readonly expires_at?: number | undefined;
}

/** Whose a token is. */
export interface Owner {
  /** Origin of the API that it is for. */
  readonly environment?: string | undefined;
  readonly client_id?: string | undefined;
  /** The type of the {@link TokenGrant} that gave it, or `token` for the implicit grant. */
  readonly grant?: string | undefined;
  /** Whom it acts for, where the program named somebody. */
  readonly user?: string | undefined;
  /**
   * Digest of what the login was made with, such as the client secret or the code: another secret is another login.
   * Absent where the token was given in a page.
   */
  readonly login?: string | undefined;
}

/**
 * Keeps the token of a session, for the next page or process. Methods may answer at once or with a promise. What they
 * throw costs no call that has its token already.
 */
export interface TokenStorage {
  /** The token kept, if there is one. */
  load(): StoredToken | null | undefined | PromiseLike<StoredToken | null | undefined>;
  /** Keeps a token instead of any before it. It is plain data, which survives `JSON.stringify`. */
  save(token: StoredToken): unknown;
  /** Forgets the token. */
  clear(): unknown;
}

/** Whether a token is used as it is, renewed meanwhile, or waited for. Times in milliseconds since 1970. */
export function freshness(now: number, obtained = 0, expires?: number | null): "fresh" | "due" | "expired" {
  if (expires == null) return "fresh";
  const life = expires - obtained;
  const left = expires - now;
  return left <= Math.min(5_000, life / 20) ? "expired" : left <= Math.min(300_000, life / 10) ? "due" : "fresh";
}

/** What a store has kept as text; `null` when it is not a token. */
export function readStored(text: string | null): StoredToken | null {
  try {
    const kept = JSON.parse(text!);
    return isToken(kept.access_token) ? kept : null;
  } catch {
    return null;
  }
}

/**
 * Whether a kept token is this owner's. What is not known of the owner yet, apart from the user, may be anything; of the
 * grant, there may be several with spaces between them.
 */
export function belongsTo(kept: StoredToken, owner: Owner): boolean {
  const { environment, client_id, grant, user, login } = owner;
  return (
    (environment || kept.environment) == kept.environment &&
    (client_id || kept.client_id) == kept.client_id &&
    (!grant || grant.split(" ").includes(kept.grant!)) &&
    user == kept.user &&
    ((login && kept.login) || login) == login
  );
}

/** A token that was given just now. */
export function tokenOf({ accessToken, expiresIn, refreshToken }: Granted, owner: Owner, now: number): StoredToken {
  const expires_at = expiresIn === undefined ? undefined : now + expiresIn * 1000;
  return { ...owner, access_token: accessToken, refresh_token: refreshToken, obtained_at: now, expires_at };
}

/** The grant that renews what `grant` gave; `undefined` when nothing can. */
export function renewalOf(grant: TokenGrant, refreshToken?: string): TokenGrant | undefined {
  const { type, clientId, clientSecret } = grant;
  if (type == "client_credentials") return grant;
  return refreshToken ? { type: "refresh_token", clientId, clientSecret, refreshToken } : undefined;
}
