import { loginError } from "./error.js";
import type { Host } from "./host.js";
import type { TokenGrant, Granted } from "./oauth.js";
import { belongsTo, freshness, renewalOf, tokenOf } from "./token.js";
import type { Owner, StoredToken, TokenStorage } from "./token.js";

/** How long a token that still serves is left alone after its renewal failed, in milliseconds. */
const HOLD_OFF = 10_000;

/** The token of a session, and what renews it. */
export interface Tokens {
  /** The token in use, whatever its age. */
  peek(): StoredToken | null;
  /** Uses a token from now on, which `by` renews if anything can. */
  use(token: StoredToken | null, by?: TokenGrant): void;
  /** Says whose tokens are used from now on: drops another's, and without one, looks for one in the storage. */
  bind(owner: Owner, client?: { readonly clientSecret?: string | undefined }): void | Promise<void>;
  /** As `Core` has it. */
  token(): string | null | Promise<string | null>;
  /** As `Core` has it. */
  renew(refused: string): Promise<boolean>;
  /** Gets a token for a grant; one that the storage has already, where the grant can be shown again. */
  obtain(grant: TokenGrant, owner: Owner): Promise<StoredToken>;
  /** Keeps the token in use, or forgets the one that is kept when there is none. */
  save(): Promise<unknown>;
  /** Revokes the token in use, and forgets it; one that is on its way is revoked when it comes. */
  close(): Promise<void>;
}

/** Milliseconds until other tabs see what one has stored: browsers pass it on between their processes. */
const STORED_AFTER = 100;

/**
 * @param exchange Asks the login for a token.
 * @param revoke Ends the life of a token at the platform.
 */
export function makeTokens(
  { time, locks, loginOf, after }: Host,
  storage: TokenStorage | undefined,
  exchange: (grant: TokenGrant) => Promise<Granted>,
  revoke: (token: StoredToken) => PromiseLike<unknown>,
): Tokens {
  let current: StoredToken | null = null;
  let grant: TokenGrant | undefined;
  let owner: Owner = {};
  let clientSecret: string | undefined;
  let loading: Promise<void> | undefined;
  let renewal: Promise<string> | undefined;
  let again = 0;
  let closed = false;

  const isFresh = ({ obtained_at, expires_at }: StoredToken) => freshness(time(), obtained_at, expires_at);
  // A bare token was kept by an older generation, or comes from the program.
  const isMine = (token: StoredToken, login?: string) =>
    token.obtained_at === undefined || belongsTo(token, { ...owner, login });
  const refuse = () => loginError("the session is closed", { code: "closed" });
  // What cannot be kept lasts as long as this session.
  const attempt = async <T>(act: () => T) => {
    try {
      return await act();
    } catch {
      return null;
    }
  };

  const use = (token: StoredToken | null, by?: TokenGrant) => {
    current = token;
    grant = by;
  };
  const adopt = (kept: StoredToken | null | undefined) => {
    if (current || !kept?.access_token) return;
    const { client_id, refresh_token, grant: by } = kept;
    const type = clientSecret && by == "client_credentials" ? by : "refresh_token";
    const grant: TokenGrant = { type, clientId: client_id!, clientSecret };
    if (isMine(kept, loginOf?.(grant))) use(kept, renewalOf(grant, refresh_token));
  };
  const load = (): void | Promise<void> => {
    try {
      const kept: any = storage?.load();
      if (!kept?.then) return adopt(kept);
      return (loading = kept.then(adopt, () => {}).then(() => (loading = undefined)));
    } catch {
      // A store that cannot be read has no token.
    }
  };

  const obtain = async (wanted: TokenGrant, owner: Owner, refused?: string): Promise<StoredToken> => {
    const repeatable = /client_credentials|refresh_token/.test(wanted.type);
    const ask = async () => {
      // Another tab or process may have a newer one.
      const kept = repeatable && (await attempt(() => storage?.load()));
      const mine = kept && belongsTo(kept, owner) && kept.access_token != refused;
      if (mine && isFresh(kept) == "fresh") return kept;
      const refreshToken = (mine && kept.refresh_token) || wanted.refreshToken;
      const granted = await exchange({ ...wanted, refreshToken });
      const token = tokenOf({ ...granted, refreshToken: granted.refreshToken || refreshToken }, owner, time());
      if (closed) {
        await revoke(token);
        throw refuse();
      }
      if (repeatable) await attempt(() => storage?.save(token));
      return token;
    };
    if (!repeatable || !storage || !locks) return ask();
    // One at a time in all tabs and workers of this origin. The next one waits for what was stored; the caller does not.
    return new Promise((resolve, reject) => {
      const inTurn = () => {
        const asked = ask();
        asked.then(resolve, reject);
        return asked.then(() => new Promise<void>((seen) => after(STORED_AFTER, seen, true)), () => {});
      };
      locks.request(`purecloud ${owner.environment} ${owner.client_id}`, inTurn).catch(reject);
    });
  };

  // One renewal for all calls that wait for it.
  const replace = (refused?: string): Promise<string> => {
    const before = current!;
    const by = grant!;
    const { environment, client_id, grant: name, user, login } = before;
    renewal ||= obtain(by, { environment, client_id, grant: name, user, login }, refused)
      .then(
        (token) => {
          // The program may have set or forgotten a token meanwhile.
          if (current == before) use(token, renewalOf(by, token.refresh_token));
          return token.access_token;
        },
        (error) => {
          again = time() + HOLD_OFF;
          throw error;
        },
      )
      .finally(() => (renewal = undefined));
    return renewal;
  };

  const save = () => attempt(() => (current ? storage?.save(current) : storage?.clear()));

  const token = (): string | null | Promise<string | null> => {
    if (closed) return Promise.reject(refuse());
    if (loading) return loading.then(token);
    const state = current && grant && isFresh(current);
    if (state == "expired") return replace();
    // The old one still serves this call.
    if (state == "due" && time() >= again) replace().catch(() => {});
    return current && current.access_token;
  };

  return {
    peek: () => current,
    use,
    token,
    bind(next, client) {
      owner = { ...owner, ...next };
      clientSecret = client?.clientSecret;
      if (current && !isMine(current)) use(null);
      return loading || (current ? undefined : load());
    },
    async renew(refused) {
      const before = current;
      if (before?.access_token == refused) {
        if (grant) return replace(refused).then(Boolean, () => false);
        // Nothing renews it here, but another tab may have logged in anew.
        use(null);
        await load();
        if (!current || (current as StoredToken).access_token == refused) use(before);
      }
      // Otherwise another call was refused before, and has renewed it.
      return !!current && current.access_token != refused;
    },
    obtain,
    save,
    async close() {
      const last = current;
      closed = true;
      use(null);
      try {
        if (last?.obtained_at !== undefined) await revoke(last);
      } finally {
        await save();
      }
    },
  };
}
