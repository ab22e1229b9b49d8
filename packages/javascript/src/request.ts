import { header, headerLines } from "./error.js";
import type { PureCloudError } from "./error.js";
import { part } from "./parts.js";
import type { RawAnswer } from "./transfer.js";

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
 * A failure that nothing receives is written once to the console, and ends no program. What receives it is a handler of
 * `fail`, `error`, `always` or `complete`, `catch`, `await`, or `then`. What `then` and `await` give back are promises
 * with promises' own rules: a failure that nothing handles there is an unhandled rejection, unless it was received by
 * the request itself.
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
  /** Succeeds with what `done` handlers get of the data, and what else the answer says. */
  withResponse(): Request<CallResponse<T>>;
  /**
   * Succeeds with the content as bytes or a stream, as soon as the head of a success has come. It must be asked for where
   * the call is made: later, the content has been read. Needs `purecloud/transfer`.
   */
  raw(): Request<RawAnswer>;
  /** There as in jQuery; requests do not report progress, so its handlers are never called. */
  progress(...handlers: unknown[]): this;
  /** `pending`, `resolved` or `rejected`. */
  state(): "pending" | "resolved" | "rejected";
  /** The request itself: what `$.when` asks for. */
  promise(): this;
  /**
   * Adds handlers by HTTP status: `{ 404: handler, 409: [handler, handler] }`. They get what `done` or `fail` handlers
   * get, and run after those and before the ones of `complete`.
   */
  statusCode(handlers: Readonly<Record<number, Handlers<AlwaysHandler>>>): this;
  /**
   * Sets a header before the request is sent, stronger than the session's and the call's; later it does nothing. Since
   * requests are sent at once, a handler of jQuery's `ajaxSend` is the place for it.
   */
  setRequestHeader(name: string, value: string): this;
  /** Says what the answer is to be taken for, whatever its `content-type`: `text/plain` leaves JSON unread. */
  overrideMimeType(type: string): this;
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
  /**
   * jQuery's older `then`: its functions run when the request settles, and what `fail` returns is what the request that
   * comes out fails with, unless it is a promise or a deferred, whose outcome is then that request's.
   */
  pipe<A = T, B = never>(
    ok?: ((data: T, textStatus: string, request: Request<T>) => A | PromiseLike<A>) | null,
    fail?: ((error: any, textStatus: string, errorThrown: any) => B | PromiseLike<B>) | null,
  ): Request<A | B>;
}

/** The data of a call with what else its answer says. */
export interface CallResponse<T = any> {
  readonly data: T;
  readonly status: number;
  /** The reason phrase; empty over HTTP/2. */
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The platform's id of this exchange, to quote in a support case. */
  readonly correlationId: string | undefined;
}

/** What a program asked of a request by its methods. */
export interface Asked {
  /** Whether the content of a success is left to be read. */
  readonly raw?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly mimeType?: string;
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
  return new Deferred(context).begin(start, true);
}

/** What a program has asked of a request so far. */
export function askedOf(request: Request): Asked {
  return Deferred.askedOf(request as any);
}

/**
 * Follows a request without receiving its failure: `settled` comes after the handlers of `done`, `fail`, `always` and
 * `statusCode`, `ended` after those of `complete`.
 */
export function follow(request: Request, settled: Settle, ended: () => void): void {
  Deferred.follow(request as any, settled, ended);
}

/** What all requests begin with. */
const NOTHING = Object.freeze({});
const doNothing = () => {};

const nativeThen = Promise.prototype.then as (ok?: unknown, fail?: unknown) => Promise<any>;

/**
 * The one kind of request. Methods are getters of bound functions, since programs take them off their object, and cost
 * a request nothing until they are used.
 */
class Deferred extends (Promise as any) {
  readyState = 1;
  status = 0;
  statusText = "";
  headers: Readonly<Record<string, string>> = NOTHING;
  responseText: string | undefined;
  responseJSON: any;
  readonly #context: object;
  #native!: readonly ((value: any) => void)[];
  #cancel = doNothing;
  #succeeded = false;
  /** What handlers get; there once the request has settled. */
  #args: readonly any[] | undefined;
  #received = false;
  #running = false;
  /** Whether a failure that nothing receives is written to the console; else it is an unhandled rejection. */
  #isFirst = false;
  #asked: Asked = NOTHING;
  /** What is to run, in jQuery's order: `done` and its kin, `statusCode`, who follows, `complete`, who follows. */
  readonly #stages: (() => void)[][] = [];

  /** What the methods of promises make of a request are promises. */
  static get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  constructor(context: object) {
    let native;
    super((resolve: any, reject: any) => (native = [reject, resolve]));
    this.#native = native!;
    this.#context = context;
  }

  static askedOf(request: Deferred): Asked {
    return request.#asked;
  }

  static follow(request: Deferred, settled: Settle, ended: () => void): void {
    request.#at(2, () => settled(request.#succeeded, request.#args!));
    request.#at(4, ended);
  }

  begin(start: (settle: Settle, request: any) => () => void, isFirst: boolean): any {
    this.#isFirst = isFirst;
    this.#cancel = start((ok, args) => this.#settle(ok, args), this);
    return this;
  }

  #settle(ok: boolean, args: readonly any[]): void {
    if (this.#args) return;
    this.#args = args;
    this.#succeeded = ok;
    this.#native[+ok]!(args[0]);
    this.#run();
    if (ok || !this.#isFirst) return;
    this.#silence();
    if (!this.#received) {
      setTimeout(() => this.#received || console.error("unhandled failure:", args[0]));
    }
  }

  /** From now on, a failure is no news to those who report unhandled rejections. */
  #silence(): void {
    nativeThen.call(this, undefined, () => {});
  }

  #receive(): void {
    this.#received = true;
    this.#silence();
  }

  #run(): this {
    if (this.#args && !this.#running) {
      this.#running = true;
      for (let next; (next = this.#stages.find((tasks) => tasks?.length)?.shift()); ) {
        try {
          next();
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      this.#running = false;
    }
    return this;
  }

  #at(stage: number, task: () => void): void {
    (this.#stages[stage] ||= []).push(task);
  }

  /** A method that adds handlers of success (`true`), of failure (`false`) or of both. */
  #adder(when?: boolean, stage = 0, pick = () => this.#args!): (...handlers: any[]) => this {
    return (...handlers) => {
      for (const handler of handlers.flat(9)) {
        if (typeof handler == "function") {
          if (!when) this.#receive();
          this.#at(stage, () => when != !this.#succeeded && handler.apply(this.#context, pick()));
        }
      }
      return this.#run();
    };
  }

  #derive(ok: unknown, fail: unknown): any {
    // What takes over from an outcome; where nothing does, the outcome passes on with all its arguments.
    const takes: any[] = [fail, ok].map((handler) => typeof handler == "function" && (() => handler(...this.#args!)));
    if (takes[0]) this.#received = true;
    return new Deferred(this.#context).begin((settle, child) => {
      const pass = (good: boolean) => (value: unknown) => {
        if (takes[+this.#succeeded]) return settle(good, [value]);
        if (!this.#succeeded) {
          if (this.#received) child.#receive();
          this.#received = true;
        }
        settle(this.#succeeded, this.#args!);
      };
      nativeThen.call(this, takes[1] || undefined, takes[0] || undefined).then(pass(true), pass(false));
      return this.#cancel;
    }, false);
  }

  #pipe(ok: unknown, fail: unknown): any {
    return new Deferred(this.#context).begin((settle) => {
      const pass = (good: boolean) => (...given: any[]) => settle(good, given);
      const filtered = (good: boolean, filter: any) =>
        function (this: any, ...given: any[]) {
          try {
            const value = filter.apply(this, given);
            // jQuery asks everything that has one for its promise, elements with an animation too.
            const next = typeof value?.promise == "function" ? value.promise() : value;
            if (typeof next?.then == "function") next.then(pass(true), pass(false));
            else settle(good, [value]);
          } catch (error) {
            settle(false, [error]);
          }
        };
      const through = (good: boolean, filter: unknown) => (typeof filter == "function" ? filtered : pass)(good, filter);
      this.done(through(true, ok)).fail(through(false, fail));
      return this.#cancel;
    }, true);
  }

  get done() {
    return this.#adder(true);
  }
  get success() {
    return this.#adder(true);
  }
  get fail() {
    return this.#adder(false);
  }
  get error() {
    return this.#adder(false);
  }
  get always() {
    return this.#adder();
  }
  get complete() {
    return this.#adder(undefined, 3, () => [this.#args![this.#succeeded ? 2 : 0], this.#args![1]]);
  }
  get progress() {
    return () => this;
  }
  get promise() {
    return () => this;
  }
  get state() {
    return () => (this.#args ? (this.#succeeded ? "resolved" : "rejected") : "pending");
  }
  get statusCode() {
    return (handlers: any) => {
      this.#at(1, () => this.always(handlers?.[this.status]));
      return this.#run();
    };
  }
  get setRequestHeader() {
    return (name: string, value: string) => {
      this.#asked = { ...this.#asked, headers: { ...this.#asked.headers, [name]: value } };
      return this;
    };
  }
  get overrideMimeType() {
    return (mimeType: string) => {
      this.#asked = { ...this.#asked, mimeType };
      return this;
    };
  }
  get withResponse() {
    return () =>
      this.#derive(
        (data: any, _: unknown, { status, statusText, headers }: any = this) => ({
          data,
          status,
          statusText,
          headers,
          correlationId: headers["inin-correlation-id"],
        }),
        0,
      );
  }
  get raw() {
    return () => {
      this.#asked = { ...this.#asked, raw: true };
      const { rawOf } = part("transfer");
      return this.#derive((data: any, _: unknown, request: any = this) => rawOf(data, request), 0);
    };
  }
  get pipe() {
    return (ok?: unknown, fail?: unknown) => this.#pipe(ok, fail);
  }
  get abort() {
    return () => {
      this.#cancel();
      return this;
    };
  }
  get getResponseHeader() {
    return (name: string) => header(this.headers, name);
  }
  get getAllResponseHeaders() {
    return () => headerLines(this.headers);
  }
  get then() {
    return (ok?: unknown, fail?: unknown) => this.#derive(ok, fail);
  }
  get catch() {
    return (fail?: unknown) => this.#derive(undefined, fail);
  }
}
