import { classify } from "./answer.js";
import { PureCloudError } from "./error.js";
import type { Environment } from "./environment.js";
import type { Answer, Host } from "./host.js";
import type { Prepared } from "./prepare.js";
import { beginRequest } from "./request.js";
import type { Request } from "./request.js";
import type { SessionOptions } from "./session.js";

/** What the parts of a session share. It never leaves the session's closures. */
export interface Core {
  readonly host: Host;
  readonly options: SessionOptions;
  environment: Environment;
  token: string | null;
  debug: boolean;
}

/**
 * Headers with their names in lower case, later ones over earlier ones of the same name.
 *
 * @throws {PureCloudError} naming a header that could be read as more than one. Its value may be a secret, which what
 * transports throw for such a header would repeat.
 */
export function mergeHeaders(
  ...sources: (Readonly<Record<string, unknown>> | "" | undefined)[]
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const source of sources as Record<string, unknown>[]) {
    for (const name in source) {
      const value = (headers[name.toLowerCase()] = `${source[name]}`);
      if (/[^\t -~\x80-\xff]/.test(name + value)) {
        throw new PureCloudError(`header ${JSON.stringify(name)} has forbidden characters`);
      }
    }
  }
  return headers;
}

/**
 * The absolute address of `url`, which is a path on `base` or an absolute address there or on an allowed host: one that
 * is allowed by its name if it is reached with encryption, else by its origin.
 *
 * @throws {PureCloudError} for other hosts: they must not see the token.
 */
export function resolveUrl(url: string, base: string, allowed?: readonly string[]): string {
  // Anything but a path and an address of the web becomes what no `URL` is made of.
  const { host, origin, protocol, href } = new URL(
    !/^(https?:\/)?\/(?![/\\])/i.test(url) ? "" : url[0] == "/" ? base + url : url,
  );
  if (origin == new URL(base).origin || allowed?.includes(protocol == "https:" ? host : origin)) return href;
  throw new PureCloudError(`${host} is not in allowedHosts`);
}

/**
 * Sends a request with the session's token to its API, or with `credentials`, an `Authorization` header, to its login.
 * Every request of every session goes through here.
 *
 * What cannot be sent fails like what was refused: through the request, and with the same kind of error.
 */
export function send(
  { host, options, environment, token, debug }: Core,
  prepared: Prepared,
  credentials?: string,
): Request {
  const { method, data: body, signal, timeout = options.timeout ?? 30_000 } = prepared;
  const authorization = credentials || (token && `Bearer ${token}`) || "";
  const secret = authorization.replace(/.* /, "");
  // Short ones stay: they are no secrets, and are found in any text.
  const redact = (text: string) => (secret.length > 7 ? text.split(secret).join("[redacted]") : text);
  return beginRequest(prepared, (settle, request) => {
    const controller = new AbortController();
    let stopClock = () => {};
    const finish = (answer: Answer) => {
      if (request.readyState == 4) return;
      stopClock();
      signal?.removeEventListener("abort", cancel);
      let [textStatus, data, error, thrown] = classify(prepared, answer);
      if (error && answer.responseText) {
        answer.responseText = redact(answer.responseText);
        [textStatus, data, error, thrown] = classify(prepared, answer);
      }
      const responseJSON = answer.responseText && data !== answer.responseText ? data : undefined;
      Object.assign(request, answer, { readyState: 4, responseJSON });
      settle(!error, error ? [error, textStatus, thrown] : [data, textStatus, request]);
    };
    const giveUp = (statusText: string, cut: unknown) => {
      finish({ status: 0, statusText, headers: {}, cut });
      controller.abort();
    };
    const cancel = () => giveUp("abort", new Error("aborted"));
    try {
      const url = resolveUrl(prepared.url, credentials ? environment.login : environment.api, options.allowedHosts);
      const headers = mergeHeaders(host.headers, authorization && { authorization }, options.headers, prepared.headers);
      if (debug) console.log(`${method} ${redact(url)}`);
      if (signal?.aborted) {
        cancel();
      } else {
        signal?.addEventListener("abort", cancel);
        if (timeout > 0 && timeout < 2 ** 31) {
          stopClock = host.after(timeout, () => giveUp("timeout", new Error(`no answer within ${timeout} ms`)));
        }
        host
          .transport({ method, url, headers, body, signal: controller.signal })
          .then(finish, (error) => giveUp("error", error));
      }
    } catch (error) {
      giveUp("error", error);
    }
    return cancel;
  });
}
