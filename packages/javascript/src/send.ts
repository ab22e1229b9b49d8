import { classify, failure } from "./answer.js";
import type { Outcome } from "./answer.js";
import { PureCloudError } from "./error.js";
import { isLoopback } from "./environment.js";
import type { Environment } from "./environment.js";
import type { Answer, Host } from "./host.js";
import type { Prepared } from "./prepare.js";
import { Request } from "./request.js";
import type { SessionOptions } from "./session.js";

/** What the parts of a session share. It never leaves the session's closures. */
export interface Core {
  readonly host: Host;
  readonly options: SessionOptions;
  environment: Environment;
  token: string | null;
  debug: boolean;
}

/** A request of the session itself to its login host. */
export interface Credentials {
  /** The `Authorization` header, in place of the session's token. */
  readonly authorization: string;
  /** What no error may repeat. */
  readonly secret: string;
}

/** Names of headers in lower case, so that later ones replace earlier ones whatever their spelling. */
export function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), `${value}`]));
}

/**
 * The absolute address of `url`, which is a path on `base` or an absolute address of it or of an allowed host.
 *
 * @throws {PureCloudError} for other hosts: they must not see the token.
 */
export function resolveUrl(url: string, base: string, allowed: readonly string[] = []): string {
  const target = new URL(url.startsWith("/") ? base + url : url, base + "/");
  const { host, hostname, origin, protocol, href } = target;
  if (origin == new URL(base).origin) return href;
  if (allowed.includes(host) && (protocol == "https:" || isLoopback(hostname))) return href;
  throw new PureCloudError(
    `${origin} is not the session's own host and would get its token; to allow that, put ${host} into the option allowedHosts`,
  );
}

/** @throws {PureCloudError} naming the first header that could be read as more than one. Its value may be a secret. */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const name in headers) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t -~\x80-\xff]*$/.test(headers[name]!)) {
      throw new PureCloudError(`header ${JSON.stringify(name)}: characters that no header can have`, { parameter: name });
    }
  }
}

/** `text` without the secrets in it. Short ones are left: nobody's secret, and to be found in any text. */
function redact(text: string, secrets: readonly (string | null | undefined)[]): string {
  return secrets.reduce<string>((text, secret) => (secret && secret.length > 7 ? text.split(secret).join("[redacted]") : text), text);
}

/**
 * Sends a request with the session's token, or with `credentials`. Every request of every session goes through here.
 *
 * What cannot be sent fails like what was refused: through the request, and with the same kind of error.
 */
export function send({ host, options, environment, token, debug }: Core, prepared: Prepared, credentials?: Credentials): Request {
  const { method, data, signal, timeout = options.timeout ?? 30_000 } = prepared;
  const authorization = credentials ? credentials.authorization : token && `Bearer ${token}`;
  const hide = (text: string) => redact(text, [authorization?.split(" ")[1], credentials?.secret]);
  return new Request(prepared, (settle, request) => {
    const controller = new AbortController();
    let stopClock = () => {};
    const finish = ({ textStatus, data, error, thrown }: Outcome, { status, statusText, headers, text }: Answer) => {
      if (request.readyState == 4) return;
      stopClock();
      signal?.removeEventListener("abort", cancel);
      Object.assign(request, {
        readyState: 4,
        status,
        statusText,
        headers,
        responseText: text,
        responseJSON: error ? error.responseJSON : text && data !== text ? data : undefined,
      });
      settle(!error, error ? [error, textStatus, thrown] : [data, textStatus, request]);
    };
    const giveUp = (textStatus: string, what: string, cause?: unknown) => {
      finish(failure(prepared, textStatus, what, cause), { status: 0, statusText: textStatus, headers: {} });
      controller.abort();
    };
    const cancel = () => giveUp("abort", "aborted");
    try {
      const url = resolveUrl(prepared.url, credentials ? environment.login : environment.api, options.allowedHosts);
      const headers: Record<string, string> = {
        ...(host.userAgent && { "user-agent": host.userAgent }),
        ...(authorization && { authorization }),
        ...lowerCase(options.headers),
        ...prepared.headers,
      };
      checkHeaders(headers);
      if (debug) console.log(`${method} ${hide(url)}`);
      if (signal?.aborted) {
        cancel();
      } else {
        signal?.addEventListener("abort", cancel);
        if (timeout > 0 && timeout < 2 ** 31) {
          stopClock = host.after(timeout, () =>
            giveUp("timeout", `no answer within ${timeout} ms; the platform may have acted on the request`),
          );
        }
        host.transport({ method, url, headers, body: data, signal: controller.signal }).then(
          (answer) => {
            let outcome = classify(prepared, answer);
            if (outcome.error && answer.text) {
              answer = { ...answer, text: hide(answer.text) };
              outcome = classify(prepared, answer);
            }
            finish(outcome, answer);
          },
          (error) => giveUp("error", `no answer from ${new URL(url).host}`, error),
        );
      }
    } catch (error) {
      giveUp("error", "not sent", error);
    }
    return cancel;
  });
}
