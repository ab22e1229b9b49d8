/** Writes what the calls of a session do to a logger of the program. */
import type { Outcome } from "./answer.js";
import type { CallState, Core, Layer, Policy } from "./core.js";
import { PureCloudError } from "./error.js";
import type { Answer, Wire } from "./host.js";
import { parts } from "./parts.js";
import { sizeOf } from "./pieces.js";
import { isJson } from "./prepare.js";
import { redact, secretsOf } from "./redact.js";

/** What takes lines: `console`, and the loggers that are like it. */
export interface Logger {
  error(line: any): unknown;
  warn(line: any): unknown;
  info(line: any): unknown;
  debug(line: any): unknown;
}

/**
 * How much is written, each with what comes before it.
 *
 * - `error`: calls that failed.
 * - `warn`: attempts that failed and are followed by another.
 * - `info`: calls that ended well, or were stopped by the program.
 * - `debug`: each request and each answer.
 * - `trace`: the headers with them.
 */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** How calls are logged. */
export interface LogOptions {
  /** @default "info" */
  readonly level?: LogLevel;
  /**
   * One line of text, one line of JSON, or a function that makes something else of a record, for loggers that take
   * objects.
   * @default "text"
   */
  readonly format?: "text" | "json" | ((record: LogRecord) => unknown);
  /**
   * Whether the contents of requests and answers are written, from the level `debug` on; those of logins never are.
   * Members of JSON that are called like secrets are left out. @default false
   */
  readonly bodies?: boolean;
}

/** One thing that happened. Tokens and secrets are in none of its texts. */
export interface LogRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly level: Exclude<LogLevel, "trace">;
  readonly event: "request" | "answer" | "retry" | "success" | "failure";
  /** The operation, such as `getUsersMe`, or the method and address of a bare request. */
  readonly operation: string;
  readonly method: string;
  /** Absolute. */
  readonly url?: string | undefined;
  /** 1 at the first. */
  readonly attempt: number;
  readonly status?: number | undefined;
  /** Milliseconds: of an answer since its request, of the end of a call since its beginning. */
  readonly elapsed?: number | undefined;
  /** Milliseconds until the next attempt. */
  readonly wait?: number | undefined;
  readonly correlationId?: string | undefined;
  /** The `kind` and the message of an error. */
  readonly kind?: string | undefined;
  readonly error?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** What sessions ask of this part. */
export interface LoggingPart {
  /** Begins to log; returns what ends it. */
  logTo(core: Core, logger: Logger, options?: LogOptions): () => void;
}

const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug", "trace"];

/** Names of headers, of members of JSON and of parts of a query whose values are nobody's business. */
const SECRET_NAME = /authorization|cookie|pass(word|phrase|code)|secret|token|assertion|credential|signature|verifier|(api|private|access)[-_]?key/i;
const HIDDEN = "[redacted]";

/** Characters of a content that is written whole. */
const LONGEST_BODY = 1 << 16;

/** One logger of a session. */
class Log {
  readonly #logger: Logger;
  readonly #level: number;
  readonly #format: (record: LogRecord) => unknown;
  readonly bodies: boolean;

  constructor(logger: Logger, { level = "info", format = "text", bodies = false }: LogOptions) {
    const index = LEVELS.indexOf(level);
    if (index < 0) throw new PureCloudError(`level ${JSON.stringify(level)} is not among ${LEVELS.join(", ")}`);
    if (typeof format != "function" && format != "text" && format != "json") {
      throw new PureCloudError(`format ${JSON.stringify(format)} is not among text, json`);
    }
    this.#logger = logger;
    this.#level = index;
    this.#format = typeof format == "function" ? format : format == "json" ? JSON.stringify : textLine;
    this.bodies = bodies;
  }

  takes(level: LogLevel): boolean {
    return LEVELS.indexOf(level) <= this.#level;
  }

  write(record: LogRecord): void {
    const { level } = record;
    if (!this.takes(level)) return;
    try {
      this.#logger[level](this.#format(record));
    } catch (error) {
      // The fault of the logger, which is no reason to stop a call.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** A record as one line: what a peer sends can not begin another. */
function textLine({ time, level, event, operation, method, url, attempt, status, elapsed, wait, correlationId, kind, error, headers, body }: LogRecord): string {
  const words = [
    ...[time, level.toUpperCase().padEnd(5), operation, event],
    event == "request" && `${method} ${url}`,
    status && `${status}`,
    error && `${kind}: ${error}`,
    elapsed != null && `${Math.round(elapsed)} ms`,
    (attempt > 1 || event == "retry") && `attempt ${attempt}`,
    wait != null && `again in ${Math.round(wait)} ms`,
    correlationId && `correlation ${correlationId}`,
    headers && JSON.stringify(headers),
    body,
  ];
  const line = words.filter(Boolean).join(" ");
  return line.replace(/[\0-\x1f\x7f\x85\u2028\u2029]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What nothing in a record of a call may hold. */
function secretsIn({ headers }: Wire, { prepared }: CallState, { options }: Core): string[] {
  return secretsOf(headers["authorization"] || "", options.clientSecret, options.token, ...(prepared.secrets || []));
}

/** An address without the values of what is called like a secret. */
function safeUrl(url: string, secrets: readonly string[]): string {
  const hidden = url.replace(/([?&])([^=&]*)=([^&]*)/g, (whole, sign, name) => (SECRET_NAME.test(name) ? `${sign}${name}=${HIDDEN}` : whole));
  return redact(hidden, secrets);
}

function safeHeaders(headers: Wire["headers"], secrets: readonly string[]): Record<string, string> {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, SECRET_NAME.test(name) ? HIDDEN : redact(`${value}`, secrets)]));
}

/** A content as text, or how much there is of it. */
function safeBody(body: unknown, type: string | undefined, secrets: readonly string[]): string | undefined {
  if (body == null) return undefined;
  if (typeof body != "string") return `[${sizeOf(body) ?? "some"} bytes]`;
  if (body.length > LONGEST_BODY) return `[${body.length} characters]`;
  let text = body;
  if (!type || isJson(type)) {
    try {
      text = JSON.stringify(JSON.parse(body), (name, value) => (value != null && SECRET_NAME.test(name) ? HIDDEN : value));
    } catch {
      return `[${body.length} characters that are not JSON]`;
    }
  } else if (/urlencoded/i.test(type)) {
    text = safeUrl(`?${body}`, secrets).slice(1);
  }
  return redact(text, secrets);
}

/** The loggers of each session, by what the session has one of. */
const LOGS = new WeakMap<Core["policies"], Set<Log>>();

/** Writes a record to each logger that takes its level. */
function writeAll(core: Core, logs: Iterable<Log>, level: LogRecord["level"], call: CallState, more: Partial<LogRecord>): void {
  const { id: operation, method } = call.prepared;
  const time = new Date(core.host.time()).toISOString();
  for (const log of logs) log.write({ time, level, event: "request", operation, method, attempt: call.attempts, ...more });
}

/** Logs what goes out and what comes back. */
function logLayer(core: Core, logs: Set<Log>, next: Layer): Layer {
  /** Headers and content for the loggers that want them; the rest get the record without. */
  const write = (call: CallState, wire: Wire, more: Partial<LogRecord>, headers: Wire["headers"], body: unknown) => {
    const secrets = secretsIn(wire, call, core);
    for (const log of logs) {
      const record = {
        ...more,
        ...(log.takes("trace") && { headers: safeHeaders(headers, secrets) }),
        ...(log.bodies && !call.isLogin && { body: safeBody(body, headers["content-type"], secrets) }),
      };
      writeAll(core, [log], "debug", call, record);
    }
  };
  return (wire, sink, call) => {
    if (![...logs].some((log) => log.takes("debug"))) return next(wire, sink, call);
    const began = core.host.now();
    const attempt = call.attempts;
    const url = safeUrl(wire.url, secretsIn(wire, call, core));
    write(call, wire, { event: "request", url }, wire.headers, wire.body);
    return next(
      wire,
      {
        answered(answer: Answer) {
          const { status, headers, responseText, response } = answer;
          const elapsed = core.host.now() - began;
          const more = { event: "answer", attempt, status, elapsed, correlationId: headers["inin-correlation-id"] } as const;
          write(call, wire, more, headers, responseText ?? response);
          sink.answered(answer);
        },
        failed: (error, unsent) => sink.failed(error, unsent),
        streams: () => !!sink.streams?.(),
      },
      call,
    );
  };
}

/** What is said of an error. Its message holds no credentials: those have been taken out of what it is made of. */
function aboutError({ status, correlationId, kind, message }: PureCloudError): Partial<LogRecord> {
  return { status: status || undefined, correlationId, kind, error: message };
}

/** Logs how calls go on and end. */
function logPolicy(core: Core, logs: Set<Log>): Policy {
  return {
    decided(call, [, , error], wait) {
      if (error && wait != null) writeAll(core, logs, "warn", call, { event: "retry", wait, ...aboutError(error) });
    },
    end(call, [, , error]: Outcome, { status, headers }) {
      const elapsed = core.host.now() - call.began;
      if (error) {
        const level = error.kind == "abort" ? "info" : "error";
        writeAll(core, logs, level, call, { event: "failure", elapsed, ...aboutError(error) });
      } else {
        writeAll(core, logs, "info", call, { event: "success", elapsed, status, correlationId: headers["inin-correlation-id"] });
      }
    },
  };
}

parts.logging = () => ({
  logTo(core, logger, options = {}) {
    const log = new Log(logger, options);
    let logs = LOGS.get(core.policies);
    if (!logs) {
      LOGS.set(core.policies, (logs = new Set()));
      core.policies.push(logPolicy(core, logs));
      core.transport = logLayer(core, logs, core.transport);
    }
    logs.add(log);
    return () => void logs.delete(log);
  },
});
