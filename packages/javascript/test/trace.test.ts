/** The trace context of what OpenTelemetry keeps, of whatever a program has put there. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Wire } from "../src/host.js";
import { passTraceOn, traceHeaders } from "../src/trace.js";

const API = Symbol.for("opentelemetry.js.api.1");
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");
const TRACE = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };

/** Runs `act` with this as the active span's context. */
function within(context: unknown, act: () => void): void {
  const active = { getValue: (key: symbol) => (key === SPAN ? { spanContext: () => context } : undefined) };
  (globalThis as any)[API] = { context: { active: () => active } };
  try {
    act();
  } finally {
    delete (globalThis as any)[API];
  }
}

test("the active span becomes traceparent and tracestate", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  within(TRACE, () => assert.deepEqual(traceHeaders(), { traceparent }));
  within({ ...TRACE, traceFlags: 0, traceState: { serialize: () => "a=1,b=2" } }, () =>
    assert.deepEqual(traceHeaders(), { traceparent: traceparent.replace(/1$/, "0"), tracestate: "a=1,b=2" }),
  );
});

test("there are no headers without a span, and none of what is no trace context", () => {
  assert.deepEqual(traceHeaders(), {});
  const bad = [undefined, {}, { ...TRACE, traceId: "0".repeat(32) }, { ...TRACE, spanId: "0".repeat(16) }, { ...TRACE, traceId: "x\r\n" }];
  for (const context of bad) within(context, () => assert.deepEqual(traceHeaders(), {}));
  for (const api of [null, 1, {}, { context: { active() { throw new Error(); } } }]) {
    (globalThis as any)[API] = api;
    assert.deepEqual(traceHeaders(), {});
  }
  delete (globalThis as any)[API];
});

test("requests have the headers, unless the program gave them others", () => {
  const sent: Wire[] = [];
  const send = passTraceOn((wire) => (sent.push(wire), () => {}));
  const wire = { method: "GET", url: "https://a.com/", headers: { accept: "text/plain" }, body: undefined, limit: 1 };
  const sink = { answered() {}, failed() {} };
  within(TRACE, () => {
    send(wire, sink);
    send({ ...wire, headers: { traceparent: "mine" } }, sink);
  });
  send(wire, sink);
  assert.deepEqual(sent.map(({ headers }) => headers["traceparent"]?.slice(0, 5)), ["00-0a", "mine", undefined]);
  assert.equal(sent[2], wire);
});
