/**
 * What the runtime needs from the world it runs in. Each entry module makes one such record, and tests make theirs:
 * nothing else in the runtime touches a socket, a clock, an address bar or a store.
 */
export interface Host {
  /** Sends one request and reads its whole answer. */
  readonly transport: Transport;
  /** Runs `act` after `ms` milliseconds unless the returned function is called first. */
  readonly after: (ms: number, act: () => void) => () => void;
  /** The page's window, where there is one to send to a login; absent in workers and in Node. */
  readonly page?: Page | undefined;
  /** Headers of every request, names in lower case, such as the `user-agent` where no browser sends its own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The environment of sessions that are given none; absent for `mypurecloud.com`. */
  readonly environment?: string | undefined;
}

/** The parts of a `window` that a login needs. Either store may throw when it is touched. */
export type Page = Pick<Window, "location" | "history" | "localStorage" | "sessionStorage"> & {
  readonly crypto: Pick<Crypto, "getRandomValues">;
};

/**
 * Resolves with the answer whatever its status, and rejects only when no answer came. It must stop when `signal`
 * aborts, and must never carry `authorization` to another origin when it follows a redirect.
 */
export type Transport = (wire: Wire) => Promise<Answer>;

/** One request, ready to be sent. */
export interface Wire {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** Text or one of the body types that `fetch` takes. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** The reason phrase; empty over HTTP/2. */
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Record<string, string>;
  /** The content, if its type is a textual one. */
  responseText?: string;
  /** The content, if it is not: a `Blob` from `fetch`, a `Uint8Array` from Node's own transport. */
  response?: unknown;
  /** Why the content could not be read to its end. */
  cut?: unknown;
}

/** Whether content of this media type is text. Content without a type is tried as text. */
export function isText(type: string | undefined): boolean {
  return !type || /^text|json|xml\b|script|urlencoded/i.test(type);
}
