// The runtime's own types, written by hand; a test compares them with the runtime.
//
// Nothing here needs the DOM's types or Node's. What works without `new` is declared as a class and as a function.

/** The type of a global class, where the DOM's or Node's types are loaded; `never` elsewhere. */
type Global<Name extends string> = typeof globalThis extends { [name in Name]: { prototype: infer Value } } ? Value : never;

/** Content of an answer that is neither text nor JSON: a `Blob` from `fetch`, bytes in Node. */
export type Bytes = Global<"Blob"> | Uint8Array;

/** Content of a request that is not JSON. Streams are those of Node and of the web, and npm's `form-data`. */
export type Upload =
  | { pipe(destination: any): unknown }
  | Global<"ReadableStream">
  | Global<"Blob">
  | Global<"FormData">
  | Global<"URLSearchParams">
  | ArrayBuffer
  | ArrayBufferView
  | string;

/** A file in a form: `filename` and `contentType` are those of a `File` or `Blob` unless they are given. */
export type FormFile =
  | FileContent
  | { readonly content: FileContent; readonly filename?: string | undefined; readonly contentType?: string | undefined };
type FileContent = { pipe(destination: any): unknown } | Global<"ReadableStream"> | Global<"Blob"> | ArrayBuffer | ArrayBufferView;

/**
 * What the body of a request takes that is a form: an object of its fields, or a form that the program has put together. A
 * list is sent as one field for each item, an object as JSON.
 */
export type FormFields<Model> =
  | { [Key in keyof Model]: FormValue<Model[Key]> }
  | Global<"FormData">
  | Global<"URLSearchParams">
  | { pipe(destination: any): unknown; getHeaders(): any };
type FormValue<Value> = 0 extends 1 & Value
  ? Value
  : Value extends Bytes
    ? FormFile
    : Value extends readonly (infer Item)[]
      ? readonly FormValue<Item>[]
      : Value;

/**
 * What the body of a request takes of a model: not what only the platform sets, which is `readonly` there. `version`
 * stays, which the platform compares with what it has, and in a model within another so does `id`, by which one refers
 * to the other. Nothing is taken out of a body at run time, so an object that was read may be changed and sent back.
 */
export type Sent<Model> = Settable<Model, "version">;
type Settable<Value, Kept> = 0 extends 1 & Value
  ? Value
  : Value extends string | number | boolean | null | undefined | Bytes
    ? Value
    : Value extends readonly (infer Item)[]
      ? Settable<Item, Kept>[]
      : { [Key in keyof Value as Key extends Kept ? Key : Mutable<Value, Key>]: Settable<Value[Key], "id"> };
/** The key unless it is `readonly`; only the identity of two types tells whether it is. */
type Mutable<Value, Key extends keyof Value> =
  (<T>() => T extends Pick<Value, Key> ? 1 : 2) extends <T>() => T extends { -readonly [K in Key]: Value[K] } ? 1 : 2
    ? Key
    : never;

/** How a person logs in. */
export interface LoginOptions {
  readonly clientId?: string | undefined;
  readonly redirectUrl?: string | undefined;
  /** Comes back from the login, for `getState`. Default: one that nobody can guess. */
  readonly state?: string | undefined;
  /**
   * `code` is the authorization code with PKCE. When the login refuses one to the client, the other is tried, and
   * remembered for this client in this browser. Default: `code`.
   */
  readonly grant?: "code" | "implicit" | undefined;
  /** The short name of the organization, for a login through its own identity provider; needs `provider`. */
  readonly org?: string | undefined;
  /** The identity provider of `org`, such as `okta`. */
  readonly provider?: string | undefined;
  readonly target?: string | undefined;
  /** The name to fill in. */
  readonly login_hint?: string | undefined;
  /** `login` asks for the password even of somebody who is signed in. */
  readonly prompt?: string | undefined;
  /** How the person gets to the login. Default: the page itself goes there. */
  readonly open?: LoginWindow | undefined;
}

/**
 * Brings a person to the login and resolves with query and hash of the address that the login came back to, as a `URL`
 * has them: `loginPopup()` of `purecloud/popup`, or a function of the program's own, such as a listener in Node.
 */
export type LoginWindow = (
  address: string,
  redirectUrl: string,
) => PromiseLike<{ readonly search: string; readonly hash: string }>;

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

/** A token as stores keep it. */
export interface StoredToken {
  readonly access_token: string;
  readonly refresh_token?: string | undefined;
  /** Milliseconds since 1970. */
  readonly obtained_at?: number | undefined;
  /** Milliseconds since 1970; absent when the platform did not say. */
  readonly expires_at?: number | undefined;
  /** Origin of the API that it is for. */
  readonly environment?: string | undefined;
  readonly client_id?: string | undefined;
  /** The type of the grant that gave it, or `token` for the implicit grant. */
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

/** How a session is set up. */
export interface SessionOptions extends LoginOptions {
  /**
   * How `login` gets a token, as in the second generation of this SDK. A session that has one gives for empty answers what
   * that generation gave, and takes a query before the body in `makeRequest`.
   */
  readonly strategy?: "token" | "implicit" | "client-credentials" | undefined;
  /**
   * A domain (`mypurecloud.ie`), a region (`eu-west-1`), or an origin (`http://127.0.0.1:8085`) that is both the API
   * and the login. Default: in Node the variable `PURECLOUD_ENVIRONMENT`; without it, and elsewhere,
   * `mypurecloud.com`.
   */
  readonly environment?: string | undefined;
  /** A token that the program has; stronger than a stored one. */
  readonly token?: string | undefined;
  /** Of a client that can keep a secret; everybody can read the one of a page. */
  readonly clientSecret?: string | undefined;
  /**
   * Where the token is kept for the next page or process: a store of the page, or the program's own. What another
   * client, environment or grant has put there is not used. Default: `localStorage` with a `storageKey`, and for
   * sessions without options; else `memory`.
   */
  readonly storage?: "memory" | "localStorage" | "sessionStorage" | TokenStorage | undefined;
  /** The name of the token in the page's store. Default: `authtoken`. */
  readonly storageKey?: string | undefined;
  /** Milliseconds that each attempt of a call may take, once it is sent; 0 for any time. Default: 30000. */
  readonly timeout?: number | undefined;
  /**
   * Milliseconds that a call may take with all its attempts and waits; 0 for any time. Default: 0, so that waits end with
   * the `limit` of `retry`.
   */
  readonly totalTimeout?: number | undefined;
  /** How failures that may pass are treated; `false` for attempts of one only. Default: see `RetryPolicy`. */
  readonly retry?: RetryOptions | undefined;
  /** Most calls under way at a time; more wait for their turn. Default: 100. */
  readonly maxInFlight?: number | undefined;
  /** Whether calls are spaced by the platform's rate limit, so that a 429 is rare. Default: `true`. */
  readonly rateLimit?: boolean | undefined;
  /**
   * Shares the rate budget with other sessions and processes that use the same token: `shareBudget(store)` of
   * `purecloud/fleet`. Default: the session has its own.
   */
  readonly budget?: SharedBudget | undefined;
  /** Bytes of an answer's content, unpacked; a call with a longer one fails. Default: 268435456, which is 256 MiB. */
  readonly answerLimit?: number | undefined;
  /**
   * Where failed calls, retries and calls are logged: `console`, or a logger like it. `logTo` of the session takes more
   * options. Needs `purecloud/logging`, which the whole package has in it. Default: nowhere.
   */
  readonly logger?: Logger | undefined;
  /**
   * Whether requests have the trace context of OpenTelemetry's active span (`traceparent`, `tracestate`), where a program
   * has set up OpenTelemetry. Pages and their workers never do: the platform would have to allow these headers.
   * Default: `true`.
   */
  readonly traceparent?: boolean | undefined;
  /** Headers of every request, before those of the request itself. */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /**
   * Other hosts that may be sent the token: `files.example.com:8443` with encryption, `http://127.0.0.1:8086` without.
   * Default: none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Allows an environment that is reached without encryption and is not on this machine. Default: `false`. */
  readonly allowHttp?: boolean | undefined;
  /** Whether a login that returns must be one that this tab began. Default: `true`. */
  readonly checkState?: boolean | undefined;
  /** Whether jQuery's global events (`ajaxSend`, `ajaxError`, …) fire for requests, in a page that has it. Default: `true`. */
  readonly jqueryEvents?: boolean | undefined;
  /** A gateway before the platform, in place of `environment`. The token goes to its two addresses alone. */
  readonly gateway?: Gateway | undefined;
  /**
   * What sends requests, such as a `fetch` of the program's own, or a function that answers in a test. Default: `fetch`,
   * and in Node connections of the SDK's own, which `proxy`, `tls` and `agent` are about.
   */
  readonly transport?: Fetch | undefined;
  /**
   * Address of an HTTP proxy, in Node, such as `http://name:password@proxy.example.com:3128`; `false` for none. Default:
   * `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`.
   */
  readonly proxy?: string | false | undefined;
  /** Hosts that are reached without a proxy, in Node, such as `.example.com,10.0.0.0/8`. Default: `NO_PROXY`, unless `proxy` is given. */
  readonly noProxy?: string | undefined;
  /** Authorities to trust and the certificate to show, in Node. */
  readonly tls?: TlsOptions | undefined;
  /** An `https.Agent` that opens encrypted connections in Node, in place of `proxy` and `tls`. */
  readonly agent?: object | undefined;
}

/** A rate budget in a store; `shareBudget` of `purecloud/fleet` makes it. */
export type SharedBudget = (core: any) => any;

/** Where a gateway before the platform has it. Both are `https` addresses, and may have a path. */
export interface Gateway {
  /** What stands for `https://api.mypurecloud.com`, such as `https://gateway.example.com/purecloud/api`. */
  readonly api: string;
  /** What stands for `https://login.mypurecloud.com`. */
  readonly login: string;
}

/** Certificates for encrypted connections, each as PEM: its text, or the bytes of its file. */
export interface TlsOptions {
  /** Authorities to trust, besides those that Node trusts. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** The certificate chain to show where a server asks for one; needs `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** Of an encrypted `key`. */
  readonly passphrase?: string | undefined;
}

/**
 * A function that sends as `fetch` does. It is called for addresses on the session's own and allowed hosts only, and must
 * not carry `authorization` to another origin when it follows a redirect.
 */
export type Fetch = (
  url: string,
  init: { method: string; headers: { [name: string]: string }; body: any; signal: Global<"AbortSignal"> },
) => PromiseLike<{
  readonly status: number;
  readonly statusText: string;
  /** `Headers`, or pairs with the names in lower case. */
  readonly headers: any;
  readonly body?: any;
  blob(): PromiseLike<any>;
}>;

/** Where calls go and with which token. Works with and without `new`. */
export declare class PureCloudSession {
  /** An environment (`mypurecloud.ie`, `eu-west-1`, `http://127.0.0.1:8085`), options, or nothing. */
  constructor(environment?: string | SessionOptions | null);
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
   * Throws at once without `clientId` or `redirectUrl`, and where there is neither a page nor `open`.
   */
  authorize(clientId?: string, redirectUrl?: string, state?: string): Request<any>;
  authorize(options: LoginOptions): Request<any>;
  /** Gets a token for a client of the platform itself, outside of pages. Succeeds without a value. */
  authorizeWithClientCredentialsGrant(clientId?: string, clientSecret?: string): Request<void>;
  /**
   * Gets a token for any grant, such as a code that a web server was sent, a SAML 2 assertion or a refresh token, and
   * renews it while the grant allows. Succeeds with the token.
   */
  authorizeWith(grant: TokenGrant): Request<StoredToken>;
  /** The token, after setting it if one is given. It is not stored. */
  authToken(token?: string): string | null;
  /** Whether there is a token. */
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
  get<T = any>(url: string, query?: Readonly<Record<string, unknown>>): Request<T>;
  /** Sends any request to a path of the API. `body` is sent as JSON. */
  makeRequest<T = any>(method: string, path: string, body?: unknown): Request<T>;
  /** The same as in the second generation, with a query. */
  makeRequest<T = any>(method: string, path: string, query: Readonly<Record<string, unknown>> | undefined, body: unknown): Request<T>;
  /** The calls that wait for their turn, in the order in which they will be sent. */
  queue(): WaitingCall[];
  /** The address of the API, without a slash at its end. */
  readonly apiUrl: string;
  /** Whether it was made as in 2016, with an environment or nothing: older names then take the arguments of that year. */
  readonly isFirst: boolean;
  /**
   * Gets a token by the `strategy` of the options, as in the second generation: `implicit` succeeds with the current user,
   * and stays pending while the page leaves; the others succeed without a value.
   *
   * This and the next five need an object of options, and the whole package, the full script or `purecloud/generation2`.
   */
  login(): Request;
  /** The options, to read and to write. What prints or serializes them leaves out `token` and `clientSecret`. */
  options: { -readonly [name in keyof SessionOptions]: SessionOptions[name] };
  /** The address of the login, without a slash at its end. */
  readonly authUrl: string;
  /** Changes the environment, to `mypurecloud.com` when none is given. */
  setEnvironment(environment?: string): void;
  /** Is called with each request, the headers of its answer and the content of that; of logins it hears nothing. */
  debugLog: ((entry: any) => void) | undefined;
  /** Sets what is called with the error of each request that is refused with 401. */
  setUnauthenticatedErrorHandler(handler: (error: PureCloudError) => void): void;
  /** The notifications of the platform. Needs `purecloud/events`, which the whole package and the full script have in them. */
  notifications(options?: NotificationOptions): Notifications;
  /** Adds functions that are called around the calls from now on; returns what removes them. Needs `purecloud/hooks`. */
  addHooks(hooks: Hooks): () => void;
  /** Writes what calls do to `console` or a logger like it; returns what ends that. Needs `purecloud/logging`. */
  logTo(logger: Logger, options?: LogOptions): () => void;
  /** What calls have come to since somebody first asked here. Needs `purecloud/statistics`. */
  statistics(): SessionStatistics;
  /** Continues a listing from a position that was kept. Needs `purecloud/paging`, likewise. */
  resume<Data = any, Item = any>(position: ListingPosition, options?: PagesOptions): ListingPages<Data, Item>;
}
export declare function PureCloudSession(environment?: string | SessionOptions | null): PureCloudSession;

/** What a call may name besides its operation's arguments. */
export interface CallOptions {
  /** Stops the call when it aborts: an `AbortSignal`. Its reason is the `cause` of the error. */
  readonly signal?: Global<"AbortSignal">;
  /** Milliseconds that each attempt may take, once it is sent; 0 for any time. Default: the session's. */
  readonly timeout?: number;
  /** Milliseconds that the call may take with all its attempts and waits; 0 for any time. Default: the session's. */
  readonly totalTimeout?: number;
  /** How failures that may pass are treated; `false` for once only. Default: the session's. */
  readonly retry?: RetryOptions;
  /** Which of the calls that wait for their turn goes first. Default: `interactive`. */
  readonly priority?: Priority;
  /** More headers for this call, stronger than the session's. */
  readonly headers?: { readonly [name: string]: string };
  /** Called while the content of the request is sent. Needs `purecloud/transfer`, like the next. */
  readonly onUploadProgress?: ProgressHandler;
  /** Called while the content of the answer is read. */
  readonly onDownloadProgress?: ProgressHandler;
}

/** Called while content is sent or read. What it throws is reported as an uncaught exception, and stops nothing. */
export type ProgressHandler = (progress: Progress) => void;

/** How far a transfer has come. */
export interface Progress {
  /** Bytes so far; of an answer, unpacked. */
  readonly loaded: number;
  /** Bytes in all, where that is known. */
  readonly total: number | undefined;
}

/**
 * Functions that are called around the calls of a session, in the order in which they were added. Each may be async: the
 * call waits for it, as long as its time-outs allow. One that throws fails the call with an error of the kind `hook`.
 * Logins go past them.
 */
export interface Hooks {
  /** Before each attempt. It may change the request, and answer it in place of the platform. */
  beforeRequest?(request: HookRequest): HookAnswer | void | PromiseLike<HookAnswer | void>;
  /** After each answer, whatever its status. It may return another one in its place. */
  afterAnswer?(answer: HookAnswer, request: HookRequest): HookAnswer | void | PromiseLike<HookAnswer | void>;
  /** Before the wait for another attempt. */
  onRetry?(retry: HookRetry, request: HookRequest): unknown;
  /** When a call fails. Nobody waits for it where the call was stopped or had no more time. */
  onError?(error: PureCloudError, request: HookRequest): unknown;
}

/** A request that is about to be sent. */
export interface HookRequest {
  /** The operation, such as `getUsersMe`, or the method and address of a bare request. */
  readonly operation: string;
  readonly method: string;
  /** 1 at the first. */
  readonly attempt: number;
  /** Absolute. It may become another one on the API's host or on an allowed host, absolute or a path. */
  url: string;
  /** Names in lower case; without the session's `authorization`. */
  headers: Record<string, string>;
  /** As it goes out: JSON is text. */
  body: unknown;
}

/** An answer, of the platform or of a hook. */
export interface HookAnswer {
  readonly status: number;
  /** The reason phrase. Default: empty. */
  readonly statusText?: string;
  /** Names in lower case. Default: those of JSON. */
  readonly headers?: { readonly [name: string]: string };
  /**
   * Text or binary data; of a hook also a value that is sent as JSON. Absent where the content is left to be read piece
   * by piece.
   */
  readonly body?: unknown;
}

/** Another attempt that is to come. */
export interface HookRetry {
  readonly error: PureCloudError;
  /** The number of the attempt that comes. */
  readonly attempt: number;
  /** Milliseconds until then. */
  readonly wait: number;
}

/** What takes lines: `console`, and the loggers that are like it. */
export interface Logger {
  error(line: any): unknown;
  warn(line: any): unknown;
  info(line: any): unknown;
  debug(line: any): unknown;
}

/**
 * How much is written, each with what comes before it.
 *
 * - `error`: calls that failed.
 * - `warn`: attempts that failed and are followed by another.
 * - `info`: calls that ended well, or were stopped by the program.
 * - `debug`: each request and each answer.
 * - `trace`: the headers with them.
 */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** How calls are logged. */
export interface LogOptions {
  /** Default: `info`. */
  readonly level?: LogLevel;
  /**
   * One line of text, one line of JSON, or a function that makes something else of a record, for loggers that take
   * objects. Default: `text`.
   */
  readonly format?: "text" | "json" | ((record: LogRecord) => unknown);
  /**
   * Whether the contents of requests and answers are written, from the level `debug` on; those of logins never are.
   * Members of JSON that are called like secrets are left out. Default: `false`.
   */
  readonly bodies?: boolean;
}

/** One thing that happened. Tokens and secrets are in none of its texts. */
export interface LogRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly level: Exclude<LogLevel, "trace">;
  readonly event: "request" | "answer" | "retry" | "success" | "failure";
  /** The operation, such as `getUsersMe`, or the method and address of a bare request. */
  readonly operation: string;
  readonly method: string;
  /** Absolute. */
  readonly url?: string | undefined;
  /** 1 at the first. */
  readonly attempt: number;
  readonly status?: number | undefined;
  /** Milliseconds: of an answer since its request, of the end of a call since its beginning. */
  readonly elapsed?: number | undefined;
  /** Milliseconds until the next attempt. */
  readonly wait?: number | undefined;
  readonly correlationId?: string | undefined;
  /** The `kind` and the message of an error. */
  readonly kind?: string | undefined;
  readonly error?: string | undefined;
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly body?: string | undefined;
}

/** What calls have come to. Times are in milliseconds, bytes those of contents, unpacked. */
export interface CallCounts {
  /** Calls that have ended. */
  readonly calls: number;
  /** Of these, those that failed, whatever the reason. */
  readonly errors: number;
  /** Attempts after the first ones of their calls. */
  readonly retries: number;
  /** Time that calls waited for their turn, behind others of the session or for the rate limit. */
  readonly queued: number;
  /** Time between attempts. */
  readonly waited: number;
  /** Time of all calls from beginning to end, waits included. */
  readonly elapsed: number;
  /** Time of the longest call. */
  readonly longest: number;
  /** Bytes of the contents that were sent, streams aside. */
  readonly sent: number;
  /** Bytes of the contents that were received. */
  readonly received: number;
}

/** What a session has done since somebody first asked. */
export interface SessionStatistics extends CallCounts {
  /** When counting began. */
  readonly since: Date;
  /** Calls that have been sent at least once, and not ended. */
  readonly underWay: number;
  /** How often calls failed, by the `kind` of the error; refusals by their status. */
  readonly errorsBy: { readonly [name: string]: number };
  /**
   * By operation. Bare requests are named by their method and path: when there are more than 500 names, what comes is
   * counted under `other`.
   */
  readonly operations: { readonly [name: string]: CallCounts };
}

/** The data of a call with what else its answer says. */
export interface CallResponse<T = any> {
  readonly data: T;
  readonly status: number;
  /** The reason phrase; empty over HTTP/2. */
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The platform's id of this exchange, to quote in a support case. */
  readonly correlationId: string | undefined;
}

/**
 * An answer with its content as it came. The content can be read once, in one of these ways. Into memory no more than
 * `answerLimit` of the session is read; a stream has any length. Each piece may take the time-out of the call.
 */
export interface RawAnswer {
  readonly status: number;
  /** The reason phrase; empty over HTTP/2. */
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** The platform's id of this exchange, to quote in a support case. */
  readonly correlationId: string | undefined;
  /** The content, read as fast as it is taken. Cancelling it, and leaving a loop over it, closes the connection. */
  readonly stream: Global<"ReadableStream">;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  /** The content as UTF-8. */
  text(): Promise<string>;
  blob(): Promise<Global<"Blob">>;
  /** Reads no more, and closes the connection. Who reads meanwhile gets an error of the kind `abort`. */
  abort(reason?: unknown): void;
}

/** What of the session's retry policy is different; `false` for attempts of one only. */
export type RetryOptions = Partial<RetryPolicy> | false;

/**
 * How failures that may pass are treated. Reads, and writes that the platform has certainly not acted on, are sent again
 * after a wait with jitter. Times are in milliseconds.
 */
export interface RetryPolicy {
  /** Attempts in all, the first included; 1 means that nothing is repeated. Default: 4. */
  readonly attempts: number;
  /** Upper bound of the wait before the second attempt; it doubles with each further one. Default: 300. */
  readonly base: number;
  /** Upper bound of a wait of the SDK's. A wait that the platform names is never shortened. Default: 30000. */
  readonly cap: number;
  /**
   * Time from the start of the call: an attempt that would begin later is not made, and the caller sees the failure at
   * once. Default: 120000.
   */
  readonly limit: number;
}

/** Which of the calls that wait goes first: what somebody waits for, or what can take its time. */
export type Priority = "interactive" | "background";

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly operation: string;
  readonly priority: Priority;
  /** Milliseconds since it began to wait. */
  readonly waited: number;
  /** Takes it out of the queue; it fails with the status `abort`. */
  cancel(): void;
}

/** What a success handler gets: the data, `success` or `nocontent`, and the request with jqXHR's fields. */
export type DoneHandler<T> = (data: T, textStatus: string, request: Request<T>) => void;
/** What a failure handler gets: the error, one of `error`, `timeout`, `abort`, `parsererror`, and the reason phrase. */
export type FailHandler = (error: PureCloudError, textStatus: string, errorThrown: any) => void;
/** What a handler of both gets: the arguments of one or the other. */
export type AlwaysHandler = (...args: any[]) => void;
/** Handlers come alone or in arrays; `null` and `undefined` are passed over. */
export type Handlers<F> = F | readonly Handlers<F>[] | null | undefined;

/**
 * A call under way: at once a native promise and a jQuery-style deferred.
 *
 * Handlers of `done`, `fail`, `always` and their older names run in the order in which they were added, when the
 * request settles, and at once when it has settled. A failure that nothing receives (with `fail`, `error`, `always`,
 * `complete`, `catch`, `then` or `await`) is written once to the console.
 */
export interface Request<T = any> extends Promise<T> {
  /** HTTP status; 0 before the answer and without one. */
  readonly status: number;
  /** The reason phrase, or the kind of failure when there was no answer. */
  readonly statusText: string;
  /** Content of the answer as text. */
  readonly responseText: string | undefined;
  /** Content of the answer, if it was JSON. */
  readonly responseJSON: any;
  /** 1 while under way, 4 when settled. */
  readonly readyState: number;
  /** Headers of the answer, names in lower case. */
  readonly headers: { readonly [name: string]: string };
  /** Adds handlers of success. */
  done(...handlers: Handlers<DoneHandler<T>>[]): this;
  /** Older name of `done`. */
  success(...handlers: Handlers<DoneHandler<T>>[]): this;
  /** Adds handlers of failure. */
  fail(...handlers: Handlers<FailHandler>[]): this;
  /** Older name of `fail`. */
  error(...handlers: Handlers<FailHandler>[]): this;
  /** Adds handlers of both, which get what `done` or `fail` handlers get. */
  always(...handlers: Handlers<AlwaysHandler>[]): this;
  /** Adds handlers that run after all others and get the request, or the error, and the text status. */
  complete(...handlers: Handlers<(request: Request<T> | PureCloudError, textStatus: string) => void>[]): this;
  /** Succeeds with the data of the call and what else its answer says. */
  withResponse(): Request<CallResponse<T>>;
  /**
   * Succeeds with the content as bytes or a stream, as soon as the head of a success has come. Ask for it where the call
   * is made, `await api.getThing().raw()`: later, the content has been read. Needs `purecloud/transfer`, which the whole
   * package and the full script have in them.
   */
  raw(): Request<RawAnswer>;
  /** There as in jQuery; requests do not report progress. */
  progress(...handlers: unknown[]): this;
  /** `pending`, `resolved` or `rejected`. */
  state(): "pending" | "resolved" | "rejected";
  /** The request itself: what `$.when` asks for. */
  promise(): this;
  /** Adds handlers by HTTP status, such as `{ 404: handler }`; they run after those of `done` and `fail`. */
  statusCode(handlers: { readonly [status: number]: Handlers<AlwaysHandler> }): this;
  /** Sets a header before the request is sent, in a handler of jQuery's `ajaxSend`; later it does nothing. */
  setRequestHeader(name: string, value: string): this;
  /** Says what the answer is to be taken for, whatever its `content-type`: `text/plain` leaves JSON unread. */
  overrideMimeType(type: string): this;
  /** Stops a request that is under way; it fails with the status `abort`. */
  abort(): this;
  /** A header of the answer by its name in any letter case; `null` before the answer and without that header. */
  getResponseHeader(name: string): string | null;
  /** All headers of the answer, one a line. */
  getAllResponseHeaders(): string;
  /** As for every promise, except that handlers get all that `done` and `fail` handlers get. */
  then<A = T, B = never>(
    ok?: ((data: T, textStatus: string, request: Request<T>) => A | PromiseLike<A>) | null,
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<A | B>;
  /** As for every promise; the handler gets all that `fail` handlers get. */
  catch<B = never>(
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<T | B>;
  /** jQuery's older `then`: its functions run at once, and what `fail` returns is what the new request fails with. */
  pipe<A = T, B = never>(
    ok?: ((data: T, textStatus: string, request: Request<T>) => A | PromiseLike<A>) | null,
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<A | B>;
}

/**
 * A call of a listing: the request for its first page, and the way to the pages after it. Loops over it need
 * `purecloud/paging`, which the whole package and the full script have in them.
 */
export interface ListingRequest<Result = any, Item = any, Data = Result> extends Request<Result> {
  /** The items of all pages, in order, each page fetched when the loop gets there. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Item>;
  /** The pages, in order. */
  pages(options?: PagesOptions): ListingPages<Data, Item>;
  /** The items of all pages, or the first `limit` of them. */
  all(options?: PagesOptions & { /** Most items. Default: all. */ readonly limit?: number }): Promise<Item[]>;
}

/** How pages are fetched. */
export interface PagesOptions {
  /** How many pages are fetched ahead of the one in use, at most 16. Default: 0. */
  readonly prefetch?: number;
  /** Items in a page of the results of a job or an execution. Default: the platform's. */
  readonly resultsPageSize?: number;
}

/** The pages of a listing, in order. */
export interface ListingPages<Data = any, Item = any> extends AsyncIterableIterator<ListingPage<Data, Item>> {
  /** The items of all pages. */
  items(): AsyncIterableIterator<Item>;
}

/** One page of a listing. */
export interface ListingPage<Data = any, Item = any> {
  /** The content of the answer. */
  readonly data: Data;
  readonly items: readonly Item[];
  /** Where the page has `null` in place of an item, such as `entities[3]`; almost always empty. */
  readonly unreadable: readonly string[];
  /** Where the listing continues after this page, to keep for `session.resume`; `undefined` after the last. */
  readonly next: ListingPosition | undefined;
}

/**
 * Where a listing can be resumed. It survives `JSON.stringify` and is the same in the Rust SDK. It holds no token, but
 * the address and the body of the next request.
 */
export interface ListingPosition {
  readonly style: string;
  readonly stage: string;
  readonly request: { readonly method: string; readonly target: string; readonly body?: any };
}

/** How notifications are received. */
export interface NotificationOptions {
  /** Events that may wait until `for await` takes them; more become a `missed` notice. Default: 1000. */
  readonly buffer?: number;
  /** The class of sockets. Default: the global `WebSocket`, which Node has from version 22. */
  readonly WebSocket?: new (url: string) => any;
}

/** Begins subscriptions; they share the channels of the session. */
export interface Notifications {
  /**
   * Subscribes to topics, such as `v2.users.{id}.presence` with the id in its place. The combined form
   * `v2.users.{id}?presence&station` stands for its parts.
   *
   * `handlers` are called with each event, or with each kind of notice; without them, the subscription is read with
   * `for await`.
   */
  subscribe<Topic extends TopicName>(
    topics: Topic | readonly Topic[],
    handlers?: NoticeHandlers<TopicBody<Topic>> | ((event: EventNotice<TopicBody<Topic>>) => void),
  ): NotificationSubscription<TopicBody<Topic>>;
  /** Ends all subscriptions. */
  close(): void;
}

/** Topics with placeholders, such as `v2.users.{id}.presence`, and their events. `import "purecloud/events"` fills it. */
export interface TopicTypes {}

/** A topic: one of the platform's where `purecloud/events` is imported, else any text. */
export type TopicName = keyof TopicTypes extends never ? string : Filled<keyof TopicTypes> | `${string}?${string}`;

/** What the events of a topic hold; `any` where that is not known. */
export type TopicBody<Topic> = keyof TopicTypes extends never
  ? any
  : Topic extends `${string}?${string}`
    ? any
    : { [Name in keyof TopicTypes]: Fits<Topic, Name> extends true ? TopicTypes[Name] : never }[keyof TopicTypes];

/** A topic with any text in place of its placeholders. */
type Filled<Name> = Name extends `${infer Start}{${string}}${infer Rest}` ? `${Start}${string}${Filled<Rest>}` : Name;

/** Whether a topic is one of this name, word by word. */
type Fits<Topic, Name> = Name extends `${infer Word}.${infer Words}`
  ? Topic extends `${infer First}.${infer Others}`
    ? FitsWord<First, Word> extends true
      ? Fits<Others, Words>
      : false
    : false
  : Topic extends `${string}.${string}`
    ? false
    : FitsWord<Topic, Name>;
type FitsWord<First, Word> = Word extends `{${string}}` ? true : First extends Word ? true : false;

/** An event of a topic. */
export interface EventNotice<Body = any> {
  readonly type: "event";
  /** The topic in the platform's spelling. */
  readonly topic: string;
  readonly body: Body;
  /** The whole message, `metadata` and `version` included. */
  readonly message: { readonly topicName: string; readonly eventBody: Body; readonly [member: string]: any };
}

/** Events of these topics come from now on: what is read from the platform after this misses nothing. */
export interface ConnectedNotice {
  readonly type: "connected";
  readonly topics: readonly string[];
}

/**
 * Events of these topics may have been missed between two moments, and come again from now on. Read again the state
 * that the topics are about.
 */
export interface MissedNotice {
  readonly type: "missed";
  readonly since: Date;
  readonly until: Date;
  readonly topics: readonly string[];
}

/** The platform refuses this topic; the others are not affected. */
export interface RejectedNotice {
  readonly type: "rejected";
  readonly topic: string;
  /** In the platform's words. */
  readonly reason: string | undefined;
}

/** What a subscription brings. */
export type Notice<Body = any> = EventNotice<Body> | ConnectedNotice | MissedNotice | RejectedNotice;

/** Functions that are called with the notices of a subscription. */
export interface NoticeHandlers<Body = any> {
  event?(event: EventNotice<Body>): void;
  connected?(notice: ConnectedNotice): void;
  missed?(notice: MissedNotice): void;
  rejected?(notice: RejectedNotice): void;
  /** Topics that will bring nothing any more, since the login failed or the platform refuses. */
  error?(error: PureCloudError, topics: readonly string[]): void;
  /** The subscription has ended: it or the session was closed, or every topic was given up. */
  end?(): void;
}

/** Topics that are subscribed to. Without handlers it is read with `for await`. */
export interface NotificationSubscription<Body = any> extends AsyncIterableIterator<Notice<Body>> {
  /** Adds topics. */
  add(topics: string | readonly string[]): void;
  /** Removes topics. Events that wait can still be read. */
  remove(topics: string | readonly string[]): void;
  /** Ends the subscription. */
  close(): void;
}

/** What a `PureCloudError` knows besides its message. */
export interface ErrorFields {
  /**
   * What kind of thing went wrong.
   *
   * - `request`: the arguments, the settings or the address are not right; nothing was sent.
   * - `unreached`: there was no connection; nothing was sent.
   * - `broken`: the connection broke before an answer came.
   * - `timeout`, `abort`: the call was given up, by its limit or by the program.
   * - `refused`: the platform answered, and not with a success.
   * - `cut`, `tooLong`, `decode`: a success that broke off, is longer than `answerLimit`, or is not what is due.
   * - `hook`: a function that the program has put around its calls threw.
   */
  readonly kind:
    | "request"
    | "unreached"
    | "broken"
    | "timeout"
    | "abort"
    | "refused"
    | "cut"
    | "tooLong"
    | "decode"
    | "hook";
  /** Whether the platform may have acted on the request: not if it refused it, and not if nothing was sent. */
  readonly mayHaveActed: boolean;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** As on a jqXHR: 4 when there was an answer, 0 when there was none. */
  readonly readyState: 0 | 4;
  /** The reason phrase, or `error`, `timeout` or `abort` when there was no answer. */
  readonly statusText: string;
  /** The platform's code (`not.found`), OAuth's `error`, the system's code (`ECONNREFUSED`), or one of ours. */
  readonly code: string;
  /** Headers of the answer, names in lower case; empty when there was none. */
  readonly headers: { readonly [name: string]: string };
  /** Content of the answer: parsed where it is JSON, else text or binary data. */
  readonly body: any;
  /** The platform's id of this exchange, to quote in a support case. */
  readonly correlationId: string | undefined;
  /** Seconds to wait before the next try, when the platform named them. */
  readonly retryAfter: number | undefined;
  /** The operation, such as `getUsersMe`, or the method and address of a bare request. */
  readonly operation: string;
  /** The argument that is missing or refused. */
  readonly parameter: string;
}

/** Everything that goes wrong in this SDK. It holds neither token nor secret, so it can be printed and logged. */
export declare class PureCloudError extends Error implements ErrorFields {
  constructor(message: string, fields?: Partial<ErrorFields>);
  readonly name: "PureCloudError";
  readonly kind: ErrorFields["kind"];
  readonly mayHaveActed: boolean;
  /**
   * What to do about it.
   *
   * - `change`: the same call, or the same login, would fail again.
   * - `logIn`: log in again, anew.
   * - `tryAgain`: after `retryAfter` seconds, where the platform has named a wait.
   * - `lookFirst`: look whether the platform has acted on the request before trying again.
   */
  readonly advice: "change" | "logIn" | "tryAgain" | "lookFirst";
  /** Whether the same call may succeed when it is made again, and does no harm then. */
  readonly retryable: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly code: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: any;
  readonly correlationId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly operation: string;
  readonly parameter: string;
  /** The platform's `contextId`, when it answered with one. */
  readonly contextId: string;
  /** The platform's `details`, when it answered with some. */
  readonly details: any[];
  /** The platform's `errors`, when it answered with some. */
  readonly errors: any[];
  /** The same as `status`. */
  readonly statusCode: number;
  /** As on a jqXHR: 4 when there was an answer, 0 when there was none. */
  readonly readyState: 0 | 4;
  /** The content of the answer as text. */
  readonly responseText: string | undefined;
  /** The content of the answer, if it was JSON. */
  readonly responseJSON: any;
  /** A header of the answer by its name in any letter case; `null` when it has none. */
  getResponseHeader(name: string): string | null;
  /** All headers of the answer, one a line. */
  getAllResponseHeaders(): string;
  /** What `JSON.stringify` writes. */
  toJSON(): object;
}
