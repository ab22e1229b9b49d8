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

/** Regions whose domain does not follow from their name. Source: the platform's list of 18 regions. */
const REGIONS: { readonly [region: string]: string } = {
  __proto__: null as any,
  "us-east-1": "mypurecloud.com",
  "eu-west-1": "mypurecloud.ie",
  "ap-southeast-2": "mypurecloud.com.au",
  "ap-northeast-1": "mypurecloud.jp",
  "eu-central-1": "mypurecloud.de",
  "us-east-2": "use2.us-gov-pure.cloud",
  "eusc-de-east-1": "edee1.eusc-pure.cloud",
};

/**
 * Reads an environment: a domain (`mypurecloud.ie`, with its port if it has one), a region (`eu-west-1`), or an origin
 * (`http://127.0.0.1:8085`), which then is both the API and the login. The names and addresses of the platform's own
 * hosts (`https://api.mypurecloud.ie`) mean their domain.
 *
 * @throws {PureCloudError} for anything else, and for `http:` to another machine unless `allowHttp`.
 */
export function readEnvironment(name: string, allowHttp?: boolean): Environment {
  const text = name.trim().replace(/\/$/, "");
  const domain =
    REGIONS[text] ||
    text
      // As `eu-west-2` is `euw2.pure.cloud`, so are all the others.
      .replace(/^(..)-([nsc]?)(?:orth|outh|entral|)([ew]?)(?:ast|est|)-(\d)$/, "$1$2$3$4.pure.cloud")
      .replace(/^(https:\/\/(?=[^/]*pure\.?cloud))?(api\.|login\.|apps\.)?/, "");
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
    `environment ${name} must be like mypurecloud.ie or https://127.0.0.1:8085; http elsewhere needs allowHttp`,
  );
}
