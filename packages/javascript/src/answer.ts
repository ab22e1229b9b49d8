import { PureCloudError } from "./error.js";
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
 * Content without a type is taken for JSON if it is JSON, else for text.
 */
export function classify({ id: operation, method }: Prepared, answer: Answer): Outcome {
  const { status, statusText, headers, responseText, response, cut } = answer;
  const type = headers["content-type"];
  const ok = status > 199 && status < 300;
  let data: any = responseText || response;
  let cause: any = cut;
  let textStatus = status ? "error" : statusText;
  let thrown: unknown = statusText == "error" ? "" : statusText;
  if (responseText && (!type || isJson(type))) {
    try {
      data = JSON.parse(responseText);
    } catch (error) {
      if (type && ok) {
        textStatus = "parsererror";
        thrown = cause = error;
      }
    }
  }
  if (status == 304) return ["notmodified"];
  if (ok && (status == 204 || method == "HEAD")) return ["nocontent"];
  if (ok && !cause) return ["success", data];
  const said = isPlain(data) ? data : {};
  const error: any = new PureCloudError(
    said.message ||
      said.error_description ||
      said.detail ||
      `${operation}: ${status ? `${status} ` : ""}${cause?.message || statusText}`,
    {
      operation,
      status,
      statusText,
      readyState: status ? 4 : 0,
      code: said.code || said.error || cause?.code || textStatus,
      headers,
      body: data,
      correlationId: headers["inin-correlation-id"] || said.contextId,
      retryAfter: secondsToWait(headers),
    },
    cause,
    responseText,
  );
  // What else the platform says, but never over a field or method of ours.
  for (const name in said) if (!(name in error)) error[name] = said[name];
  return [textStatus, data, error, thrown];
}

/** `Retry-After` in seconds. A date counts from the answer's own, so the clocks need not agree. */
function secondsToWait({ date, "retry-after": wait }: any): number | undefined {
  const seconds = isNaN(wait) ? (Date.parse(wait) - Date.parse(date)) / 1000 : +wait;
  return seconds >= 0 ? seconds : undefined;
}
