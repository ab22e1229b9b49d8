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
  readonly headers: Readonly<Record<string, string>>;
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
  /** Adds handlers that run after all others and get the jqXHR-like object and the text status. */
  complete(...handlers: Handlers<(request: Request<T> | PureCloudError, textStatus: string) => void>[]): this;
  /** There as in jQuery; requests do not report progress, so its handlers are never called. */
  progress(...handlers: unknown[]): this;
  /** `pending`, `resolved` or `rejected`. */
  state(): "pending" | "resolved" | "rejected";
  /** The request itself: what `$.when` asks for. */
  promise(): this;
  /** Stops a request that is under way; it fails with the status `abort`. */
  abort(): this;
  /** A header of the answer by its name in any letter case; `null` before the answer and without that header. */
  getResponseHeader(name: string): string | null;
  /** All headers of the answer, one a line. */
  getAllResponseHeaders(): string;
  /**
   * As for every promise, except that handlers get all that `done` and `fail` handlers get, and that the promise it
   * returns is a request too, whose `abort` stops this one.
   */
  then<A = T, B = never>(
    ok?: ((data: T, textStatus: string, request: Request<T>) => A | PromiseLike<A>) | null,
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<A | B>;
  /** As for every promise; the handler gets all that `fail` handlers get. */
  catch<B = never>(
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<T | B>;
}

/** Settles a request with the arguments for its handlers; only the first call counts. */
export type Settle = (ok: boolean, args: readonly any[]) => void;

/**
 * Makes a request and begins its work.
 *
 * @param context `this` in handlers.
 * @param start Begins the work; returns how to cancel it.
 */
export function beginRequest<T = any>(
  context: object,
  start: (settle: Settle, request: Request<T>) => () => void,
): Request<T> {
  let native!: readonly ((value: any) => void)[];
  let succeeded = false;
  // What handlers get; there once the request has settled.
  let args: readonly any[] | undefined;
  let handled = false;
  let running = false;
  const queue: (() => void)[] = [];
  // jQuery runs the handlers of `complete` after all others.
  const last: (() => void)[] = [];
  const promise = new Promise<T>((resolve, reject) => (native = [reject, resolve]));
  const then = promise.then.bind(promise) as (ok?: () => any, fail?: () => any) => Promise<any>;

  const run = () => {
    if (args && !running) {
      running = true;
      for (let next; (next = queue.shift() || last.shift());) {
        try {
          next();
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      running = false;
    }
    return request;
  };
  // A method that adds handlers of success (`true`), of failure (`false`) or of both.
  const adder =
    (when?: boolean, list = queue, pick = () => args!) =>
    (...handlers: any[]) => {
      for (const handler of handlers.flat(9)) {
        if (typeof handler == "function") {
          if (when == false) handle();
          list.push(() => when != !succeeded && handler.apply(context, pick()));
        }
      }
      return run();
    };
  // From now on, a failure is no news to those who report unhandled rejections.
  const handle = () => {
    handled = true;
    then(undefined, () => {});
  };

  const itself = () => request;
  const request: Request<T> = Object.assign(promise, {
    readyState: 1,
    status: 0,
    statusText: "",
    headers: {} as Record<string, string>,
    done: adder(true),
    success: adder(true),
    fail: adder(false),
    error: adder(false),
    always: adder(),
    complete: adder(undefined, last, () => [args![succeeded ? 2 : 0], args![1]]),
    progress: itself,
    promise: itself,
    state: () => (args ? (succeeded ? "resolved" : "rejected") : "pending"),
    abort() {
      cancel();
      return request;
    },
    getResponseHeader: (name: string) => header(request.headers, name),
    getAllResponseHeaders: () => headerLines(request.headers),
    then(ok: any, fail: any) {
      // What takes over from an outcome; where nothing does, the outcome passes on with all its arguments.
      const takes: any[] = [fail, ok].map((handler) => typeof handler == "function" && (() => handler(...args!)));
      if (takes[0]) handled = true;
      return beginRequest(context, (settle, child) => {
        const pass = (good: boolean) => (value: unknown) => {
          if (takes[+succeeded]) return settle(good, [value]);
          if (!succeeded) {
            if (handled) child.fail(() => {});
            handled = true;
          }
          settle(succeeded, args!);
        };
        then(takes[1], takes[0]).then(pass(true), pass(false));
        return cancel;
      });
    },
    catch: (fail: any) => request.then(undefined, fail),
  } as any);
  const cancel = start((ok, given) => {
    if (!args) {
      args = given;
      native[+(succeeded = ok)]!(args[0]);
      run();
    }
  }, request);
  return request;
}
