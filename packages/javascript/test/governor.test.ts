/** When calls go out and go out again, by a clock that the test moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Host, Sink, Wire } from "../src/host.js";
import { createSession } from "../src/session.js";
import type { Session, SessionOptions } from "../src/session.js";

interface Sent {
  readonly at: number;
  readonly wire: Wire;
  readonly sink: Sink;
}

/** A platform that answers when the test says so, and a clock that the test moves. */
function world(options: SessionOptions = {}, answer?: (sent: Sent, count: number) => Partial<Answer> | undefined) {
  let now = 0;
  const timers = new Set<{ at: number; act: () => void }>();
  const sent: Sent[] = [];
  const reply = ({ sink }: Sent, given: Partial<Answer> = {}) =>
    sink.answered({ status: 200, statusText: "", headers: {}, responseText: "{}", ...given });
  const host: Host = {
    time: () => 0,
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    transport(wire, sink) {
      const one = { at: now, wire, sink };
      sent.push(one);
      const given = answer?.(one, sent.length);
      if (given) queueMicrotask(() => reply(one, given));
      return () => {};
    },
  };
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  /** Moves the clock, letting every timer run at its moment. */
  const pass = async (ms: number) => {
    const end = now + ms;
    for (;;) {
      await settle();
      const [next] = [...timers].sort((a, b) => a.at - b.at);
      if (!next || next.at > end) break;
      now = Math.max(now, next.at);
      timers.delete(next);
      next.act();
    }
    now = end;
    await settle();
  };
  const session: Session = createSession(host, Object.prototype, {
    environment: "https://api.mypurecloud.ie",
    token: "t",
    ...options,
  });
  const get = (path = "/x") => session.get(path);
  return { session, sent, pass, settle, reply, get };
}

const limits = (count: number, allowed: number, reset = 60) => ({
  "inin-ratelimit-count": `${count}`,
  "inin-ratelimit-allowed": `${allowed}`,
  "inin-ratelimit-reset": `${reset}`,
});

test("a read that fails in passing is sent again, and settles with the last answer", async () => {
  const { sent, pass, get } = world({}, (_, count) => (count < 3 ? { status: 503 } : {}));
  const request = get();
  await pass(5_000);
  assert.deepEqual(await request, {});
  assert.equal(sent.length, 3);
});

test("a write that may have been acted on is not sent again", async () => {
  const { session, sent, pass } = world({}, () => ({ status: 500 }));
  const request = session.makeRequest("POST", "/x", {});
  await pass(5_000);
  assert.equal(((await request.catch((error) => error)) as any).status, 500);
  assert.equal(sent.length, 1);
  const search = session.makeRequest("POST", "/api/v2/users/search", {});
  await pass(60_000);
  await search.catch(() => {});
  assert.equal(sent.length, 5);
});

test("a wait that the platform names is kept, for writes too", async () => {
  const { session, sent, pass } = world({}, (_, count) =>
    count == 1 ? { status: 429, headers: { "retry-after": "7" } } : {},
  );
  const request = session.makeRequest("POST", "/x", {});
  await pass(6_999);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.deepEqual(await request, {});
  assert.equal(sent[1]!.at, 7_000);
});

test("retry: false sends a call of any session once", async () => {
  const off = world({ retry: false }, () => ({ status: 503 }));
  off.get().catch(() => {});
  await off.pass(60_000);
  assert.equal(off.sent.length, 1);
});

test("attempts have a time-out each, and the call one in all where it is asked for", async () => {
  const { sent, pass, get } = world({ timeout: 1_000 });
  const request = get();
  await pass(1_000);
  assert.equal(((await request.catch((error) => error)) as any).kind, "timeout");
  assert.equal(sent.length, 1);
  const total = world({ totalTimeout: 5_000 }, () => ({ status: 429, headers: { "retry-after": "3" } }));
  const limited = total.get();
  await total.pass(10_000);
  const error: any = await limited.catch((error) => error);
  // A second wait of three seconds would end too late, so the refusal is the caller's at once.
  assert.deepEqual([error.status, total.sent.length], [429, 2]);
});

test("no more calls are under way than allowed, and interactive ones go first", async () => {
  const { session, sent, settle, reply, get } = world({ maxInFlight: 2 });
  const background = { priority: "background" } as const;
  const send = (url: string, more: object) => session.send({ id: url, method: "GET", url, headers: {}, ...more });
  const all = [get("/1"), get("/2"), send("/3", background), send("/4", background), get("/5")];
  await settle();
  assert.deepEqual(sent.map(({ wire }) => wire.url.at(-1)), ["1", "2"]);
  assert.deepEqual(
    session.queue().map(({ operation, priority }) => [operation, priority]),
    [["GET /5", "interactive"], ["/3", "background"], ["/4", "background"]],
  );
  session.queue()[1]!.cancel();
  assert.equal(((await all[2]!.catch((error) => error)) as any).statusText, "abort");
  reply(sent[0]!);
  await settle();
  reply(sent[1]!);
  await settle();
  assert.deepEqual(sent.map(({ wire }) => wire.url.at(-1)), ["1", "2", "5", "4"]);
  assert.deepEqual(session.queue(), []);
});

test("calls are spaced before the platform refuses them", async () => {
  const { sent, pass, get } = world({}, (_, count) => ({ headers: limits(count, 10) }));
  await get();
  const all = Array.from({ length: 11 }, () => get());
  await pass(61_000);
  await Promise.all(all);
  assert.deepEqual(sent.map(({ at }) => at / 1_000), [0, 0, 0, 0, 0, 0, 12, 24, 36, 48, 60, 60]);
});

test("a call that may not wait so long for the rate limit fails at once, and takes no place", async () => {
  const { session, sent, pass, get } = world({}, (_, count) => ({ headers: limits(count > 1 ? 10 : 9, 10) }));
  await get();
  await get();
  const hasty = session.send({ id: "hasty", method: "GET", url: "/x", headers: {}, totalTimeout: 2_000 });
  const error: any = await hasty.catch((error) => error);
  assert.deepEqual([error.code, error.retryAfter, error.mayHaveActed, error.retryable], ["rate.limit", 60, false, true]);
  const patient = get();
  await pass(60_000);
  await patient;
  assert.deepEqual(sent.map(({ at }) => at), [0, 0, 60_000]);
});

test("a call that is stopped while it waits gives its place to the next", async () => {
  const { session, sent, pass, get } = world({}, (_, count) => ({ headers: limits(count > 1 ? 10 : 9, 10) }));
  await get();
  await get();
  const stopped = Array.from({ length: 10 }, () => get());
  for (const request of stopped) request.catch(() => {});
  const last = get();
  for (const request of stopped) request.abort();
  await pass(60_000);
  await last;
  assert.deepEqual(sent.map(({ at }) => at), [0, 0, 60_000]);
  assert.deepEqual(session.queue(), []);
});

test("a call that is stopped while it waits leaves no gap where the rate limit is not looked at either", async () => {
  const { session, sent, settle, reply, get } = world({ maxInFlight: 1, rateLimit: false });
  const calls = [get("/first"), get("/stopped"), get("/last")];
  calls[1]!.abort();
  await assert.rejects(calls[1]!, { kind: "abort" });
  reply(sent[0]!);
  await settle();
  reply(sent[1]!);
  assert.deepEqual(await Promise.all([calls[0], calls[2]]), [{}, {}]);
  assert.deepEqual([sent.map(({ wire }) => wire.url.slice(-5)), session.queue()], [["first", "/last"], []]);
});

test("another token has a budget of its own", async () => {
  const { session, sent, settle, get } = world({}, () => ({ headers: limits(10, 10) }));
  await get();
  session.authToken("other");
  const next = get();
  await settle();
  await next;
  assert.deepEqual(sent.map(({ at }) => at), [0, 0]);
});

test("a 429 stops the calls that wait as well", async () => {
  const { sent, pass, get } = world({ maxInFlight: 1 }, (_, count) =>
    count == 1 ? { status: 429, headers: { "retry-after": "9" } } : {},
  );
  const all = [get("/1"), get("/2")];
  await pass(20_000);
  await Promise.all(all);
  assert.deepEqual(sent.map(({ at }) => at), [0, 9_000, 9_000]);
});
