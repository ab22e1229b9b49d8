import { header, headerLines } from "./error.js";
import type { PureCloudError } from "./error.js";

/** What a success handler gets: the data, `success` or `nocontent`, and the request with jqXHR's fields. */
export type DoneHandler<T> = (data: T, textStatus: string, request: Request<T>) => void;
/**
 * What a failure handler gets: the error with jqXHR's fields, one of `error`, `timeout`, `abort`, `parsererror`, and
 * the reason phrase (or, for answers that cannot be parsed, what the parser threw).
 */
export type FailHandler = (error: PureCloudError, textStatus: string, errorThrown: any) => void;
/** What a handler of both gets: the arguments of one or the other. */
export type AlwaysHandler = (...args: any[]) => void;
/** jQuery takes functions, arrays of them, arrays of arrays, and passes over everything else. */
export type Handlers<F> = F | readonly Handlers<F>[] | null | undefined;

/** Settles a request with the arguments for its handlers; only the first call counts. */
export type Settle = (ok: boolean, args: readonly unknown[]) => void;

/**
 * A call under way: at once a native promise and a jQuery-style deferred.
 *
 * Handlers of `done`, `fail`, `always` and their older names run in the order in which they were added, synchronously
 * when the request settles, and at once when it has settled; `then`, `catch` and `await` go on a microtask later, as
 * native promises do. A handler that throws does not keep the others from running; what it threw is reported as an
 * uncaught exception.
 *
 * A failure that nobody handles is reported once, as an unhandled rejection of a native promise. Handled means: a
 * `fail` or `error` handler, or `then` with a second function, or `catch`, was attached before the microtasks after
 * the failure have run. `done`, `always` and `complete` alone do not handle it. A failure handled on the request
 * itself is not reported again by promises derived from it with `then(ok)`.
 */
export class Request<T = any> extends Promise<T> {
  /** `then` makes its own derived requests; what natives derive beneath it are plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** HTTP status; 0 before the answer and without one. */
  status = 0;
  /** The reason phrase, or the kind of failure when there was no answer. */
  statusText = "";
  /** Content of the answer as text. */
  responseText: string | undefined;
  /** Content of the answer, if it was JSON. */
  responseJSON: any;
  /** 1 while under way, 4 when settled. */
  readyState = 1;
  /** Headers of the answer, names in lower case. */
  headers: Readonly<Record<string, string>> = {};

  #outcome: { readonly ok: boolean; readonly args: readonly any[] } | undefined;
  #handled = false;
  #running = false;
  /** Each with the outcome it waits for; none for handlers of both. */
  readonly #queue: [boolean | undefined, AlwaysHandler][] = [];
  /** jQuery runs these after all others. */
  readonly #last: [boolean | undefined, AlwaysHandler][] = [];
  readonly #context: object;
  readonly #cancel: () => void;

  /** @param context `this` in handlers. @param start Begins the work; returns how to cancel it. */
  constructor(context: object, start: (settle: Settle, request: Request<T>) => () => void) {
    let native!: readonly [(value: any) => void, (reason: unknown) => void];
    super((resolve, reject) => (native = [resolve, reject]));
    this.#context = context;
    this.#cancel = start((ok, args) => {
      if (!this.#outcome) {
        this.#outcome = { ok, args };
        native[ok ? 0 : 1](args[0]);
        this.#run();
      }
    }, this);
  }

  #run(): void {
    if (this.#outcome && !this.#running) {
      const { ok, args } = this.#outcome;
      this.#running = true;
      for (let next; (next = this.#queue.shift() || this.#last.shift()); ) {
        if (next[0] != !ok) {
          try {
            next[1].apply(this.#context, args as any[]);
          } catch (error) {
            queueMicrotask(() => {
              throw error;
            });
          }
        }
      }
      this.#running = false;
    }
  }

  #add(when: boolean | undefined, handlers: readonly unknown[]): this {
    for (const handler of functionsOf(handlers)) {
      if (when == false) this.#handle();
      this.#queue.push([when, handler]);
    }
    this.#run();
    return this;
  }

  /** From now on, a failure is no news to the reporter of unhandled rejections. */
  #handle(): void {
    this.#handled = true;
    super.then(undefined, () => {});
  }

  /** Adds handlers of success. */
  done(...handlers: Handlers<DoneHandler<T>>[]): this {
    return this.#add(true, handlers);
  }

  /** Older name of `done`. */
  success(...handlers: Handlers<DoneHandler<T>>[]): this {
    return this.#add(true, handlers);
  }

  /** Adds handlers of failure. */
  fail(...handlers: Handlers<FailHandler>[]): this {
    return this.#add(false, handlers);
  }

  /** Older name of `fail`. */
  error(...handlers: Handlers<FailHandler>[]): this {
    return this.#add(false, handlers);
  }

  /** Adds handlers of both, which get what `done` or `fail` handlers get. */
  always(...handlers: Handlers<AlwaysHandler>[]): this {
    return this.#add(undefined, handlers);
  }

  /** Adds handlers that run after all others and get the jqXHR-like object and the text status. */
  complete(...handlers: Handlers<(request: Request<T> | PureCloudError, textStatus: string) => void>[]): this {
    for (const handler of functionsOf(handlers)) {
      this.#last.push([undefined, (...args) => handler.call(this.#context, args[this.#outcome!.ok ? 2 : 0], args[1])]);
    }
    return this.#add(true, []);
  }

  /** There as in jQuery; requests do not report progress, so its handlers are never called. */
  progress(..._handlers: unknown[]): this {
    return this;
  }

  /** `pending`, `resolved` or `rejected`. */
  state(): "pending" | "resolved" | "rejected" {
    return this.#outcome ? (this.#outcome.ok ? "resolved" : "rejected") : "pending";
  }

  /** The request itself: what `$.when` asks for. */
  promise(): this {
    return this;
  }

  /** Stops a request that is under way; it fails with the status `abort`. */
  abort(): this {
    this.#cancel();
    return this;
  }

  /** A header of the answer by its name in any letter case; `null` before the answer and without that header. */
  getResponseHeader(name: string): string | null {
    return header(this.headers, name);
  }

  /** All headers of the answer, one a line. */
  getAllResponseHeaders(): string {
    return headerLines(this.headers);
  }

  /**
   * As for every promise, except that handlers get all that `done` and `fail` handlers get, and that the promise it
   * returns is a request too, whose `abort` stops this one.
   */
  override then<A = T, B = never>(
    ok?: ((data: T, textStatus: string, request: Request<T>) => A | PromiseLike<A>) | null,
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<A | B> {
    // Functions that take over from an outcome; natives pass the outcome on where there is none.
    const takes = [fail, ok].map((handler) =>
      typeof handler == "function" ? () => handler(...(this.#outcome!.args as [any, any, any])) : undefined,
    );
    if (takes[0]) this.#handled = true;
    return new Request<A | B>(this.#context, (settle, child) => {
      const pass = (good: boolean, value: unknown) => {
        const { ok, args } = this.#outcome!;
        if (takes[+ok]) return settle(good, [value]);
        if (!ok) {
          if (this.#handled) child.#handle();
          this.#handled = true;
        }
        settle(ok, args);
      };
      super.then(takes[1], takes[0]).then(
        (value) => pass(true, value),
        (error) => pass(false, error),
      );
      return this.#cancel;
    });
  }

  /** As for every promise; the handler gets all that `fail` handlers get. */
  override catch<B = never>(
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<T | B> {
    return this.then(undefined, fail);
  }
}

/** The functions in lists of lists, as jQuery finds them. */
function functionsOf(handlers: readonly unknown[]): AlwaysHandler[] {
  return (handlers as any[]).flat(9).filter((handler) => typeof handler == "function");
}
