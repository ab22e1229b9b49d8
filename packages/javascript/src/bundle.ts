/** The runtime for bundlers, workers, Deno and Bun, and for tests in which jsdom stands in for a browser. */
import { fireJQueryEvents } from "./jquery-events.js";
import { createSession } from "./session.js";
import type { SessionConstructor, SessionOptions } from "./session.js";
import { passTraceOn } from "./trace.js";
import { after, currentLocks, currentPage, makeFetchTransport, now } from "./transport-fetch.js";
import type { Fetch } from "./transport-fetch.js";
import { sendWithXhr } from "./transport-xhr.js";

/** A session with the platform; see {@link SessionConstructor}. */
export const PureCloudSession = function (environment) {
  const options: SessionOptions = Object(environment);
  const own: Fetch | undefined = options.transport;
  // jsdom has no `fetch`.
  const sender = !own && typeof fetch == "undefined" ? sendWithXhr : makeFetchTransport(own);
  // In a page or a worker of one, the platform would have to allow the headers.
  const isInBrowser = typeof document == "object" || "importScripts" in globalThis;
  const transport = isInBrowser || options.traceparent == false ? sender : passTraceOn(sender);
  const host = { transport, after, now, time: Date.now, locks: currentLocks(), page: currentPage(), announce: fireJQueryEvents };
  return createSession(host, (new.target || PureCloudSession).prototype, environment);
} as SessionConstructor;
