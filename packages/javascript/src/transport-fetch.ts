import { PureCloudError, tooLong } from "./error.js";
import { isText } from "./host.js";
import type { Answer, Page, Sink, Transport, Wire } from "./host.js";
import { isStream } from "./prepare.js";

/** A function that sends as `fetch` does. It must not carry `authorization` to another origin when it follows a redirect. */
export type Fetch = (
  url: string,
  init: { method: string; headers: { [name: string]: string }; body: any; signal: AbortSignal },
) => PromiseLike<FetchAnswer>;

/** As much of a `Response` as is looked at. */
interface FetchAnswer {
  readonly status: number;
  readonly statusText: string;
  /** `Headers`, or pairs with the names in lower case. */
  readonly headers: any;
  readonly body?: any;
  blob(): PromiseLike<any>;
}

/** Sends with `own`, or with the platform's own `fetch`, which drops `authorization` when a redirect leads to another origin. */
export function makeFetchTransport(own?: Fetch): Transport {
  if (own && typeof own != "function") throw new PureCloudError("transport is not a function");
  return (wire, sink) => {
    const controller = new AbortController();
    fetchWhole(wire, sink, controller.signal, own || (fetch as Fetch)).then(
      (answer) => sink.answered(answer),
      (error) => sink.failed(error),
    );
    return () => controller.abort();
  };
}

async function fetchWhole(wire: Wire, sink: Sink, signal: AbortSignal, act: Fetch): Promise<Answer> {
  const { url, method, headers } = wire;
  let { body } = wire;
  // Few browsers send a stream piece by piece; all of them send what was in it.
  if (isStream(body)) body = await new Response(body as ReadableStream).blob();
  const response = await act(url, { method, headers, body, signal });
  const { status, statusText } = response;
  const answer: Answer = { status, statusText, headers: Object.fromEntries(response.headers) };
  try {
    // What stands in for `fetch` may have no streams.
    const pieces = response.body?.getReader?.();
    if (pieces && status > 199 && status < 300 && sink.streams?.()) {
      answer.stream = pieces;
      return answer;
    }
    const content = pieces ? await readBlob(pieces, wire, answer.headers) : await response.blob();
    if (isText(answer.headers["content-type"])) answer.responseText = await content.text();
    else answer.response = content;
  } catch (cause) {
    answer.cut = cause;
  }
  return answer;
}

async function readBlob(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  { limit, received }: Wire,
  headers: Answer["headers"],
): Promise<Blob> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let chunk; !(chunk = await reader.read()).done; chunks.push(chunk.value)) {
    size += chunk.value.length;
    if (size > limit) {
      void reader.cancel().catch(() => {});
      throw tooLong(limit);
    }
    received?.(size, headers);
  }
  return new Blob(chunks, { type: headers["content-type"] || "" });
}

/** Runs `act` after `ms` milliseconds, unless the returned function is called first. */
export function after(ms: number, act: () => void, idle?: boolean): () => void {
  const timer: any = setTimeout(act, ms);
  // In Node a timer is an object, and keeps the process alive until it is told not to.
  if (idle) timer.unref?.();
  return () => clearTimeout(timer);
}

/** Milliseconds of a clock that never goes back. */
export function now(): number {
  return performance.now();
}

/** The window of the page, if there is one: in browsers, Electron and jsdom, but not in their workers. */
export function currentPage(): Page | undefined {
  return typeof document == "undefined" ? undefined : window;
}

/** The locks of this origin: in browsers and their workers, in Deno, and in Node from 24. */
export function currentLocks(): LockManager | undefined {
  return typeof navigator == "undefined" ? undefined : navigator.locks;
}
