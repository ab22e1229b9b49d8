import { authorizeInPage } from "./authorize.js";
import type { LoginContext, LoginOptions } from "./authorize.js";
import type { Core, Policy } from "./core.js";
import { createDeadlines } from "./deadlines.js";
import { readEnvironment, readGateway } from "./environment.js";
import type { Gateway } from "./environment.js";
import { PureCloudError, missing } from "./error.js";
import type { Generation2 } from "./generation2.js";
import { Governor } from "./governor.js";
import type { WaitingCall } from "./governor.js";
import type { Hooks } from "./hooks.js";
import type { Host, Page } from "./host.js";
import type { LogOptions, Logger } from "./logging.js";
import { logoutAddress, readGranted, tokenRequest } from "./oauth.js";
import type { TokenGrant } from "./oauth.js";
import type { Operation, Parameter } from "./operation.js";
import { pageStorage, visitOf } from "./page.js";
import { decodeState } from "./login.js";
import type { NotificationOptions, Notifications } from "./notifications.js";
import type { ListingPages, PagesOptions } from "./pages.js";
import type { ListingPosition } from "./paging.js";
import { part, parts } from "./parts.js";
import { prepare } from "./prepare.js";
import type { Prepared } from "./prepare.js";
import type { Request } from "./request.js";
import { createRetrying } from "./retrying.js";
import type { RetryOptions } from "./retrying.js";
import { send } from "./send.js";
import type { SessionStatistics } from "./statistics.js";
import { renewalOf } from "./token.js";
import type { StoredToken, TokenStorage } from "./token.js";
import { makeTokens } from "./tokens.js";
import type { TlsOptions } from "./tls.js";
import type { Fetch } from "./transport-fetch.js";
import { requestFor } from "./work.js";

/** How a session is set up. The names are those of the second generation of this SDK, where it had one. */
export interface SessionOptions extends LoginOptions {
  /** How `login` gets a token, as in the second generation; a session with one gives for empty answers what that gave. */
  readonly strategy?: "token" | "implicit" | "client-credentials" | undefined;
  /**
   * A domain (`mypurecloud.ie`), a region (`eu-west-1`), or an origin (`http://127.0.0.1:8085`) that is both the API
   * and the login.
   * @default In Node the variable `PURECLOUD_ENVIRONMENT`; without it, and elsewhere, `mypurecloud.com`.
   */
  readonly environment?: string | undefined;
  /** A token that the program has; stronger than a stored one. */
  readonly token?: string | undefined;
  /** Of a client that can keep a secret; everybody can read the one of a page. */
  readonly clientSecret?: string | undefined;
  /**
   * Where the token is kept for the next page or process: a store of the page, or the program's own. What another
   * client, environment or grant has put there is not used.
   * @default `localStorage` with a `storageKey`, and for sessions without options; else `memory`
   */
  readonly storage?: "memory" | "localStorage" | "sessionStorage" | TokenStorage | undefined;
  /** The name of the token in the page's store. @default `authtoken` */
  readonly storageKey?: string | undefined;
  /** Milliseconds that each attempt of a call may take, once it is sent; 0 for any time. @default 30000 */
  readonly timeout?: number | undefined;
  /**
   * Milliseconds that a call may take with all its attempts and waits; 0 for any time. @default 0: waits end with the
   * `limit` of `retry`.
   */
  readonly totalTimeout?: number | undefined;
  /** How failures that may pass are treated; `false` for attempts of one only. @default See {@link RetryPolicy}. */
  readonly retry?: RetryOptions | undefined;
  /** Most calls under way at a time; more wait for their turn. @default 100 */
  readonly maxInFlight?: number | undefined;
  /** Whether calls are spaced by the platform's rate limit, so that a 429 is rare. @default true */
  readonly rateLimit?: boolean | undefined;
  /**
   * Shares the rate budget with other sessions and processes that use the same token: `shareBudget(store)` of
   * `purecloud/fleet`. @default The session has its own.
   */
  readonly budget?: ((core: Core) => Policy) | undefined;
  /**
   * Bytes of an answer's content, unpacked. Of a longer one nothing more is read, and the call fails.
   * @default 268435456, which is 256 MiB
   */
  readonly answerLimit?: number | undefined;
  /**
   * Where failed calls, retries and calls are logged: `console`, or a logger like it. `logTo` of the session takes more
   * options. Needs `purecloud/logging`. @default nowhere
   */
  readonly logger?: Logger | undefined;
  /**
   * Whether requests have the trace context of OpenTelemetry's active span (`traceparent`, `tracestate`), where a program
   * has set up OpenTelemetry. Pages and their workers never do: the platform would have to allow these headers.
   * @default true
   */
  readonly traceparent?: boolean | undefined;
  /** Headers of every request, after `authorization` and before those of the request itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Other hosts that may be sent the token: `files.example.com:8443` with encryption, `http://127.0.0.1:8086` without.
   * @default none
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Allows an environment that is reached without encryption and is not on this machine. @default false */
  readonly allowHttp?: boolean | undefined;
  /** Whether a login that returns must be one that this tab began. @default true */
  readonly checkState?: boolean | undefined;
  /** Whether jQuery's global events (`ajaxSend`, `ajaxError`, …) fire for requests, in a page that has it. @default true */
  readonly jqueryEvents?: boolean | undefined;
  /** A gateway before the platform, in place of `environment`. The token goes to its two addresses alone. */
  readonly gateway?: Gateway | undefined;
  /**
   * What sends requests, such as a `fetch` of the program's own, or a function that answers in a test.
   * @default `fetch`, and in Node connections of its own, which `proxy`, `tls` and `agent` are about
   */
  readonly transport?: Fetch | undefined;
  /**
   * Address of an HTTP proxy, in Node, such as `http://name:password@proxy.example.com:3128`; `false` for none.
   * @default The variables `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`
   */
  readonly proxy?: string | false | undefined;
  /** Hosts that are reached without a proxy, in Node, in the form of the variable. @default `NO_PROXY`, unless `proxy` is given */
  readonly noProxy?: string | undefined;
  /** Authorities to trust and the certificate to show, in Node. */
  readonly tls?: TlsOptions | undefined;
  /** What opens encrypted connections in Node, in place of `proxy` and `tls`. */
  readonly agent?: object | undefined;
}

/** Where calls go and with which token. Its methods need no `this`. */
export interface Session extends Generation2 {
  /** Whether the method and address of every request are written to the console; `true` alone turns it on. */
  debug(on?: boolean): boolean;
  /** The state that the program gave to `authorize`, once the login has returned with it; else `null`. */
  getState(): string | null;
  /**
   * Makes sure of a token, in a page. A token at hand is tried; when there is none, or the platform refuses it with 401,
   * the page goes to the login, and comes back to `redirectUrl`, where the same call succeeds.
   *
   * Succeeds with the current user. Stays pending while the page leaves. Fails when the login was refused, when the
   * token cannot be tried, and when the page has just been at the login in vain: it does not go there twice by itself.
   *
   * @throws {PureCloudError} at once, without `clientId` or `redirectUrl`, with one of `org` and `provider` alone, and
   * where there is neither a page nor `open`.
   */
  authorize(clientId?: string, redirectUrl?: string, state?: string): Request;
  authorize(options: LoginOptions): Request;
  /**
   * Gets a token for a client of the platform itself, outside of pages. Succeeds without a value.
   *
   * @throws {PureCloudError} at once, without `clientId` or `clientSecret`.
   */
  authorizeWithClientCredentialsGrant(clientId?: string, clientSecret?: string): Request<void>;
  /**
   * Gets a token for any grant, such as a code that a web server was sent, a SAML 2 assertion or a refresh token, and
   * renews it while the grant allows. Succeeds with the token.
   */
  authorizeWith(grant: TokenGrant): Request<StoredToken>;
  /** The token, after setting it if one is given. It is not stored. */
  authToken(token?: string): string | null;
  hasAuthorizationToken(): boolean;
  /**
   * Forgets the token, also the stored one; in a page, goes to the platform's logout, and from there to `redirectUrl`,
   * which the client must have among its own.
   */
  logout(redirectUrl?: string): void;
  /**
   * Ends the session: revokes its token, unless the program gave it, and forgets it. Calls fail from here on. A token
   * that is on its way is revoked when it comes.
   */
  close(): Request<void>;
  /** The environment, after changing it if one is given. */
  environment(environment?: string): string;
  /** Gets a path of the API, such as `/api/v2/users/me`, or an absolute address on an allowed host. */
  get(url: string, query?: Readonly<Record<string, unknown>>): Request;
  /** Sends any request to a path of the API. `body` is sent as JSON. */
  makeRequest(method: string, path: string, body?: unknown): Request;
  /** The same with a query, of the second generation. */
  makeRequest(method: string, path: string, query: Readonly<Record<string, unknown>> | undefined, body: unknown): Request;
  /** The address of the API, without a slash at its end. */
  readonly apiUrl: string;
  /**
   * Whether it was made as in 2016, with a domain, an origin or nothing. Older names then take the arguments that they had
   * in that year, and those of 2017 otherwise.
   */
  readonly isFirst: boolean;
  /** Continues a listing from a position that was kept; needs `purecloud/paging`. */
  resume(position: ListingPosition, options?: PagesOptions): ListingPages;
  /** The notifications of the platform; needs `purecloud/events`. */
  notifications(options?: NotificationOptions): Notifications;
  /** The calls that wait for their turn, in the order in which they will be sent. */
  queue(): WaitingCall[];
  /**
   * Adds functions that are called around the calls from now on; returns what removes them. Needs `purecloud/hooks`.
   */
  addHooks(hooks: Hooks): () => void;
  /** Writes what calls do to `console` or a logger like it; returns what ends that. Needs `purecloud/logging`. */
  logTo(logger: Logger, options?: LogOptions): () => void;
  /** What calls have come to since somebody first asked here. Needs `purecloud/statistics`. */
  statistics(): SessionStatistics;
  /** Sends what `call` has prepared. */
  send(prepared: Prepared): Request;
}

/** The constructor, which also works without `new`. */
export interface SessionConstructor {
  new (environment?: string | SessionOptions | null): Session;
  (environment?: string | SessionOptions | null): Session;
  readonly prototype: Session;
}

/** Ends the life of the token that asks for it. */
const REVOCATION: Operation = { id: "deleteTokensMe", method: "DELETE", path: "/api/v2/tokens/me", parameters: [] };

/** The one parameter of a bare request. */
const BODY: Parameter = { name: "body", wireName: "body", place: "body", required: false };

/** Asks the login for a token. */
const TOKEN_REQUEST: Operation = {
  ...{ id: "POST /oauth/token", method: "POST", path: "/oauth/token", parameters: [BODY] },
  contentType: "application/x-www-form-urlencoded",
};

/** How each session reaches the world, for parts that are loaded apart. */
export const hostOf = new WeakMap<object, Host>();

/** What is within each session. */
const contexts = new WeakMap<Session, LoginContext>();

/** What is within a session, for the faces of older generations. */
export function contextOf(session: Session): LoginContext {
  return contexts.get(session)!;
}

/** Makes the session of a constructor whose instances have `prototype`. */
export function createSession(host: Host, prototype: object, given?: string | SessionOptions | null): Session {
  const isFirst = !given || typeof given != "object";
  const options: SessionOptions = isFirst ? { environment: given || "", storageKey: "authtoken" } : { ...given };
  const { page } = host;
  const named = (name?: string) => readEnvironment(name || host.environment || "mypurecloud.com", options.allowHttp);
  const { allowedHosts } = options;
  if (allowedHosts && !(Array.isArray(allowedHosts) && allowedHosts.every((allowed) => typeof allowed == "string"))) {
    throw new PureCloudError("allowedHosts is not an array of strings");
  }
  const core: Core = {
    host,
    options,
    environment: options.gateway ? readGateway(options.gateway, options.allowHttp) : named(options.environment),
    debug: false,
    deadlines: createDeadlines(host),
    policies: [new Governor(host, options, () => tokens.peek()?.access_token ?? null), createRetrying(host, options.retry)],
    transport: (wire, sink, { prepared }) =>
      (prepared.onUploadProgress || prepared.onDownloadProgress ? part("transfer").progress(host, prepared, !!options.transport) : host.transport)(
        wire,
        sink,
      ),
    token: () => tokens.token(),
    renew: (refused) => tokens.renew(refused),
  };
  if (options.budget) core.policies.splice(1, 0, options.budget(core));
  let warned = false;

  const bare = (method: string, path: string, body?: unknown): Request => {
    const id = `${method} ${path.split("?")[0]}`;
    return send(
      core,
      prepare({ id, method: method as Operation["method"], path, parameters: [BODY] }, [body]),
    );
  };
  const exchange = async (grant: TokenGrant) => {
    const { form, authorization } = tokenRequest(grant);
    const { code, codeVerifier, clientSecret, assertion, refreshToken } = grant;
    const secrets = [code, codeVerifier, clientSecret, assertion, refreshToken];
    return readGranted(await send(core, { ...prepare(TOKEN_REQUEST, [form]), secrets, credentials: authorization }));
  };
  // The session itself may be closed by then. A token that the platform does not know any more is revoked.
  const revoke = ({ access_token }: StoredToken) =>
    send({ ...core, token: () => access_token, renew: () => false }, prepare(REVOCATION, [])).catch((error) => {
      if (error.status != 401) throw error;
    });
  const visit = page && visitOf(page, options.checkState != false, host.time());
  const tokens = makeTokens(host, storageOf(page, options), exchange, revoke);
  const begin = () => tokens.bind({ environment: core.environment.api, client_id: options.clientId }, options);
  const test = () => bare("GET", "/api/v2/users/me?expand=organization");
  const login: LoginContext = { core, tokens, visit, test };
  tokens.use(visit?.returned?.token || (options.token ? { access_token: options.token } : null));
  begin();

  const logIn = (grant: TokenGrant): Request<StoredToken> => {
    const { type, clientId: client_id } = grant;
    return requestFor(async () => {
      const login = host.loginOf?.(grant);
      const token = await tokens.obtain(grant, { environment: core.environment.api, client_id, grant: type, login });
      tokens.use(token, renewalOf(grant, token.refresh_token));
      await tokens.save();
      return [token];
    });
  };
  const forget = () => {
    tokens.use(null);
    if (visit?.returned) visit.returned.token = undefined;
  };

  let subscriptions: Notifications | undefined;
  const session = {
    __proto__: prototype,

    isFirst,

    debug: (on) => (on === undefined ? core.debug : (core.debug = on === true)),

    getState: () => visit?.returned?.state ?? null,

    authorize: (first?: string | LoginOptions, redirectUrl?: string, state?: string) => {
      const id = "authorize";
      const named = typeof first == "object" ? first : { clientId: first, redirectUrl, ...(state && isFirst ? { state: decodeState(state), isFirst } : { state }) };
      const wanted: any = { ...options };
      for (const [name, value] of Object.entries(named)) if (value) wanted[name] = value;
      if (!page && !wanted.open) throw new PureCloudError(`${id} needs a page`, { operation: id });
      for (const name of ["clientId", "redirectUrl"]) if (!wanted[name]) throw missing(id, name);
      if (!wanted.org != !wanted.provider) throw missing(id, wanted.org ? "provider" : "org");
      return authorizeInPage(login, wanted);
    },

    authorizeWith: logIn,

    authorizeWithClientCredentialsGrant: (clientId = options.clientId, clientSecret = options.clientSecret) => {
      const id = "authorizeWithClientCredentialsGrant";
      if (!clientId || !clientSecret) throw missing(id, clientId ? "clientSecret" : "clientId");
      if (page && !warned) {
        warned = true;
        console.warn(`${id}: this page shows the secret`);
      }
      return logIn({ type: "client_credentials", clientId, clientSecret }).then(() => {});
    },

    authToken: (token) => {
      if (token) tokens.use({ access_token: token });
      return tokens.peek()?.access_token ?? null;
    },

    hasAuthorizationToken: () => !!tokens.peek(),

    logout: (redirectUrl) => {
      const clientId = tokens.peek()?.client_id || options.clientId;
      forget();
      tokens.save();
      page?.location.replace(logoutAddress(core.environment.login, clientId, redirectUrl));
    },

    close: () => {
      subscriptions?.close();
      const closing = tokens.close();
      forget();
      return requestFor<void>(async () => [await closing]);
    },

    environment: (name) => {
      if (name) {
        core.environment = named(name);
        begin();
      }
      return core.environment.name;
    },

    get: (url) => bare("GET", url),

    makeRequest: (method, path, body) => bare(method.toUpperCase(), path, body),

    get apiUrl() {
      return core.environment.api;
    },

    resume: (position, options) => {
      const { request, style } = position;
      const prepared = { id: `${style} listing`, method: "GET", url: request.target, headers: { accept: "application/json" } } as const;
      return part("paging").pages({ session, prepared, position }, undefined, options);
    },

    queue: () => core.policies.flatMap((policy) => policy.queue?.() ?? []),

    notifications: (options) => (subscriptions = part("events").notifications(session, options)),

    addHooks: (hooks) => part("hooks").addHooks(core, hooks),

    logTo: (logger, options) => part("logging").logTo(core, logger, options),

    statistics: () => part("statistics").statistics(core),

    send: (prepared) => send(core, prepared),
  } as Omit<Session, keyof Generation2> as Session;
  hostOf.set(session, host);
  contexts.set(session, login);
  if (!isFirst) parts.generation2?.().extend(session, core, tokens);
  if (options.logger) session.logTo(options.logger);
  return session;
}

/** Where a session keeps its token beyond its own memory. */
function storageOf(page: Page | undefined, { storage, storageKey }: SessionOptions): TokenStorage | undefined {
  if (typeof storage == "object") return storage;
  const kind = storage || (storageKey ? "localStorage" : "memory");
  return page && kind != "memory" ? pageStorage(page, kind, storageKey || "authtoken") : undefined;
}
