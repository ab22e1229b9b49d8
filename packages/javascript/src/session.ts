import type { Core } from "./core.js";
import { createDeadlines } from "./deadlines.js";
import { readEnvironment } from "./environment.js";
import { PureCloudError, missing } from "./error.js";
import { Governor } from "./governor.js";
import type { WaitingCall } from "./governor.js";
import type { Host } from "./host.js";
import type { Operation, Parameter } from "./operation.js";
import { entry, leaveToLogin, takeReturn } from "./page.js";
import type { NotificationOptions, Notifications } from "./notifications.js";
import type { ListingPages, PagesOptions } from "./pages.js";
import type { ListingPosition } from "./paging.js";
import { part } from "./parts.js";
import { prepare } from "./prepare.js";
import type { Prepared } from "./prepare.js";
import { beginRequest } from "./request.js";
import type { Request } from "./request.js";
import { createRetrying } from "./retrying.js";
import type { RetryOptions } from "./retrying.js";
import { send } from "./send.js";

/** How a session is set up. The names are those of the second generation of this SDK, where it had one. */
export interface SessionOptions {
  /**
   * A domain (`mypurecloud.ie`), or an origin (`http://127.0.0.1:8085`) that is both the API
   * and the login.
   * @default In Node the variable `PURECLOUD_ENVIRONMENT`; without it, and elsewhere, `mypurecloud.com`.
   */
  readonly environment?: string | undefined;
  /** A token that the program has; stronger than a stored one. */
  readonly token?: string | undefined;
  /** For the two `authorize` methods, when they are called without. */
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly redirectUrl?: string | undefined;
  readonly state?: string | undefined;
  /** Where `localStorage` keeps the token. @default `authtoken` for sessions without options, else not kept. */
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
   * Bytes of an answer's content, unpacked. Of a longer one nothing more is read, and the call fails.
   * @default 268435456, which is 256 MiB
   */
  readonly answerLimit?: number | undefined;
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
  /**
   * Address of an HTTP proxy, in Node.
   * @default The variables `HTTPS_PROXY` and `HTTP_PROXY`, with the exceptions in `NO_PROXY`.
   */
  readonly proxy?: string | undefined;
}

/** Where calls go and with which token. Its methods need no `this`. */
export interface Session {
  /** Whether the method and address of every request are written to the console; `true` alone turns it on. */
  debug(on?: boolean): boolean;
  /** The state that the program gave to `authorize`, once the login has returned with it; else `null`. */
  getState(): string | null;
  /**
   * Makes sure of a token, in a page. A token at hand is tried; when there is none or it fails, the page goes to the
   * login, and comes back to `redirectUrl`, where the same call succeeds.
   *
   * Succeeds with the current user. Stays pending while the page leaves. Fails when the login was refused, and when it
   * came back with a foreign `state`.
   *
   * @throws {PureCloudError} at once, where there is no page and without `clientId` or `redirectUrl`.
   */
  authorize(clientId?: string, redirectUrl?: string, state?: string): Request;
  /**
   * Gets a token for a client of the platform itself, outside of pages. Succeeds without a value.
   *
   * @throws {PureCloudError} at once, without `clientId` or `clientSecret`.
   */
  authorizeWithClientCredentialsGrant(clientId?: string, clientSecret?: string): Request<void>;
  /** The token, after setting it if one is given. It is not stored. */
  authToken(token?: string): string | null;
  hasAuthorizationToken(): boolean;
  /** Forgets the token, also the stored one; in a page, goes to the platform's logout. */
  logout(): void;
  /** The environment, after changing it if one is given. */
  environment(environment?: string): string;
  /** Gets a path of the API, such as `/api/v2/users/me`, or an absolute address on an allowed host. */
  get(url: string): Request;
  /** Sends any request to a path of the API. `body` is sent as JSON. */
  makeRequest(method: string, path: string, body?: unknown): Request;
  /** The address of the API, without a slash at its end. */
  readonly apiUrl: string;
  /** Continues a listing from a position that was kept; needs `purecloud/paging`. */
  resume(position: ListingPosition, options?: PagesOptions): ListingPages;
  /** The notifications of the platform; needs `purecloud/events`. */
  notifications(options?: NotificationOptions): Notifications;
  /** The calls that wait for their turn, in the order in which they will be sent. */
  queue(): WaitingCall[];
  /** Sends what `call` has prepared. */
  send(prepared: Prepared): Request;
}

/** The constructor, which also works without `new`. */
export interface SessionConstructor {
  new (environment?: string | SessionOptions | null): Session;
  (environment?: string | SessionOptions | null): Session;
  readonly prototype: Session;
}

/** The one parameter of a bare request. */
const BODY: Parameter = { name: "body", wireName: "body", place: "body", required: false };

/** Makes the session of a constructor whose instances have `prototype`. */
export function createSession(host: Host, prototype: object, given?: string | SessionOptions | null): Session {
  const options: SessionOptions =
    given && typeof given == "object" ? { ...given } : { environment: given || "", storageKey: "authtoken" };
  const { page } = host;
  const named = (name?: string) => readEnvironment(name || host.environment || "mypurecloud.com", options.allowHttp);
  const stored = (token?: string | null) => entry(page, "localStorage", options.storageKey, token);
  const { allowedHosts } = options;
  if (allowedHosts && !(Array.isArray(allowedHosts) && allowedHosts.every((allowed) => typeof allowed == "string"))) {
    throw new PureCloudError("allowedHosts is not an array of texts");
  }
  let token: string | null;
  const governor = new Governor(host, options, () => token);
  const core: Core = {
    host,
    options,
    environment: named(options.environment),
    debug: false,
    deadlines: createDeadlines(host),
    policies: [governor, createRetrying(host, options.retry)],
    token: () => token,
    renew: () => false,
  };
  const returned = page && takeReturn(page, options.checkState != false);
  let refused = returned?.error;
  let warned = false;
  token = returned?.token || options.token || stored();

  const bare = (method: string, path: string, body?: unknown, credentials?: string): Request => {
    const id = `${method} ${path.split("?")[0]}`;
    return send(
      core,
      prepare({ id, method: method as Operation["method"], path, parameters: [BODY] }, [body]),
      credentials,
    );
  };

  const session = {
    __proto__: prototype,

    debug: (on) => (on === undefined ? core.debug : (core.debug = on === true)),

    getState: () => returned?.state ?? null,

    authorize: (clientId = options.clientId, redirectUrl = options.redirectUrl, state = options.state) => {
      const id = "authorize";
      if (!page) throw new PureCloudError(`${id} needs a page`, { operation: id });
      if (!clientId || !redirectUrl) throw missing(id, clientId ? "redirectUrl" : "clientId");
      const leave = () => leaveToLogin(page, core.environment.login, clientId, redirectUrl, state);
      return beginRequest({}, (settle) => {
        token ||= stored();
        if (refused) {
          settle(false, [refused, "error", ""]);
          refused = undefined;
        } else if (!token) {
          leave();
        } else {
          return bare("GET", "/api/v2/users/me?expand=organization")
            .done((...args) => {
              stored(token);
              settle(true, args);
            })
            .fail((...args) => {
              if (args[1] == "abort") settle(false, args);
              else leave();
            }).abort;
        }
        return () => {};
      });
    },

    authorizeWithClientCredentialsGrant: (clientId = options.clientId, clientSecret = options.clientSecret) => {
      const id = "authorizeWithClientCredentialsGrant";
      if (!clientId || !clientSecret) throw missing(id, clientId ? "clientSecret" : "clientId");
      if (page && !warned) {
        warned = true;
        console.warn(`${id}: this page shows the secret`);
      }
      const form = new URLSearchParams({ grant_type: "client_credentials" });
      // In UTF-8, which `btoa` knows nothing of.
      const basic = `Basic ${btoa(unescape(encodeURIComponent(`${clientId}:${clientSecret}`)))}`;
      return bare("POST", "/oauth/token", form, basic).then((body) => {
        // What a header can carry.
        if (!/^[!-~]+$/.test(body?.access_token || ""))
          throw new PureCloudError(`${id}: no token in the answer`, { operation: id });
        token = body.access_token;
      });
    },

    authToken: (given) => (given ? (token = given) : token),

    hasAuthorizationToken: () => token !== null,

    logout: () => {
      token = null;
      stored(null);
      page?.location.replace(`${core.environment.login}/logout`);
    },

    environment: (name) => {
      if (name) core.environment = named(name);
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

    queue: () => governor.queue(),

    notifications: (options) => part("events").notifications(session, options),

    send: (prepared) => send(core, prepared),
  } as Session;
  return session;
}
