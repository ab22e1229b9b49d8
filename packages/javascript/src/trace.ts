/** Passes the trace of a program on to the platform: W3C Trace Context, of OpenTelemetry's active span. */
import type { Transport } from "./host.js";

/** Where every copy of `@opentelemetry/api` of the first major version keeps what a program has registered. */
const API = Symbol.for("opentelemetry.js.api.1");
/** The span of a context. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** The headers of the active span; none without one, and none where what is there is not OpenTelemetry's. */
export function traceHeaders(): Record<string, string> {
  try {
    const span = (globalThis as any)[API]?.context?.active()?.getValue(SPAN)?.spanContext();
    const { traceId, spanId, traceFlags, traceState } = span || {};
    const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 255).toString(16).padStart(2, "0")}`;
    if (!/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-/.test(traceparent)) return {};
    const tracestate = traceState?.serialize();
    return tracestate && !/[^ -~]/.test(tracestate) ? { traceparent, tracestate } : { traceparent };
  } catch {
    return {};
  }
}

/** A transport whose requests have the headers of the active span, where nobody has given them others. */
export function passTraceOn(transport: Transport): Transport {
  return (wire, sink) => {
    const headers = API in globalThis ? traceHeaders() : undefined;
    return transport(headers?.["traceparent"] ? { ...wire, headers: { ...headers, ...wire.headers } } : wire, sink);
  };
}
