/** What a session has done, in numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Wire } from "../src/host.js";
import { sizeOf } from "../src/pieces.js";
import { createSession } from "../src/session.js";
import type { SessionOptions } from "../src/session.js";
import "../src/statistics.js";
import "../src/transfer.js";
import { scripted } from "./scripted.js";

function open(platform: (wire: Wire) => Answer, options?: SessionOptions) {
  let clock = 0;
  const host = {
    ...scripted(async (wire) => {
      clock += 10;
      return platform(wire);
    }),
    now: () => clock,
    time: () => 1_800_000_000_000,
    after: (ms: number, act: () => void) => {
      if (ms < 1_000) setImmediate(() => ((clock += ms), act()));
      return () => {};
    },
  };
  return createSession(host, Object.prototype, { token: "t", environment: "https://api.example.com", ...options });
}

const answer = (responseText: string, status = 200, headers = {}): Answer => ({
  ...{ status, statusText: "", responseText, headers: { "content-type": "application/json", ...headers } },
});

test("calls, retries, waits, errors and bytes are counted, in all and by operation", async () => {
  const answers = [answer("{}"), answer('"wait"', 429, { "retry-after": "0.5" }), answer('"grüß"'), answer("{}", 404), answer("1")];
  const session = open(() => answers.shift()!, { rateLimit: false });
  await session.get("/before");
  const none = session.statistics();
  assert.deepEqual([none.calls, none.operations, +none.since], [0, {}, 1_800_000_000_000]);
  await session.makeRequest("POST", "/one", { name: "ü" });
  await session.get("/two").catch(() => {});
  await session.get("/two?x=1").catch(() => {});
  const { since, underWay, errorsBy, operations, ...total } = session.statistics();
  const zero = { calls: 0, errors: 0, retries: 0, queued: 0, waited: 0, elapsed: 0, longest: 0, sent: 0, received: 0 };
  const one = { ...zero, calls: 1, retries: 1, waited: 500, elapsed: 520, longest: 520, sent: 26, received: 14 };
  const two = { ...zero, calls: 2, errors: 1, elapsed: 20, longest: 10, received: 3 };
  assert.deepEqual(operations, { "POST /one": one, "GET /two": two });
  assert.deepEqual(total, { ...zero, calls: 3, errors: 1, retries: 1, waited: 500, elapsed: 540, longest: 520, sent: 26, received: 17 });
  assert.deepEqual([errorsBy, underWay, +since], [{ 404: 1 }, 0, 1_800_000_000_000]);
});

test("calls that wait and calls that are stopped are counted, and a snapshot does not change", async () => {
  const session = open(() => answer("{}"), { maxInFlight: 1, rateLimit: false });
  session.statistics();
  const first = session.get("/one");
  const second = session.get("/one");
  const before = session.statistics();
  assert.deepEqual([before.underWay, before.calls], [1, 0]);
  second.abort();
  await Promise.allSettled([first, second]);
  const { calls, underWay, errorsBy } = session.statistics();
  assert.deepEqual([calls, underWay, errorsBy, before.calls], [2, 0, { abort: 1 }, 0]);
});

test("bytes of a stream count as they are read", async () => {
  const pieces = [new Uint8Array(3), new Uint8Array(4)];
  const read = async () => (pieces.length ? { value: pieces.shift()! } : { done: true });
  const session = open(() => ({ ...answer(""), responseText: undefined, stream: { read, cancel() {} } }));
  session.statistics();
  const raw = await session.get("/file").raw();
  assert.equal(session.statistics().received, 0);
  await raw.bytes();
  assert.equal(session.statistics().received, 7);
});

test("memory is bounded, however many names there are", async () => {
  const session = open(() => answer("1"), { rateLimit: false });
  session.statistics();
  for (let number = 0; number < 1_200; number++) await session.get(`/things/${number}`);
  const { operations, calls } = session.statistics();
  assert.deepEqual([Object.keys(operations).length, operations["other"]!.calls, calls], [501, 700, 1_200]);
});

test("sizes are those of UTF-8", () => {
  for (const text of ["", "a", "ü", "€", "😀", "a😀ü€", "\ud800x"]) assert.equal(sizeOf(text), Buffer.byteLength(text), text);
  assert.deepEqual([sizeOf(new Uint8Array(3)), sizeOf(new Blob(["ab"])), sizeOf({}), sizeOf(null)], [3, 2, undefined, undefined]);
});
