import { PureCloudError } from "./error.js";

/** Where a session finds its platform. */
export interface Environment {
  /** What `session.environment()` answers. */
  readonly name: string;
  /** What the paths of operations follow: an origin, behind a gateway with a path; without a slash at its end. */
  readonly api: string;
  /** The same for the login. */
  readonly login: string;
}

/** Where a gateway before the platform has it. Both are addresses with encryption, and may have a path. */
export interface Gateway {
  /** What stands for `https://api.mypurecloud.com`, such as `https://gateway.example.com/purecloud/api`. */
  readonly api: string;
  /** What stands for `https://login.mypurecloud.com`. */
  readonly login: string;
}

/** The domain of each region in which the platform runs. */
export const regions: { readonly [region: string]: string } = {
  "us-east-1": "mypurecloud.com",
  "eu-west-1": "mypurecloud.ie",
  "ap-southeast-2": "mypurecloud.com.au",
  "ap-northeast-1": "mypurecloud.jp",
  "eu-central-1": "mypurecloud.de",
  "us-west-2": "usw2.pure.cloud",
  "ca-central-1": "cac1.pure.cloud",
  "ap-northeast-2": "apne2.pure.cloud",
  "eu-west-2": "euw2.pure.cloud",
  "ap-south-1": "aps1.pure.cloud",
  "us-east-2": "use2.us-gov-pure.cloud",
  "sa-east-1": "sae1.pure.cloud",
  "me-central-1": "mec1.pure.cloud",
  "ap-northeast-3": "apne3.pure.cloud",
  "eu-central-2": "euc2.pure.cloud",
  "mx-central-1": "mxc1.pure.cloud",
  "ap-southeast-1": "apse1.pure.cloud",
  "eusc-de-east-1": "edee1.eusc-pure.cloud",
};

/** Whether what is sent to this host, as a `URL` spells it, stays on this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(.+\.)?localhost$|^127[\d.]+$|^\[::1]$/.test(hostname);
}

/**
 * Reads an environment: a domain (`mypurecloud.ie`, with its port if it has one), a region (`eu-west-1` or `eu_west_1`),
 * or an origin (`http://127.0.0.1:8085`), which then is both the API and the login. The names and addresses of the
 * platform's own hosts (`https://api.mypurecloud.ie`) mean their domain.
 *
 * @throws {PureCloudError} for anything else, and for `http:` to another machine unless `allowHttp`.
 */
export function readEnvironment(name: string, allowHttp?: boolean): Environment {
  const text = name.trim().replace(/\/$/, "");
  const domain =
    regions[text.toLowerCase().replace(/_/g, "-")] ||
    text.replace(/^(https:\/\/(?=[^/]*pure\.?cloud))?(api\.|login\.|apps\.)?/, "");
  const [api, login] = /^([\w-]+\.[\w.-]+|localhost)(:\d+)?$/.test(domain)
    ? ["api", "login"].map((host) => safeAddress(`https://${host}.${domain}`))
    : Array<string | false>(2).fill(!/\w\//.test(text) && safeAddress(text, allowHttp));
  if (api && login) return { name, api, login };
  throw new PureCloudError(
    `environment ${name} is not a domain like mypurecloud.ie, a region like eu-west-1 or an https origin; http needs allowHttp`,
  );
}

/**
 * The environment behind a gateway.
 *
 * @throws {PureCloudError} when an address of it cannot be used. It may hold a secret and is not repeated.
 */
export function readGateway(gateway: Gateway, allowHttp?: boolean): Environment {
  const [api, login] = [gateway.api, gateway.login].map((address) => safeAddress(address, allowHttp));
  if (api && login) return { name: api, api, login };
  throw new PureCloudError(`gateway.${api ? "login" : "api"} is not an https address; http needs allowHttp`);
}

/** Origin and path of an address, without a slash at its end; `false` when a token must not go there. */
function safeAddress(text: string, allowHttp?: boolean): string | false {
  try {
    const { href, protocol, hostname } = new URL(/^https?:\/\/[^?#@\\]+$/.test(text) ? text : "");
    return (protocol == "https:" || allowHttp || isLoopback(hostname)) && href.replace(/\/+$/, "");
  } catch {
    return false;
  }
}
