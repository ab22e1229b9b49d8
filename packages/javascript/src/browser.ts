/** The runtime for script tags: everything goes through `fetch`, which every browser has. */
import { fireJQueryEvents } from "./jquery-events.js";
import { createSession } from "./session.js";
import type { SessionConstructor } from "./session.js";
import { after, currentLocks, currentPage, makeFetchTransport, now } from "./transport-fetch.js";

/** A session with the platform; see {@link SessionConstructor}. */
export const PureCloudSession = function (environment) {
  const host = { transport: makeFetchTransport(Object(environment).transport), after, now, time: Date.now, locks: currentLocks(), page: currentPage(), announce: fireJQueryEvents };
  return createSession(host, (new.target || PureCloudSession).prototype, environment);
} as SessionConstructor;
