/** The runtime for browsers, workers, bundlers, Deno and Bun: everything goes through `fetch`. */
import { createSession } from "./session.js";
import type { SessionConstructor } from "./session.js";
import { after, currentPage, sendWithFetch } from "./transport-fetch.js";

/** A session with the platform; see {@link SessionConstructor}. */
export const PureCloudSession = function (environment) {
  const host = { transport: sendWithFetch, after, page: currentPage() };
  return createSession(host, (new.target || PureCloudSession).prototype, environment);
} as SessionConstructor;
