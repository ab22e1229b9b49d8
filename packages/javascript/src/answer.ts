import { PureCloudError } from "./error.js";
import type { Answer } from "./host.js";
import { isPlain } from "./prepare.js";
import type { Prepared } from "./prepare.js";

/** What a request comes to: `data`, or an `error`. */
export interface Outcome {
  /** As in jQuery: `success`, `nocontent`, `notmodified`, `error`, `timeout`, `abort` or `parsererror`. */
  readonly textStatus: string;
  readonly data?: unknown;
  readonly error?: PureCloudError;
  /** The third argument of failure handlers: the reason phrase, or what the parser threw. */
  readonly thrown?: unknown;
}

/** Decides what an answer means. Content without a type is taken for JSON if it is JSON, else for text. */
export function classify(prepared: Prepared, answer: Answer): Outcome {
  const { status, headers, text, cut } = answer;
  const type = headers["content-type"];
  let body: any = text || answer.data;
  let garbled: unknown;
  if (text && (!type || /[/+]json\b/i.test(type))) {
    try {
      body = JSON.parse(text);
    } catch (error) {
      if (type) garbled = error;
    }
  }
  if (status == 304) return { textStatus: "notmodified" };
  if (status < 200 || status > 299) return failure(prepared, "error", "the platform answered", cut, answer, body);
  if (status == 204 || prepared.method == "HEAD") return { textStatus: "nocontent" };
  if (cut) return failure(prepared, "error", "the answer was cut off", cut, answer, body);
  if (garbled) return failure(prepared, "parsererror", "the answer is not JSON", garbled, answer, body);
  return { textStatus: "success", data: body };
}

/**
 * A failure. `what` says what went wrong, for when the platform does not say so itself; `cause` is what the transport
 * or the parser threw; `answer` and its parsed `body` are absent when nothing came back.
 */
export function failure(
  { id: operation }: Prepared,
  textStatus: string,
  what: string,
  cause?: any,
  { status, statusText, headers, text }: Answer = { status: 0, statusText: textStatus, headers: {} },
  body?: any,
): Outcome {
  const said = isPlain(body) ? body : {};
  const error = new PureCloudError(
    said.message ||
      said.error_description ||
      said.detail ||
      `${operation}: ${what}${status ? ` (${`${status} ${statusText}`.trim()})` : ""}${cause ? `: ${cause.message}` : ""}`,
    {
      operation,
      status,
      statusText,
      code: said.code || said.error || cause?.code || textStatus,
      headers,
      body,
      correlationId: headers["inin-correlation-id"] || said.contextId,
      retryAfter: secondsToWait(headers),
    },
    cause,
    text,
  );
  // What else the platform says, but never over a field or method of ours.
  for (const name of Object.keys(said)) if (!(name in error)) (error as any)[name] = said[name];
  return {
    textStatus,
    error,
    thrown: textStatus == "parsererror" ? cause : textStatus == "error" && !status ? "" : statusText,
  };
}

/** `Retry-After` in seconds. A date counts from the answer's own, so the clocks need not agree. */
function secondsToWait(headers: Readonly<Record<string, string>>): number | undefined {
  const wait: any = headers["retry-after"];
  const seconds = isNaN(wait) ? (Date.parse(wait) - Date.parse(headers["date"]!)) / 1000 : +wait;
  return seconds >= 0 ? seconds : undefined;
}
