/** The runtime for Node: as for browsers, but over connections of Node's own, through proxies if need be. */
import { loginOf } from "./login-digest.js";
import { createSession } from "./session.js";
import type { SessionConstructor, SessionOptions } from "./session.js";
import { passTraceOn } from "./trace.js";
import { after, currentLocks, currentPage, makeFetchTransport, now } from "./transport-fetch.js";
import { makeNodeTransport } from "./transport-node.js";
import { VERSION } from "./version.js";

/** A session with the platform; see {@link SessionConstructor}. */
export const PureCloudSession = function (environment) {
  const options: SessionOptions = Object(environment);
  const transport = options.transport ? makeFetchTransport(options.transport) : makeNodeTransport(options);
  const host = {
    transport: options.traceparent == false ? transport : passTraceOn(transport),
    countsSent: true,
    after,
    now,
    time: Date.now,
    locks: currentLocks(),
    page: currentPage(),
    loginOf,
    headers: { "user-agent": `purecloud/${VERSION}` },
    environment: process.env["PURECLOUD_ENVIRONMENT"],
  };
  return createSession(host, (new.target || PureCloudSession).prototype, environment);
} as SessionConstructor;
