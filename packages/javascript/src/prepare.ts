import type { Operation, Place } from "./operation.js";

/** A request as the caller meant it: where to, with what, but without a token and not yet on its way. */
export interface Prepared {
  /** What errors call it: the operation's name, or the method and address of a bare request. */
  readonly id: string;
  readonly method: string;
  /** Path and query on the API host, or an absolute address. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The content as it goes out: text, or a body type that `fetch` takes. */
  readonly data?: unknown;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
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

/** A value as text: dates as ISO 8601, the items of an array with commas between them. */
function plainText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(Array.isArray(value) ? value.map(plainText) : value);
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
 * What goes out for a body, and its media type unless it states that itself. Binary data and forms go as they are, and
 * so does text if `type` is not a JSON one. `undefined` and `null` are no body; a method that could have one says
 * `application/json` all the same, as every generation of this SDK did.
 */
function content(method: string, body: any, type?: string): readonly [data?: unknown, type?: string] {
  const kind = {}.toString.call(body);
  // The type of a form has a boundary in it that only its writer knows.
  if (/FormData|URLSearchParams/.test(kind)) return [body];
  if (/Blob|File|View|\wArray|Buffer/.test(kind)) return [body, body.type || type || "application/octet-stream"];
  type ||= "application/json";
  if (body == null) return /GET|HEAD/.test(method) ? [] : [undefined, type];
  return [typeof body == "string" && !isJson(type) ? body : JSON.stringify(body), type];
}

/** Puts the values of an operation's parameters, in their order, where they go in a request. */
export function prepare(operation: Operation, values: readonly unknown[]): Prepared {
  const { id, method, contentType, accept = "application/json" } = operation;
  const headers: Record<string, string> = { accept };
  let { path } = operation;
  let query = "";
  let body: unknown;
  operation.parameters.forEach(({ wireName, place }, index) => {
    const value = values[index];
    if (place == "body") {
      body = value;
    } else if (value == null || place == "dropped") {
      return;
    } else if (place == "path") {
      path = path.replace(`{${wireName}}`, () => encodeSegment(value));
    } else if (place == "header") {
      headers[wireName.toLowerCase()] = plainText(value);
    } else {
      const separator = SEPARATORS[place];
      const items = [value]
        .flat()
        .filter((item) => item != null)
        .map(encode);
      for (const item of separator && items[0] != null ? [items.join(separator)] : items) {
        query += `${query ? "&" : "?"}${encode(wireName)}=${item}`;
      }
    }
  });
  const [data, type] = content(method, body, contentType);
  if (type) headers["content-type"] = type;
  return { id, method, url: path + query, headers, data };
}
