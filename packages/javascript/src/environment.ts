import { PureCloudError } from "./error.js";

/** Where a session finds its platform. */
export interface Environment {
  /** As it was given: what `session.environment()` answers. */
  readonly name: string;
  /** Base of every operation's address, without a slash at its end. */
  readonly api: string;
  /** Base of the login's addresses. */
  readonly login: string;
}

/** Regions whose domain does not follow from their name. Source: the platform's list of 18 regions. */
const REGIONS: { readonly [region: string]: string } = {
  "us-east-1": "mypurecloud.com",
  "eu-west-1": "mypurecloud.ie",
  "ap-southeast-2": "mypurecloud.com.au",
  "ap-northeast-1": "mypurecloud.jp",
  "eu-central-1": "mypurecloud.de",
  "us-east-2": "use2.us-gov-pure.cloud",
  "eusc-de-east-1": "edee1.eusc-pure.cloud",
};

/** The domain of a region named as AWS names it: `eu-west-2` is `euw2.pure.cloud`; other text stays as it is. */
function regionDomain(name: string): string {
  return Object.hasOwn(REGIONS, name)
    ? REGIONS[name]!
    : name.replace(/^([a-z]{2})-([nsc]?)(?:orth|outh|entral|)([ew]?)(?:ast|est|)-(\d)$/, "$1$2$3$4.pure.cloud");
}

/** Whether nothing sent to this host leaves the machine. */
export function isLoopback(hostname: string): boolean {
  return /^(.*\.)?localhost$|^127(\.\d+){3}$|^\[?::1\]?$/.test(hostname);
}

/**
 * Reads an environment: a domain (`mypurecloud.ie`, with its port if it has one), a region (`eu-west-1`), or an origin
 * (`http://127.0.0.1:8085`), which then is both the API and the login. The address of one of the platform's own hosts
 * (`https://api.mypurecloud.ie`) means its domain.
 *
 * @throws {PureCloudError} for anything else, and for `http:` to another machine unless `allowHttp`.
 */
export function readEnvironment(name: string, allowHttp?: boolean): Environment {
  const [, scheme, prefix, host] =
    /^(https?:\/\/)?((?:api|login|apps)\.)?((?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?)\/*$/i.exec(regionDomain(name.trim())) || [];
  try {
    if (!scheme || /(^|[.-])(pure\.cloud|mypurecloud\.[a-z.]+)$/i.test(host!)) {
      return { name: host!, api: new URL(`https://api.${host}`).origin, login: new URL(`https://login.${host}`).origin };
    }
    const { origin, protocol, hostname } = new URL(scheme + (prefix || "") + host);
    if (protocol == "https:" || allowHttp || isLoopback(hostname)) return { name, api: origin, login: origin };
  } catch {
    // Told below.
  }
  throw new PureCloudError(
    `environment ${name}: ` +
      (host && scheme
        ? "http would show the token to everyone on the way; use https, or set allowHttp"
        : "it must be a domain such as mypurecloud.ie, a region such as eu-west-1, or an origin such as https://127.0.0.1:8085"),
  );
}
