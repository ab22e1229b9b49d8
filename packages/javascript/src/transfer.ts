/**
 * Content that is handed over as bytes or as a stream, and progress: what a program asks of a call with `raw()`,
 * `onUploadProgress` and `onDownloadProgress`.
 */
import { PureCloudError, tooLong } from "./error.js";
import type { ErrorKind } from "./error.js";
import type { Answer, Host, Pieces, Transport } from "./host.js";
import { isStream } from "./prepare.js";
import type { Prepared } from "./prepare.js";
import { parts } from "./parts.js";
import { countPieces, sizeOf } from "./pieces.js";
import type { Request } from "./request.js";
import { unwatch, watch } from "./signals.js";
import type { Stoppable } from "./signals.js";
import { sendWithXhr } from "./transport-xhr.js";

/** How far a transfer has come. */
export interface Progress {
  /** Bytes so far; of an answer, unpacked. */
  readonly loaded: number;
  /** Bytes in all, where that is known. */
  readonly total: number | undefined;
}

/** Called while content is sent or read. What it throws is reported as an uncaught exception, and stops nothing. */
export type ProgressHandler = (progress: Progress) => void;

/** What calls ask of this part. */
export interface TransferPart {
  /** The answer of a call whose content is to be read piece by piece. */
  open(answer: Answer, opening: Opening): RawAnswer & Stoppable;
  /** The answer of a request that has succeeded with `data`. */
  rawOf(data: unknown, request: Request): RawAnswer;
  /** The transport of a call whose program follows its progress; `isOwn` for a transport of the program. */
  progress(host: Host, prepared: Prepared, isOwn: boolean): Transport;
}

/** What the reading of content needs to know of its call. */
export interface Opening {
  readonly prepared: Prepared;
  readonly host: Pick<Host, "after">;
  /** Milliseconds that each piece may take; 0 for any time. */
  readonly timeout: number;
  /** The most bytes that are read into memory. */
  readonly limit: number;
}

/** An answer with its content as it came. The content can be read once, in one of these ways. */
export class RawAnswer implements Stoppable {
  declare readonly status: number;
  /** The reason phrase; empty over HTTP/2. */
  declare readonly statusText: string;
  /** Names in lower case. */
  declare readonly headers: Readonly<Record<string, string>>;
  /** The platform's id of this exchange, to quote in a support case. */
  declare readonly correlationId: string | undefined;
  readonly #content: Content;
  #stream: ReadableStream<Uint8Array> | undefined;

  constructor({ status, statusText, headers }: Pick<Answer, "status" | "statusText" | "headers">, content: Content) {
    Object.assign(this, { status, statusText, headers, correlationId: headers["inin-correlation-id"] });
    this.#content = content;
  }

  /** The content, read as fast as it is taken. Cancelling it closes the connection. */
  get stream(): ReadableStream<Uint8Array> {
    return (this.#stream ??= streamOf(this.#content.take()));
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#content.take().collect();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  /** The content as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers["content-type"] || "" });
  }

  /** Reads no more, and closes the connection. Who reads meanwhile gets an error of the kind `abort`. */
  abort(reason: unknown = new Error("aborted")): void {
    this.#content.abort(reason);
  }
}

/** Has the connections closed of content that a program has dropped without reading it to its end. */
const dropped = new FinalizationRegistry<() => void>((forget) => forget());

/** Content that is still to be read. The pieces know nothing of it, so that it can be dropped. */
class Content implements Stoppable {
  readonly #pieces: Pieces;
  readonly #opening: Opening | undefined;
  readonly #answer: Pick<Answer, "status" | "statusText" | "headers">;
  readonly #watcher: Stoppable;
  #taken = false;
  #over = false;
  #problem: PureCloudError | undefined;

  constructor(answer: Pick<Answer, "status" | "statusText" | "headers">, pieces: Pieces, opening?: Opening) {
    this.#answer = answer;
    this.#pieces = pieces;
    this.#opening = opening;
    const reference = new WeakRef(this);
    const watcher = (this.#watcher = { abort: (reason: unknown) => reference.deref()?.abort(reason) });
    const signal = opening?.prepared.signal;
    if (signal) watch(signal, watcher);
    const forget = () => {
      if (signal) unwatch(signal, watcher);
      cancelPieces(pieces);
    };
    dropped.register(this, forget, this);
  }

  /** Claims it for one reader. @throws {PureCloudError} when it has one. */
  take(): this {
    if (this.#taken) throw new PureCloudError("the content of the answer can be read only once");
    this.#taken = true;
    return this;
  }

  /** The next piece, or nothing at the end. */
  async next(): Promise<Uint8Array | undefined> {
    if (this.#problem) throw this.#problem;
    const { host, timeout = 0 } = this.#opening || {};
    const late = () => this.#stop("timeout", new Error(`no more of the content within ${timeout} ms`));
    const stopTimer = timeout > 0 ? host?.after(timeout, late, true) : undefined;
    try {
      const { done, value } = await this.#pieces.read();
      if (this.#problem) throw this.#problem;
      if (!done) return value;
      this.#end();
      return undefined;
    } catch (cause) {
      this.#stop("cut", cause);
      throw this.#problem;
    } finally {
      stopTimer?.();
    }
  }

  /** All of it. */
  async collect(): Promise<Uint8Array<ArrayBuffer>> {
    const { limit = Infinity } = this.#opening || {};
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (let piece; (piece = await this.next()); pieces.push(piece)) {
      size += piece.length;
      if (size > limit) this.#stop("tooLong", tooLong(limit));
    }
    const bytes = new Uint8Array(size);
    size = 0;
    for (const piece of pieces) {
      bytes.set(piece, size);
      size += piece.length;
    }
    return bytes;
  }

  abort(reason: any): void {
    this.#stop(reason?.name == "TimeoutError" ? "timeout" : "abort", reason);
  }

  /** Ends it without an error. */
  cancel(): void {
    this.#end();
    cancelPieces(this.#pieces);
  }

  #stop(kind: ErrorKind, cause: any): void {
    if (this.#over || !this.#opening) return;
    const { status, statusText, headers } = this.#answer;
    const { id: operation, method } = this.#opening.prepared;
    const fields = {
      ...{ kind, operation, status, statusText, headers, readyState: 4 as const, mayHaveActed: true },
      code: typeof cause?.code == "string" ? cause.code : kind,
      correlationId: headers["inin-correlation-id"],
    };
    this.#problem = new PureCloudError(`${operation}: ${cause?.message || cause}`, fields, cause, undefined, method == "GET" ? "read" : undefined);
    this.cancel();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    dropped.unregister(this);
    const signal = this.#opening?.prepared.signal;
    if (signal) unwatch(signal, this.#watcher);
  }
}

function cancelPieces(pieces: Pieces): void {
  // What comes of it is of no interest: the connection is closed, or has been.
  void Promise.resolve(pieces.cancel()).catch(() => {});
}

/** Content as a stream that asks for a piece when somebody wants one. */
function streamOf(content: Content): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const piece = await content.next();
        if (piece) controller.enqueue(piece);
        else controller.close();
      },
      cancel: () => content.cancel(),
    },
    { highWaterMark: 0 },
  );
}

/** Content that has been read already. */
function readPieces({ responseText, response }: any): Pieces {
  let isRead = false;
  return {
    async read() {
      if (isRead) return { done: true };
      isRead = true;
      if (responseText != null) return { value: new TextEncoder().encode(responseText) };
      return { value: new Uint8Array(response ? (response.buffer ? response : await response.arrayBuffer()) : 0) };
    },
    cancel() {},
  };
}

/** Reports progress to a program, whose faults are no reason to stop a transfer. */
function report(handler: ProgressHandler, loaded: number, total?: number): void {
  try {
    handler({ loaded, total });
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** How many bytes an answer will have, unpacked; what a page cannot see of its packing shows when more come. */
function totalOf(headers: Answer["headers"], loaded: number): number | undefined {
  const length = +(headers["content-length"] || NaN);
  return headers["content-encoding"] || !(length >= loaded) ? undefined : length;
}

/** A transport that can say how much it has sent, where there is one. */
function uploadTransport({ transport, countsSent }: Host, isOwn: boolean): Transport {
  if (countsSent || isOwn || typeof XMLHttpRequest == "undefined") return transport;
  return (wire, sink) => {
    if (!isStream(wire.body)) return sendWithXhr(wire, sink);
    // No page sends a stream piece by piece while it says how much it has sent.
    let stop = (): boolean | void => false;
    let isStopped = false;
    new Response(wire.body as ReadableStream).blob().then(
      (body) => isStopped || (stop = sendWithXhr({ ...wire, body }, sink)),
      (error) => sink.failed(error, true),
    );
    return () => {
      isStopped = true;
      return stop();
    };
  };
}

parts.transfer = () => ({
  open(answer, opening) {
    const { stream, ...head } = answer;
    // The fields of an answer become those of the request, which has nothing to read from.
    answer.stream = undefined;
    return new RawAnswer(head, new Content(head, stream!, opening));
  },

  rawOf: (data, request) => (data instanceof RawAnswer ? data : new RawAnswer(request, new Content(request, readPieces(request)))),

  progress(host, { onUploadProgress, onDownloadProgress }, isOwn) {
    return (wire, sink) => {
      const uploads = onUploadProgress && wire.body != null;
      let isCounted = false;
      const received = onDownloadProgress && ((loaded: number, headers: Answer["headers"]) => report(onDownloadProgress, loaded, totalOf(headers, loaded)));
      const more = {
        ...(uploads && {
          sent(loaded: number, total?: number) {
            isCounted = true;
            report(onUploadProgress, loaded, total);
          },
        }),
        ...(received && { received }),
      };
      return (uploads ? uploadTransport(host, isOwn) : host.transport)(
        { ...wire, ...more },
        {
          answered(answer) {
            const { stream, headers } = answer;
            // Where nothing counts, the answer says that all of it has arrived.
            const size = uploads && !isCounted ? sizeOf(wire.body) : undefined;
            if (size != null) report(onUploadProgress!, size, size);
            if (stream && received) {
              let loaded = 0;
              answer.stream = countPieces(stream, (bytes) => received((loaded += bytes), headers));
            }
            sink.answered(answer);
          },
          failed: (error, unsent) => sink.failed(error, unsent),
          streams: () => !!sink.streams?.(),
        },
      );
    };
  },
});
