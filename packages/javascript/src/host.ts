import type { AjaxSettings } from "./jquery-events.js";
import type { TokenGrant } from "./oauth.js";
import type { Request } from "./request.js";

/**
 * What the runtime needs from the world it runs in. Each entry module makes one such record, and tests make theirs:
 * nothing else in the runtime touches a socket, a clock, an address bar or a store.
 */
export interface Host {
  /** Sends one request and reads its answer. */
  readonly transport: Transport;
  /** Whether the transport calls {@link Wire.sent}; `fetch` cannot say how much it has sent. */
  readonly countsSent?: boolean;
  /**
   * Runs `act` after `ms` milliseconds unless the returned function is called first. A timer that is `idle` does not
   * keep a Node process alive.
   */
  readonly after: (ms: number, act: () => void, idle?: boolean) => () => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The time in milliseconds since 1970, which may be set back. */
  readonly time: () => number;
  /** The locks of the origin, which its tabs and workers share, where the system has such. */
  readonly locks?: Pick<LockManager, "request"> | undefined;
  /**
   * What tells one login of a client from another in a stored token, if the grant shows something by which it could;
   * absent where programs keep no secrets.
   */
  readonly loginOf?: ((grant: TokenGrant) => string | undefined) | undefined;
  /** The page's window, where there is one to send to a login; absent in workers and in Node. */
  readonly page?: Page | undefined;
  /** Tells a library on the page of a request that is about to be sent; absent where there is no page. */
  readonly announce?: (request: Request, settings: AjaxSettings) => void;
  /** Headers of every request, names in lower case, such as the `user-agent` where no browser sends its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The environment of sessions that are given none; absent for `mypurecloud.com`. */
  readonly environment?: string | undefined;
}

/** The parts of a `window` that a login needs. Either store may throw when it is touched. */
export type Page = Pick<Window, "location" | "history" | "localStorage" | "sessionStorage" | "name" | "opener"> & {
  readonly crypto: Crypto;
};

/**
 * Begins to send a request; returns how to stop it. A transport calls one method of the sink, once, and not before it
 * has returned. After it was stopped it reads and unpacks nothing more, and what it hands over is ignored. It never
 * carries `authorization` to another origin when it follows a redirect.
 */
export type Transport = (wire: Wire, sink: Sink) => Stop;

/** Stops what is under way. Returns `false` when the request certainly has not left this machine. */
export type Stop = () => boolean | void;

/** Where a transport hands over what came of a request. */
export interface Sink {
  /** Takes the answer, whatever its status. */
  answered(answer: Answer): void;
  /** Takes the reason why there is no answer. `unsent`: the request certainly has not left this machine. */
  failed(error: unknown, unsent?: boolean): void;
  /**
   * Whether the content of a success is handed over unread, as {@link Answer.stream}: asked when its head has come. A
   * transport that cannot do that reads it.
   */
  streams?(): boolean;
}

/** Content that is read piece by piece, each when somebody asks for it. */
export interface Pieces {
  /** The next piece. It fails where the content breaks off. */
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>;
  /** Reads no more, and closes the connection if there is more to come. */
  cancel(reason?: unknown): unknown;
}

/** One request, ready to be sent. */
export interface Wire {
  readonly method: string;
  /** Absolute, without a fragment. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text or one of the body types that `fetch` takes; in Node also a stream of its own. */
  readonly body: unknown;
  /** The most bytes of content that are read, unpacked. Where there are more, the answer is cut by {@link tooLong}. */
  readonly limit: number;
  /** Called while the content is sent, with the bytes so far, and with all of them where that is known. */
  readonly sent?: (loaded: number, total?: number) => void;
  /** Called while the content of the answer is read, with the bytes so far, unpacked, and the headers of the answer. */
  readonly received?: (loaded: number, headers: Answer["headers"]) => void;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** The reason phrase; empty over HTTP/2. */
  statusText: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** The content, if its type is a textual one. */
  responseText?: string | undefined;
  /** The content, if it is not: a `Blob` from `fetch`, a `Uint8Array` from Node's own transport. */
  response?: unknown;
  /** The content, if it is to be read piece by piece. */
  stream?: Pieces | undefined;
  /** Why the content could not be read to its end; with status 0, why there is no answer. */
  cut?: unknown;
  /** With status 0: the request certainly has not left this machine. */
  readonly unsent?: boolean | undefined;
}

/** Whether content of this media type is text. Content without a type is tried as text. */
export function isText(type: string | undefined): boolean {
  return !type || /^text|json|xml\b|script|urlencoded/i.test(type);
}
