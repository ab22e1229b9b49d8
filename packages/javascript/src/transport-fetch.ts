import { tooLong } from "./error.js";
import { isText } from "./host.js";
import type { Answer, Page, Sink, Stop, Wire } from "./host.js";
import { isStream } from "./prepare.js";

/** Sends with the platform's own `fetch`, which drops `authorization` when a redirect leads to another origin. */
export function sendWithFetch(wire: Wire, sink: Sink): Stop {
  const controller = new AbortController();
  fetchWhole(wire, controller.signal).then(
    (answer) => sink.answered(answer),
    (error) => sink.failed(error),
  );
  return () => controller.abort();
}

async function fetchWhole({ url, method, headers, body, limit }: Wire, signal: AbortSignal): Promise<Answer> {
  // Few browsers send a stream piece by piece; all of them send what was in it.
  if (isStream(body)) body = await new Response(body as ReadableStream).blob();
  const response = await fetch(url, { method, headers, body, signal } as RequestInit);
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

async function readBlob(response: Response, type: string, limit: number): Promise<Blob> {
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
