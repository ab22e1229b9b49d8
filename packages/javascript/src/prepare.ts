import { PureCloudError } from "./error.js";
import type { Priority } from "./governor.js";
import type { Operation, Place } from "./operation.js";
import { part } from "./parts.js";
import type { RetryOptions } from "./retrying.js";
import type { ProgressHandler } from "./transfer.js";

/** A request as the caller meant it: where to, with what, but without a token and not yet on its way. */
export interface Prepared {
  /** What errors call it: the operation's name, or the method and address of a bare request. */
  readonly id: string;
  readonly method: string;
  /** Path and query on the API host, or an absolute address. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The content as it goes out: text, a body type that `fetch` takes, or a stream of Node's. */
  readonly data?: unknown;
  /** Why it cannot be sent; the request fails with this. */
  readonly problem?: PureCloudError | undefined;
  /** Texts besides the credentials that no error may hold. */
  readonly secrets?: readonly (string | undefined)[] | undefined;
  /** Whether a POST only reads, so that it may always be sent again. */
  readonly reads?: boolean | undefined;
  /** Of a request to the login: its `Authorization` header, or an empty text for none. */
  readonly credentials?: string | undefined;
  /** How failures that may pass are treated; `false` for once only. @default the session's */
  readonly retry?: RetryOptions | undefined;
  /** Which of the calls that wait for their turn goes first. @default "interactive" */
  readonly priority?: Priority | undefined;
  /** Milliseconds that each attempt may take. */
  readonly timeout?: number | undefined;
  /** Milliseconds that the call may take with all its attempts and waits. */
  readonly totalTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onUploadProgress?: ProgressHandler | undefined;
  readonly onDownloadProgress?: ProgressHandler | undefined;
}

/** Whether a value is `{…}`, from this realm or another, and not an array, a date or an instance of a class. */
export function isPlain(value: any): value is Record<string, any> {
  if (typeof value != "object" || !value) return false;
  const prototype = Object.getPrototypeOf(value);
  return !prototype || !Object.getPrototypeOf(prototype);
}

/** Whether content of this media type is JSON. */
export function isJson(type: string): boolean {
  return /[/+]json\b/i.test(type);
}

/** What joins the items of an array in a query; a place that is not here repeats the name. */
const SEPARATORS: { readonly [place in Place]?: string } = { queryComma: ",", querySpace: "%20", queryPipe: "%7C" };

/** Whether a body is read piece by piece, and so can be sent once only. */
export function isStream(body: any): boolean {
  return !!body && typeof body == "object" && (typeof body.pipe == "function" || typeof body.getReader == "function");
}

/** What a value is, as the language itself tells: `Object`, `Map`, `HTMLInputElement`. */
export function kindOf(value: unknown): string {
  return {}.toString.call(value).slice(8, -1);
}

/** Whether a value is binary data that is there at once: a blob, a file, a buffer or a view of one. */
export function isBinary(value: unknown): boolean {
  return /Blob|File|View|\wArray|Buffer/.test(kindOf(value));
}

/**
 * A value as text: dates as ISO 8601, the items of an array with commas between them.
 *
 * @throws {TypeError} for what has no text of its own, and for an invalid date.
 */
export function plainText(value: any): string {
  if (Array.isArray(value)) return value.map(plainText).join();
  const text = value instanceof Date && !isNaN(+value) ? value.toISOString() : String(value);
  if (/^f|^sy/.test(typeof value) || (typeof value == "object" && /^(\[object |Invalid Date$)/.test(text))) {
    throw new TypeError(`${text} is neither text, number, boolean, date nor a list of them`);
  }
  return text;
}

/** A value as a part of an address. What no address can hold, half of a surrogate pair, becomes U+FFFD. */
export function encode(value: unknown): string {
  return encodeURIComponent(plainText(value).replace(/\p{Cs}/gu, "\ufffd"));
}

/**
 * A value as a segment of a path. `.` and `..` are encoded twice: everything on the way takes `%2E%2E` for `..` and
 * would climb to another operation. No entity has such an id, so the platform answers that it does not know it.
 */
export function encodeSegment(value: unknown): string {
  const text = encode(value);
  return /^\.\.?$/.test(text) ? text.replace(/\./g, "%252E") : text;
}

/**
 * What goes out for a body, and its media type unless it states that itself. Binary data, forms and streams go as they
 * are, and so does text if `type` is not a JSON one. `undefined` and `null` are no body; a method that could have one
 * says `application/json` all the same, as every generation of this SDK did.
 */
function content({ method, contentType: type, fields }: Operation, body: any): readonly [data?: unknown, type?: string] {
  const kind = kindOf(body);
  if (isStream(body)) return [body, body.getHeaders?.()["content-type"] || type || "application/octet-stream"];
  // The type of a form has a boundary in it that only its writer knows.
  if (/FormData|URLSearchParams/.test(kind)) return [body];
  if (isBinary(body)) return [body, body.type || type || "application/octet-stream"];
  const media = type || "application/json";
  const form = /^multipart\/form-data|urlencoded/i.exec(media);
  if (body == null) return form || /GET|HEAD/.test(method) ? [] : [undefined, media];
  // A text of pairs has been written by the program; one of parts would have no boundary.
  if (form && (!form.index || typeof body != "string")) return part("form")(body, media, fields);
  // Where the body is itself a text, the table says `application/json`. Elsewhere a text that is JSON has been written
  // by the program.
  const written = typeof body == "string" && (!isJson(media) || (type != "application/json" && parses(body)));
  const text = written ? body : JSON.stringify(body, checkJson);
  if (text == null) throw new TypeError(`${kind}: ${NO_JSON}`);
  return [text, media];
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const NO_JSON = "neither JSON, text, binary data, a form nor a stream";

/** Keeps `JSON.stringify` from writing `null` for an invalid date, and `{}` for a map, a promise and their like. */
export function checkJson(this: any, key: string, value: unknown): unknown {
  const given = this[key];
  if (typeof given != "object" || !given) return value;
  const kind = kindOf(given);
  if (kind == "Date" ? value === null : value === given && !/^(Object|Array|String|Number|Boolean)$/.test(kind) && !Object.keys(given)[0]) {
    throw new TypeError(`${key && `${key}: `}${kind == "Date" ? "invalid date" : `${kind}: ${NO_JSON}`}`);
  }
  return value;
}

/** Queries and searches are POSTs whose arguments are too long for an address; their paths end in these words. */
const ONLY_READS = /\/(query|search)$/;

/**
 * Puts the values of an operation's parameters, in their order, where they go in a request. A value that has no place
 * there makes the request fail when it is sent.
 */
export function prepare(operation: Operation, values: readonly unknown[]): Prepared {
  const { id, method, accept = "application/json" } = operation;
  const headers: Record<string, string> = { accept };
  let { path: url } = operation;
  let query = "";
  let body: unknown;
  let parameter = "body";
  let data: unknown;
  let problem: PureCloudError | undefined;
  try {
    operation.parameters.forEach(({ name, wireName, place }, index) => {
      const value = values[index];
      if (place == "body") {
        body = value;
        return;
      }
      if (value == null || place == "dropped") return;
      parameter = name;
      if (place == "path") {
        url = url.replace(`{${wireName}}`, () => encodeSegment(value));
      } else if (place == "header") {
        headers[wireName.toLowerCase()] = plainText(value);
      } else {
        const separator = SEPARATORS[place];
        const items = [value]
          .flat()
          .filter((item) => item != null)
          .map(encode);
        for (const item of separator && items[0] != null ? [items.join(separator)] : items) {
          // A path may have a fixed query of its own.
          query += `${(url + query).includes("?") ? "&" : "?"}${encode(wireName)}=${item}`;
        }
      }
    });
    parameter = "body";
    const [written, type] = content(operation, body);
    data = written;
    if (type) headers["content-type"] = type;
  } catch (cause) {
    problem = new PureCloudError(`${parameter}: ${(cause as Error).message}`, { operation: id, parameter }, cause);
  }
  const reads = method == "POST" && ONLY_READS.test(operation.path);
  return { id, method, url: url + query, headers, data, problem, reads };
}
