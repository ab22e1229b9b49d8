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
 * Reads an environment: a domain (`mypurecloud.ie`, with its port if it has one), or an origin (`http://127.0.0.1:8085`),
 * which then is both the API and the login. The names and addresses of the platform's own hosts
 * (`https://api.mypurecloud.ie`) mean their domain. Names of regions are left to the Rust SDK: here they would cost
 * every page 140 bytes.
 *
 * @throws {PureCloudError} for anything else, and for `http:` to another machine unless `allowHttp`.
 */
export function readEnvironment(name: string, allowHttp?: boolean): Environment {
  const text = name.trim().replace(/\/$/, "");
  const domain = text.replace(/^(https:\/\/(?=[^/]*pure\.?cloud))?(api\.|login\.|apps\.)?/, "");
  try {
    if (/^[\w.-]+(:\d+)?$/.test(domain)) {
      const [api, login] = ["api", "login"].map((host) => new URL(`https://${host}.${domain}`).origin);
      return { name, api: api!, login: login! };
    }
    if (/^https?:\/\/[^/?#@\\]+$/.test(text)) {
      const { origin, protocol, hostname } = new URL(text);
      if (protocol == "https:" || allowHttp || isLoopback(hostname)) return { name, api: origin, login: origin };
    }
  } catch {
    // No URL: told below.
  }
  throw new PureCloudError(
    `environment ${name} is no domain like mypurecloud.ie and no https origin; http needs allowHttp`,
  );
}
