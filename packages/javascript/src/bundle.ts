/** The runtime for bundlers, workers, Deno and Bun, and for tests in which jsdom stands in for a browser. */
import { fireJQueryEvents } from "./jquery-events.js";
import { createSession } from "./session.js";
import type { SessionConstructor } from "./session.js";
import { after, currentLocks, currentPage, makeFetchTransport, now } from "./transport-fetch.js";
import type { Fetch } from "./transport-fetch.js";
import { sendWithXhr } from "./transport-xhr.js";

/** A session with the platform; see {@link SessionConstructor}. */
export const PureCloudSession = function (environment) {
  const own: Fetch | undefined = Object(environment).transport;
  // jsdom has no `fetch`.
  const transport = !own && typeof fetch == "undefined" ? sendWithXhr : makeFetchTransport(own);
  const host = { transport, after, now, time: Date.now, locks: currentLocks(), page: currentPage(), announce: fireJQueryEvents };
  return createSession(host, (new.target || PureCloudSession).prototype, environment);
} as SessionConstructor;
