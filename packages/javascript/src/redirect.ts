import { PureCloudError } from "./error.js";

/** Where an answer sends its request on to, and what of the request goes there. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  /** False where the request becomes a GET. */
  readonly keepsBody: boolean;
  /** False at another origin, which must not see the token. */
  readonly keepsCredentials: boolean;
}

/**
 * Decides where to go on, by the rules that browsers have for `fetch`; `undefined` when the answer is not a redirect.
 *
 * @throws {PureCloudError} for a sixth redirect, for one that leaves encryption, and for one to no web address.
 */
export function nextHop(
  hops: number,
  status: number,
  location: string | undefined,
  method: string,
  url: URL,
): Hop | undefined {
  if (!location || !/^30[12378]$/.test(`${status}`)) return undefined;
  if (hops > 4) throw new PureCloudError("more than 5 redirects");
  let next: URL;
  try {
    next = new URL(location, url);
  } catch {
    throw new PureCloudError("redirect to an invalid address");
  }
  if (!/^https?:$/.test(next.protocol) || (next.protocol == "http:" && url.protocol == "https:")) {
    throw new PureCloudError(
      `redirect from ${url.host} to ${next.protocol}//${next.host} refused: it is not encrypted`,
    );
  }
  const becomesGet = (status < 303 && method == "POST") || (status == 303 && method != "HEAD" && method != "GET");
  return {
    url: next,
    method: becomesGet ? "GET" : method,
    keepsBody: !becomesGet,
    keepsCredentials: next.origin == url.origin,
  };
}
