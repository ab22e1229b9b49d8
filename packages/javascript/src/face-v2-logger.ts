/** The logger of the third generation: what of each call is written to the console or to a file. */
import { builtin } from "./builtin.js";
import { PureCloudError } from "./error.js";

/** One call, as the logger writes it. */
export interface LoggedCall {
  readonly status: number;
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly requestBody: unknown;
  readonly responseBody: unknown;
}

const LOG_LEVELS: Record<string, number> = { none: 0, error: 1, debug: 2, trace: 3 };

/** Headers that hold what gives access. */
const SECRET_HEADER = /^(proxy-)?authorization$|cookie|token|secret|api-?key/i;

/** One of Node's own modules. @throws {PureCloudError} where there is none: in browsers. */
export function nodeModule<Module>(name: `node:${string}`): Module {
  if (typeof process != "undefined" && process.versions?.node) return builtin(name);
  throw new PureCloudError(`${name} is not available here; browsers manage files and certificates themselves`);
}

/** What a program sets through `client.config.logger`; it takes effect at once. */
export class Logger {
  /** `none`, `error`, `debug` or `trace`. */
  log_level = "none";
  /** `text` or `json`. */
  log_format = "text";
  log_to_console = true;
  /** In Node, the file to which lines are added. */
  log_file_path: string | undefined = undefined;
  log_request_body = false;
  log_response_body = false;

  get logLevels() {
    return { levels: LOG_LEVELS };
  }

  get logLevelEnum() {
    return { level: { LNone: "none", LError: "error", LDebug: "debug", LTrace: "trace" } };
  }

  get logFormatEnum() {
    return { formats: { JSON: "json", TEXT: "text" } };
  }

  /** Accepted: settings take effect when they are made. */
  setLogger(): void {}

  /**
   * Writes a call: at `trace` with all headers, at `debug` without those of the answer, at `error` only failures. Bodies
   * come where they are asked for; credentials never do.
   */
  log(call: LoggedCall): void {
    const most = LOG_LEVELS[this.log_level] || 0;
    const failed = call.status < 200 || call.status > 299;
    const level = failed ? "error" : most > 2 ? "trace" : "debug";
    if (LOG_LEVELS[level]! > most) return;
    const { status: statusCode, method, url } = call;
    const date = new Date().toISOString();
    const correlationId = call.responseHeaders["inin-correlation-id"] || "";
    const requestHeaders = withoutSecrets(call.requestHeaders);
    const responseHeaders = level == "debug" ? undefined : withoutSecrets(call.responseHeaders);
    const requestBody = this.log_request_body ? call.requestBody : undefined;
    const responseBody = this.log_response_body && level != "debug" ? call.responseBody : undefined;
    const known = { level, date, method, url, correlationId, statusCode };
    const text =
      this.log_format == "json"
        ? JSON.stringify({ ...known, requestHeaders, responseHeaders, requestBody, responseBody })
        : `${level.toUpperCase()}: ${date}\n=== REQUEST ===\n` +
          logLines({ URL: url, Method: method, Headers: requestHeaders, Body: requestBody }) +
          "\n=== RESPONSE ===\n" +
          logLines({ Status: statusCode, Headers: responseHeaders, CorrelationId: correlationId, Body: responseBody });
    if (this.log_to_console) console.log(text);
    if (this.log_file_path) nodeModule<typeof import("node:fs")>("node:fs").appendFileSync(this.log_file_path, `${text}\n`);
  }
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(headers).map(([name, value]) => [name, SECRET_HEADER.test(name) ? "[REDACTED]" : value]);
  return Object.fromEntries(shown);
}

/** What is known, a line each; headers are indented below their title. */
function logLines(values: Readonly<Record<string, any>>): string {
  return Object.entries(values)
    .filter(([, value]) => value != null && value !== "")
    .map(([title, value]) => {
      if (title == "Headers") value = Object.entries(value).map(([name, text]) => `\n\t${name}: ${text}`).join("");
      return `${title}: ${typeof value == "object" ? JSON.stringify(value, null, 2) : value}\n`;
    })
    .join("");
}
