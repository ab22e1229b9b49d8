/**
 * What kind of thing went wrong.
 *
 * - `request`: the arguments, the settings or the address are not right; nothing was sent.
 * - `unreached`: there was no connection; nothing was sent.
 * - `broken`: the connection broke before an answer came.
 * - `timeout`, `abort`: the call was given up, by its limit or by the program.
 * - `refused`: the platform answered, and not with a success.
 * - `cut`, `tooLong`, `decode`: a success that broke off, is longer than `answerLimit`, or is not what is due.
 * - `hook`: a function that the program has put around its calls threw.
 */
export type ErrorKind =
  "request" | "unreached" | "broken" | "timeout" | "abort" | "refused" | "cut" | "tooLong" | "decode" | "hook";

/**
 * What to do about an error.
 *
 * - `change`: the same call, or the same login, would fail again.
 * - `logIn`: log in again, anew.
 * - `tryAgain`: after `retryAfter` seconds, where the platform has named a wait.
 * - `lookFirst`: look whether the platform has acted on the request before trying again.
 */
export type Advice = "change" | "logIn" | "tryAgain" | "lookFirst";

/** What a request is for, where that decides what to do after a failure: it only reads, or it asks for a token. */
export type Purpose = "read" | "login";

/** What a `PureCloudError` knows besides its message. */
export interface ErrorFields {
  readonly kind: ErrorKind;
  /** Whether the platform may have acted on the request: not if it refused it, and not if nothing was sent. */
  readonly mayHaveActed: boolean;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** As on a jqXHR: 4 when there was an answer, 0 when there was none. */
  readonly readyState: 0 | 4;
  /** The reason phrase, or `error`, `timeout` or `abort` when there was no answer, as in a jqXHR. */
  readonly statusText: string;
  /**
   * The platform's code, such as `not.found`; OAuth's `error`; the system's code, such as `ECONNREFUSED`; or one of
   * ours: `timeout`, `abort`, `error`, `parsererror`.
   */
  readonly code: string;
  /** Headers of the answer, names in lower case; empty when there was none. */
  readonly headers: Readonly<Record<string, string>>;
  /** Content of the answer: parsed where it is JSON, else text or binary data. */
  readonly body: any;
  /** The platform's id of this exchange, to quote in a support case. */
  readonly correlationId: string | undefined;
  /** Seconds to wait before the next try, when the platform named them. */
  readonly retryAfter: number | undefined;
  /** The operation, such as `getUsersMe`, or the method and address of a bare request. */
  readonly operation: string;
  /** The argument that is missing or refused. */
  readonly parameter: string;
}

/**
 * Everything that goes wrong in this SDK. The other fields of the platform's error body (`contextId`, `details`,
 * `errors`, …) are on it as well. It holds neither token nor secret, so it can be printed and logged.
 */
export class PureCloudError extends Error implements Partial<ErrorFields> {
  override readonly name = "PureCloudError";
  declare readonly kind: ErrorKind;
  declare mayHaveActed: boolean;
  declare readonly status: number;
  declare readonly statusText: string;
  declare readonly readyState: 0 | 4;
  declare readonly code: string;
  declare readonly headers: Readonly<Record<string, string>>;
  declare readonly body: any;
  declare readonly correlationId: string | undefined;
  declare readonly retryAfter: number | undefined;
  declare readonly operation: string;
  declare readonly parameter: string;
  declare readonly contextId: string;
  declare readonly details: any[];
  declare readonly errors: any[];
  /** Getters keep what `body` says already out of a printed error. */
  readonly #text: string | undefined;
  readonly #purpose: Purpose | undefined;

  constructor(message: string, fields?: Partial<ErrorFields>, cause?: any, text?: string, purpose?: Purpose) {
    super(message, cause && { cause });
    const rest = { kind: "request", status: 0, statusText: "error", code: "error", headers: {}, mayHaveActed: false };
    Object.assign(this, rest, fields);
    this.#text = text;
    this.#purpose = purpose;
  }

  /** What to do about it. */
  get advice(): Advice {
    const { kind, status, code, mayHaveActed, cause } = this;
    if (this.#purpose == "login") return loginAdvice(kind, status, code);
    // Such as a login that failed, or a wait that is too long: it kept the call from being sent.
    const before = cause instanceof PureCloudError && cause.advice;
    if (before && before != "tryAgain") return before;
    if (status == 401) return "logIn";
    // What may be otherwise the next time.
    const passing = before || mayPass(kind) || (kind == "refused" && (mayHaveActed || status == 429 || status == 503));
    return !passing ? "change" : mayHaveActed ? "lookFirst" : "tryAgain";
  }

  /** Whether the same call may succeed when it is made again, and does no harm then. */
  get retryable(): boolean {
    const { advice } = this;
    return advice == "tryAgain" || (advice == "lookFirst" && this.#purpose == "read");
  }

  /** The same as `status`. */
  get statusCode(): number {
    return this.status;
  }

  /** The content of the answer as text, as on a jqXHR. */
  get responseText(): string | undefined {
    return this.#text;
  }

  /** The content of the answer, if it was JSON, as on a jqXHR. */
  get responseJSON(): any {
    return this.#text && this.body !== this.#text ? this.body : undefined;
  }

  /** A header of the answer by its name in any letter case, as on a jqXHR; `null` when it has none. */
  getResponseHeader(name: string): string | null {
    return header(this.headers, name);
  }

  /** All headers of the answer, one a line, as on a jqXHR. */
  getAllResponseHeaders(): string {
    return headerLines(this.headers);
  }

  /** `JSON.stringify` leaves out the message of an error unless it is told. */
  toJSON(): object {
    return { ...this, message: this.message };
  }
}

/** Whether a failure of this kind may be otherwise the next time. */
const mayPass = (kind: ErrorKind) => /^(unreached|broken|timeout|abort|cut)$/.test(kind);

/**
 * What to do about a login that failed. It changes nothing that a call was for, so it may always be tried again. What
 * the login says of its own state says nothing of the credentials; those that it refuses, it refuses again; but a grant
 * that has ended, or a person who said no, may be asked once more.
 */
function loginAdvice(kind: ErrorKind, status: number, code: string): Advice {
  const isBusy = status == 408 || status == 429 || status > 499 || /^(server_error|temporarily_unavailable)$/.test(code);
  if (mayPass(kind) || (kind == "refused" && isBusy)) return "tryAgain";
  return /^(invalid_grant|access_denied|state|repeated|nothing|closed|popup_(closed|timeout))$/.test(code) ? "logIn" : "change";
}

/** Why a login failed, other than by its answer's status. */
export function loginError(message: string, fields: Partial<ErrorFields>): PureCloudError {
  return new PureCloudError(message, fields, undefined, undefined, "login");
}

/** A header by its name in any letter case, or `null`. */
export function header(headers: Readonly<Record<string, string>>, name: string): string | null {
  name = name.toLowerCase();
  return Object.hasOwn(headers, name) ? headers[name]! : null;
}

/** Headers as lines, the way `XMLHttpRequest` gives them. */
export function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
}

/** The error of a call without a required argument; its text is the one of the first generation, two spaces and all. */
export function missing(operation: string, parameter: string): PureCloudError {
  return new PureCloudError(`Missing required  parameter: ${parameter}`, { operation, parameter });
}

/** What cuts an answer that is longer than the session takes. */
export function tooLong(limit: number): PureCloudError {
  return new PureCloudError(`the answer is longer than ${limit} bytes; raise answerLimit`, { kind: "tooLong" });
}
