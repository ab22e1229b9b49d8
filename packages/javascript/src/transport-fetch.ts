import { PureCloudError, tooLong } from "./error.js";
import { isText } from "./host.js";
import type { Answer, Page, Transport, Wire } from "./host.js";
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
    fetchWhole(wire, controller.signal, own || (fetch as Fetch)).then(
      (answer) => sink.answered(answer),
      (error) => sink.failed(error),
    );
    return () => controller.abort();
  };
}

async function fetchWhole({ url, method, headers, body, limit }: Wire, signal: AbortSignal, act: Fetch): Promise<Answer> {
  // Few browsers send a stream piece by piece; all of them send what was in it.
  if (isStream(body)) body = await new Response(body as ReadableStream).blob();
  const response = await act(url, { method, headers: headers, body, signal });
  const { status, statusText } = response;
  const answer: Answer = { status, statusText, headers: Object.fromEntries(response.headers) };
  const type = answer.headers["content-type"] || "";
  try {
    const content = await readBlob(response, type, limit);
    if (isText(type)) answer.responseText = await content.text();
    else answer.response = content;
  } catch (cause) {
    answer.cut = cause;
  }
  return answer;
}

async function readBlob(response: FetchAnswer, type: string, limit: number): Promise<Blob> {
  // What stands in for `fetch` may have no streams.
  const reader = response.body?.getReader?.();
  if (!reader) return response.blob();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let chunk; !(chunk = await reader.read()).done; chunks.push(chunk.value)) {
    size += chunk.value.length;
    if (size > limit) {
      void reader.cancel().catch(() => {});
      throw tooLong(limit);
    }
  }
  return new Blob(chunks, { type });
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
