import type { Core } from "./core.js";
import { loginError, PureCloudError } from "./error.js";
import { OWN_STATE, readReturn } from "./login.js";
import type { Departure, PageGrant, Return } from "./login.js";
import { authorizeAddress, base64url, challengeOf } from "./oauth.js";
import { entry, keepDeparture, readDeparture } from "./page.js";
import type { Visit } from "./page.js";
import type { Request } from "./request.js";
import { renewalOf } from "./token.js";
import type { Tokens } from "./tokens.js";
import { requestFor } from "./work.js";

/**
 * Brings a person to the login and resolves with query and hash of the address that the login came back to, as a `URL`
 * has them: `loginPopup()` of `purecloud/popup`, or a function of the program's own, such as a listener in Node.
 */
export type LoginWindow = (
  address: string,
  redirectUrl: string,
) => PromiseLike<{ readonly search: string; readonly hash: string }>;

/** How a person logs in. */
export interface LoginOptions {
  readonly clientId?: string | undefined;
  readonly redirectUrl?: string | undefined;
  /** Comes back from the login, for `getState`. @default one that nobody can guess */
  readonly state?: string | undefined;
  /**
   * `code` is the authorization code with PKCE. When the login refuses one to the client, the other is tried, and
   * remembered for this client in this browser. @default `code`
   */
  readonly grant?: PageGrant | undefined;
  /** The short name of the organization, for a login through its own identity provider; needs `provider`. */
  readonly org?: string | undefined;
  /** The identity provider of `org`, such as `okta`. */
  readonly provider?: string | undefined;
  readonly target?: string | undefined;
  /** The name to fill in. */
  readonly login_hint?: string | undefined;
  /** `login` asks for the password even of somebody who is signed in. */
  readonly prompt?: string | undefined;
  /** How the person gets to the login. @default the page itself goes there */
  readonly open?: LoginWindow | undefined;
}

/**
 * For how long a login that failed, or from which nothing came back, keeps the page from going there by itself, in
 * milliseconds.
 */
const RECENT = 30_000;

/** What the logins of a session share. */
export interface LoginContext {
  readonly core: Core;
  readonly tokens: Tokens;
  /** Of the page, if there is one. */
  readonly visit: Visit | undefined;
  /** Asks the platform who the token in use is. */
  readonly test: () => Request;
  /** The failed return of which this session has told its program. */
  told?: Return;
}

/** Makes sure of a token in a page; see `Session.authorize`. */
export function authorizeInPage(
  context: LoginContext,
  wanted: LoginOptions & {
    readonly clientId: string;
    readonly redirectUrl: string;
    readonly clientSecret?: string | undefined;
    /** As in `Departure`. */
    readonly isFirst?: boolean | undefined;
  },
): Request {
  const { core, tokens, visit, test } = context;
  const { host, options } = core;
  const { page } = host;
  const { clientId, clientSecret, redirectUrl, open, org, provider, target, login_hint, prompt } = wanted;
  const { api: environment, login } = core.environment;
  const grantKey = `purecloud_grant_${clientId}`;

  return requestFor(async (request) => {
    /** Goes to the login. Stays pending where the page itself goes. */
    const leave = async (grant: PageGrant, other = false): Promise<readonly unknown[]> => {
      const at = host.time();
      const never = new Promise<never>(() => {});
      if (!open) {
        // Another session of this page, or the page that opened this window, is at it.
        if (request.state() != "pending" || at - visit!.left < RECENT) return never;
        if (!other && at - readDeparture(page!).at < RECENT) {
          // The next time, somebody wants it.
          keepDeparture(page!, { state: "", at: 0 });
          throw loginError("the login came back for another tab or another login", { code: "state" });
        }
        visit!.left = at;
      }
      const { crypto } = page || globalThis;
      const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
      // Pages that came without encryption cannot compute a challenge.
      const verifier = grant == "code" && crypto.subtle ? random() : undefined;
      const state = wanted.state || OWN_STATE + random();
      const departure: Departure = {
        ...{ state, at, environment, clientId, redirectUrl, verifier, other, isFirst: wanted.isFirst },
        grant: verifier ? "code" : "implicit",
      };
      const address = authorizeAddress(
        login,
        verifier ? "code" : "token",
        clientId,
        redirectUrl,
        state,
        verifier && (await challengeOf(crypto.subtle, verifier)),
        { org, provider, target, login_hint, prompt },
      );
      if (open) {
        const { search, hash } = await open(address, redirectUrl);
        return proceed(readReturn(search, hash, departure, true, at) || { rest: "", at });
      }
      if (!keepDeparture(page!, departure) && (verifier || options.checkState != false)) {
        visit!.left = 0;
        throw new PureCloudError("the login cannot return: this browser keeps no storage for this page", { code: "storage" });
      }
      page!.location.replace(address);
      return never;
    };

    const proceed = async (back?: Return): Promise<readonly unknown[]> => {
      const departure = back?.departure;
      if (back?.code && departure) {
        const { code } = back;
        const { redirectUrl, verifier: codeVerifier } = departure;
        const type = "authorization_code";
        back.exchange ||= tokens.obtain(
          { type, clientId, clientSecret, code, redirectUrl, codeVerifier },
          { environment, client_id: clientId, grant: type },
        );
        try {
          back.token = await back.exchange;
        } catch (error) {
          back.error = error as PureCloudError;
        }
        back.code = undefined;
      }
      if (back?.error) {
        const isGrantRefused = /^(unauthorized_client|unsupported_response_type)$/.test(back.error.code);
        if (isGrantRefused && departure && !departure.other) {
          return leave(departure.grant == "code" ? "implicit" : "code", true);
        }
        if (context.told != back && host.time() - back.at < RECENT) {
          context.told = back;
          throw back.error;
        }
      }
      const found = back?.token;
      if (found && !back.proven) {
        tokens.use(found, renewalOf({ type: "refresh_token", clientId, clientSecret }, found.refresh_token));
      }
      // Another tab may have logged in meanwhile.
      await tokens.bind({ environment, client_id: clientId, grant: "authorization_code token" }, wanted);
      const token = tokens.peek();
      if (!token) {
        if (open && back) throw loginError("the login did not return what was asked for", { code: "state" });
        const known = entry(page, "localStorage", grantKey) as PageGrant | null;
        return leave(known || wanted.grant || "code");
      }
      const isNew = token == found && !back!.proven;
      try {
        const args = await test().then((...args) => args);
        if (isNew) {
          back!.proven = true;
          if (departure?.other) entry(page, "localStorage", grantKey, departure.grant);
        }
        await tokens.save();
        return args;
      } catch (error) {
        if ((error as PureCloudError).status != 401) throw error;
        tokens.use(null);
        await tokens.save();
        if (back) back.token = undefined;
        // One that has just come back and is refused would come back again.
        if (isNew) throw error;
        return proceed();
      }
    };
    const back = visit?.returned;
    const from = back?.departure;
    return proceed(!from || (from.environment == environment && from.clientId == clientId) ? back : undefined);
  });
}
