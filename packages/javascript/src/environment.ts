import { PureCloudError } from "./error.js";

/** Where a session finds its platform. */
export interface Environment {
  /** What `session.environment()` answers. */
  readonly name: string;
  /** Origin of every operation. */
  readonly api: string;
  /** Origin of the login. */
  readonly login: string;
}

/** Whether what is sent to this host, as a `URL` spells it, stays on this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(.+\.)?localhost$|^127[\d.]+$|^\[::1]$/.test(hostname);
}

/**
 * Reads an environment: a domain (`mypurecloud.ie`, with its port if it has one) or an origin
 * (`http://127.0.0.1:8085`), which then is both the API and the login.
 *
 * @throws {PureCloudError} for anything else, and for `http:` to another machine unless `allowHttp`.
 */
export function readEnvironment(name: string, allowHttp?: boolean): Environment {
  if (/^[\w.-]+(:\d+)?$/.test(name)) return { name, api: `https://api.${name}`, login: `https://login.${name}` };
  if (/^https?:\/\/[^/?#@\\]+\/?$/.test(name)) {
    const { origin, protocol, hostname } = new URL(name);
    if (protocol == "https:" || allowHttp || isLoopback(hostname)) return { name, api: origin, login: origin };
  }
  throw new PureCloudError(
    `environment ${name} is neither a domain such as mypurecloud.ie nor an https origin (allowHttp: true allows http)`,
  );
}
