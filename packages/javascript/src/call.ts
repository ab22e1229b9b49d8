import { PureCloudError, missing } from "./error.js";
import type { Operation, Parameter } from "./operation.js";
import type { Priority } from "./governor.js";
import type { RetryOptions } from "./retrying.js";
import type { ListingSource, ListingPages, PagesOptions } from "./pages.js";
import { part } from "./parts.js";
import { isPlain, prepare } from "./prepare.js";
import type { Request } from "./request.js";
import type { Session } from "./session.js";
import type { ProgressHandler } from "./transfer.js";

/** What a call may name besides its operation's arguments, unless the operation has one of that name. */
export interface CallOptions {
  /** Stops the call when it aborts; its reason is the `cause` of the error. */
  readonly signal?: AbortSignal;
  /** Milliseconds that each attempt may take, once it is sent; 0 for any time. @default the session's */
  readonly timeout?: number;
  /** Milliseconds that the call may take with all its attempts and waits; 0 for any time. @default the session's */
  readonly totalTimeout?: number;
  /** More headers for this call, stronger than the session's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How failures that may pass are treated; `false` for once only. @default the session's */
  readonly retry?: RetryOptions;
  /** Which of the calls that wait for their turn goes first. @default "interactive" */
  readonly priority?: Priority;
  /** Called while the content of the request is sent. Needs `purecloud/transfer`, like the next. */
  readonly onUploadProgress?: ProgressHandler;
  /** Called while the content of the answer is read. */
  readonly onDownloadProgress?: ProgressHandler;
}

/**
 * Calls an operation with the arguments of a program: positional ones in their order, the last of them followed by an
 * object of named ones, {@link CallOptions} among them, if there are any. See {@link readArguments}.
 *
 * @throws {PureCloudError} at once, when a required argument is missing or an option has no such name.
 */
export function call(session: Session, operation: Operation, args: readonly unknown[]): Request {
  const [values, options] = readArguments(operation, args);
  const prepared = prepare(operation, values);
  const sent = options ? { ...prepared, ...options, headers: { ...prepared.headers, ...options.headers } } : prepared;
  const request = session.send(sent);
  return operation.paging === undefined ? request : listing(request, { session, prepared: sent, paging: operation.paging });
}

/** Lets a request be followed through the pages of its listing. */
function listing(request: Request, source: ListingSource): ListingRequest {
  const pages = (options?: PagesOptions) => part("paging").pages(source, request, options);
  return Object.assign(request, {
    pages,
    all: ({ limit, ...options }: PagesOptions & { readonly limit?: number } = {}) =>
      part("paging").all(pages(options), limit),
    [Symbol.asyncIterator]: () => pages().items(),
  });
}

/** A call of a listing: the request for its first page, and the way to the pages after it. */
export interface ListingRequest<Result = any, Item = any, Data = Result> extends Request<Result> {
  /** The items of all pages, in order, each page fetched when the loop gets there. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Item>;
  /** The pages, in order. */
  pages(options?: PagesOptions): ListingPages<Data, Item>;
  /** The items of all pages, or the first `limit` of them. */
  all(options?: PagesOptions & { readonly limit?: number }): Promise<Item[]>;
}

/** The session itself. @throws {PureCloudError} when it is not one. */
export function checkSession(session: any): Session {
  if (!session?.send) throw new PureCloudError("PureCloudSession is not valid.");
  return session;
}

/**
 * Sorts arguments into one value for each parameter, and the options of the call.
 *
 * An object of named options is the last argument, trailing `undefined`s aside, if it is a plain `{…}` and
 * - stands past the last parameter, or where no object can belong: in a path, a query or a header; or
 * - stands where the body belongs but says that it is none: it is not empty, each of its keys is the name of a
 *   parameter from here on or of an option of calls, and the body is optional or is in it under its own name, as an
 *   object, which in a program of 2016 it always must be.
 *
 * So `putUser(id, {name: "Ada"})` has a body, while `putUser(id, {body: {name: "Ada"}})` and
 * `putUser({userId: id, body: {name: "Ada"}})` name it. A body that looks like the former of these two itself, with an
 * object `body` and nothing else, must be named. Names are those of {@link Operation.parameters} or those on the wire;
 * a positional argument is stronger than a named one.
 */
export function readArguments(
  { id, parameters, isFirst }: Operation,
  args: readonly unknown[],
): readonly [values: unknown[], options?: CallOptions | undefined] {
  let count = args.length;
  while (count && args[count - 1] === undefined) count--;
  let options: Record<string, any> | undefined;
  const last = args[count - 1];
  if (isPlain(last) && isOptions(last, parameters.slice(count - 1), isFirst)) {
    count--;
    // Without a prototype, no name is there that was not given.
    options = { __proto__: null, ...last };
  }
  const values = parameters.map(({ name, wireName, place, required }, index) => {
    let value = index < count ? args[index] : undefined;
    if (options) {
      for (const key of [name, wireName]) {
        if (value === undefined) value = options[key];
        delete options[key];
      }
    }
    if ((required && value === undefined) || (place == "path" && `${value ?? ""}` == "")) throw missing(id, name);
    return value;
  });
  for (const parameter in options) {
    if (!CALL_OPTIONS.includes(parameter)) {
      throw new PureCloudError(`${id}: ${parameter} is not among ${[...parameters.map(({ name }) => name), ...CALL_OPTIONS]}`, {
        operation: id,
        parameter,
      });
    }
  }
  return [values, options];
}

const CALL_OPTIONS = ["headers", "onDownloadProgress", "onUploadProgress", "priority", "retry", "signal", "timeout", "totalTimeout"];

/** Whether a plain object that stands at the first of these parameters is one of options. */
function isOptions(value: Record<string, any>, parameters: readonly Parameter[], isFirst?: boolean): boolean {
  const [slot] = parameters;
  if (!slot || !/body|dropped/.test(slot.place)) return true;
  const names = parameters.flatMap(({ name, wireName }) => [name, wireName]).concat(CALL_OPTIONS);
  const keys = Object.keys(value);
  const body = value[slot.name] || value[slot.wireName];
  return !!keys[0] && (!(slot.required || isFirst) || typeof body == "object") && keys.every((key) => names.includes(key));
}
