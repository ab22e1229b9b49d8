import { PureCloudError } from "./error.js";
import type { ErrorKind } from "./error.js";
import type { Answer } from "./host.js";
import { isJson, isPlain } from "./prepare.js";
import type { Prepared } from "./prepare.js";

/**
 * What a request comes to: an error, or without one its data.
 *
 * - `textStatus` is as in jQuery: `success`, `nocontent`, `notmodified`, `error`, `timeout`, `abort` or `parsererror`.
 * - `data` is the content of the answer, parsed where it is JSON.
 * - `thrown` is the third argument of failure handlers: the reason phrase, or what the parser threw.
 */
export type Outcome = readonly [textStatus: string, data?: any, error?: PureCloudError, thrown?: unknown];

/**
 * Decides what an answer means, or its absence: status 0, with `error`, `timeout` or `abort` as the reason phrase.
 * Content without a type is taken for JSON if it is JSON, else for text. A page where JSON is due comes from something
 * on the way, such as the login of a hotel's network, and is a failure whatever its status.
 *
 * @param type What the content is taken for; by default, what the answer says it is.
 */
export function classify(
  { id: operation, method, headers: { accept }, url, reads, credentials }: Prepared,
  { status, statusText, headers, responseText, response, cut, unsent }: Answer,
  type = headers["content-type"],
): Outcome {
  const isLogin = credentials != null;
  const ok = status > 199 && status < 300;
  let data: any = responseText || response;
  let cause: any = cut;
  let kind: ErrorKind = status ? (ok ? "cut" : "refused") : unsent ? "unreached" : "broken";
  let textStatus = status ? "error" : statusText;
  let thrown: unknown = statusText == "error" ? "" : statusText;
  if (cut instanceof PureCloudError) kind = cut.kind;
  else if (!status && statusText != "error") kind = statusText as ErrorKind;
  try {
    if (responseText && (!type || isJson(type))) data = JSON.parse(mendEscapes(responseText));
    else if (ok && /\bx?html\b/.test(type!) && isJson(accept || "") && url[0] == "/") throw new Error("not JSON but a page");
  } catch (error) {
    if (type && ok) {
      textStatus = "parsererror";
      kind = "decode";
      thrown = cause = error;
    }
  }
  if (status == 304) return ["notmodified"];
  if (ok && (status == 204 || method == "HEAD")) return ["nocontent"];
  if (ok && !cause) return ["success", data];
  const said: Record<string, unknown> = isPlain(data) ? data : {};
  const error: any = new PureCloudError(
    firstText(
      said["message"],
      said["error_description"],
      said["detail"],
      // HTTP/2 has no reason phrases.
      [`${operation}:`, status, firstText(cause?.message, cause, statusText)].filter(Boolean).join(" "),
    ),
    {
      kind,
      operation,
      parameter: cause?.parameter,
      status,
      statusText,
      readyState: status ? 4 : 0,
      code: firstText(said["code"], said["error"], cause?.code, textStatus),
      headers,
      body: data,
      correlationId: firstText(headers["inin-correlation-id"], said["contextId"]),
      retryAfter: secondsToWait(headers) ?? cause?.retryAfter,
      // A refusal is the platform's word that nothing was done, unless it is of those that say it does not know. A login
      // does nothing that a call is for.
      mayHaveActed:
        !isLogin && (kind == "refused" ? status == 408 || (status > 499 && status != 503) : !unsent && kind != "request"),
    },
    cause,
    responseText,
    isLogin ? "login" : reads || /^(GET|HEAD|OPTIONS)$/.test(method) ? "read" : undefined,
  );
  // What else the platform says, but never over a field or method of ours.
  for (const name in said) if (!(name in error)) error[name] = said[name];
  return [textStatus, data, error, thrown];
}

/** The first of these that is a text with something in it: a peer may send anything in the place of one. */
function firstText(...values: unknown[]): any {
  return values.find((value) => value && typeof value == "string");
}

/** JSON in which half of a surrogate pair, which is no character and which no other program can read, is U+FFFD. */
function mendEscapes(json: string): string {
  if (!/\\ud[89a-f]/i.test(json)) return json;
  return json.replace(/\\(ud[89ab]..\\ud[c-f]..|u(d[89a-f]..)|[^])/gi, (escape, _, half) => (half ? "\\ufffd" : escape));
}

/** `Retry-After` in seconds. A date counts from the answer's own, so the clocks need not agree. */
function secondsToWait({ date, "retry-after": wait }: any): number | undefined {
  const seconds = isNaN(wait) ? (Date.parse(wait) - Date.parse(date)) / 1000 : +wait;
  return seconds >= 0 ? seconds : undefined;
}
