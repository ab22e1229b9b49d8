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
  debug: boolean;
  /** The token to send now, `null` for none; a promise while one is under way. Asked once for each attempt. */
  token(): string | null | Promise<string | null>;
  /**
   * Gets another token in place of `refused`, which the platform has answered with 401; resolves with whether there is
   * one. Asked once for each call; many calls may ask at the same time about the same token.
   */
  renew(refused: string): boolean | Promise<boolean>;
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
export function send(core: Core, prepared: Prepared, credentials?: string): Request {
  const { host, options } = core;
  const { method, data: body, signal, timeout = options.timeout ?? 30_000 } = prepared;
  return beginRequest(prepared, (settle, request) => {
    const controller = new AbortController();
    let stopClock = () => {};
    let authorization = "";
    let renewed = false;
    const redact = (text: string) => {
      const secret = authorization.replace(/.* /, "");
      // Short ones stay: they are no secrets, and are found in any text.
      return secret.length > 7 ? text.split(secret).join("[redacted]") : text;
    };
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
    const fail = (error: unknown) => giveUp("error", error);
    const cancel = () => giveUp("abort", new Error("aborted"));
    // One try. A token that the platform refuses is renewed once, and the request is then sent again.
    const attempt = (token: string | null) => {
      if (request.readyState == 4) return;
      try {
        authorization = credentials || (token && `Bearer ${token}`) || "";
        const { login, api } = core.environment;
        const url = resolveUrl(prepared.url, credentials ? login : api, options.allowedHosts);
        const headers = mergeHeaders(host.headers, authorization && { authorization }, options.headers, prepared.headers);
        if (core.debug) console.log(`${method} ${redact(url)}`);
        host.transport({ method, url, headers, body, signal: controller.signal }).then(async (answer) => {
          if (answer.status == 401 && token && !renewed && !credentials) {
            renewed = true;
            if (await core.renew(token)) return attempt(await core.token());
          }
          finish(answer);
        }).catch(fail);
      } catch (error) {
        fail(error);
      }
    };
    if (signal?.aborted) {
      cancel();
    } else {
      signal?.addEventListener("abort", cancel);
      if (timeout > 0 && timeout < 2 ** 31) {
        stopClock = host.after(timeout, () => giveUp("timeout", new Error(`no answer within ${timeout} ms`)));
      }
      const token = credentials ? null : core.token();
      if (typeof token == "string" || !token) attempt(token);
      else token.then(attempt, fail);
    }
    return cancel;
  });
}
