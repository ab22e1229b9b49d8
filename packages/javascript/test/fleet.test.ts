/** Sessions that share a rate budget through a store, by a clock that the test moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryBudgets, shareBudget } from "../src/fleet.js";
import type { BudgetStore, SharingOptions } from "../src/fleet.js";
import type { Answer, Host } from "../src/host.js";
import { createSession } from "../src/session.js";
import type { Session, SessionOptions } from "../src/session.js";
import { budgetKey } from "../src/shared-budget.js";

/** Lets everything happen that waits for no clock: digests are computed on another thread. */
async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One platform and one clock for several sessions. */
function world(answer: (token: string, at: number) => Partial<Answer> = () => ({})) {
  let now = 0;
  const timers = new Set<{ at: number; act: () => void }>();
  const sent: { at: number; path: string; token: string }[] = [];
  const host: Host = {
    // The two clocks have different epochs.
    time: () => now + 1_800_000_000_000,
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    transport({ url, headers }, sink) {
      const token = headers["authorization"]?.slice(7) ?? "";
      sent.push({ at: now, path: new URL(url).pathname, token });
      const given = { status: 200, statusText: "", headers: {}, responseText: "{}", ...answer(token, now) };
      queueMicrotask(() => sink.answered(given));
      return () => {};
    },
  };
  return {
    sent,
    open: (store: BudgetStore, options: SessionOptions = {}, sharing?: SharingOptions): Session =>
      createSession(host, Object.prototype, {
        environment: "https://api.mypurecloud.ie",
        token: "t",
        budget: shareBudget(store, sharing),
        ...options,
      }),
    /** Moves the clock, letting every timer run at its moment. */
    async pass(ms: number) {
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
    },
  };
}

/** Counts the calls of a token in windows of a minute, and refuses those past `allowed`. */
function counting(allowed: number): (token: string, at: number) => Partial<Answer> {
  const windows = new Map<string, { start: number; count: number }>();
  return (token, at) => {
    let window = windows.get(token);
    if (!window || at >= window.start + 60_000) windows.set(token, (window = { start: at, count: 0 }));
    window.count++;
    const reset = Math.ceil((window.start + 60_000 - at) / 1_000);
    const headers = { "inin-ratelimit-count": `${window.count}`, "inin-ratelimit-allowed": `${allowed}`, "inin-ratelimit-reset": `${reset}` };
    if (window.count <= allowed) return { headers };
    return { status: 429, headers: { ...headers, "retry-after": `${reset}` } };
  };
}

test("sessions that share a token and a store meet no 429, however many call", async () => {
  const platform = counting(30);
  let refused = 0;
  const { open, pass, sent } = world((token, at) => {
    const answer = platform(token, at);
    if (answer.status == 429) refused++;
    return answer;
  });
  const store = memoryBudgets();
  const sessions = [open(store), open(store), open(store)];
  await sessions[0]!.get("/first");
  const calls = sessions.flatMap((session, index) => Array.from({ length: 25 }, () => session.get(`/${index}`)));
  await pass(240_000);
  await Promise.all(calls);
  assert.equal(refused, 0);
  assert.equal(sent.length, 76);
  // Half of the window goes out at once, and the last within the third minute.
  assert.equal(sent.filter(({ at }) => at == 0).length >= 15, true);
  assert.ok(sent.at(-1)!.at < 180_000, `${sent.at(-1)!.at}`);
});

test("without a store of their own, the same sessions run into the limit", async () => {
  const platform = counting(30);
  let refused = 0;
  const { open, pass } = world((token, at) => {
    const answer = platform(token, at);
    if (answer.status == 429) refused++;
    return answer;
  });
  const sessions = [0, 1, 2].map(() => open(memoryBudgets()));
  const calls = sessions.flatMap((session) => Array.from({ length: 25 }, () => session.get("/x").catch(() => {})));
  await pass(240_000);
  await Promise.all(calls);
  assert.ok(refused > 0);
});

test("tokens have budgets of their own, under keys that do not give them away", async () => {
  const { open, sent, pass } = world(counting(2));
  const keys: string[] = [];
  const memory = memoryBudgets();
  const store: BudgetStore = { update: (key, change) => (keys.push(key), memory.update(key, change)) };
  const session = open(store, { token: "one" });
  await session.get("/1");
  await session.get("/2");
  session.authToken("two");
  await session.get("/3");
  assert.deepEqual(sent.map(({ at }) => at), [0, 0, 0]);
  await pass(0);
  assert.deepEqual(new Set(keys), new Set([await budgetKey("one"), await budgetKey("two")]));
});

test("interactive calls go first, what waits is in the queue, and what is cancelled gives its place back", async () => {
  const { open, sent, pass } = world(counting(4));
  const store = memoryBudgets();
  const session = open(store);
  await session.get("/1");
  await session.get("/2");
  await settle();
  const background = ["/a", "/b", "/c"].map((url) =>
    session.send({ id: url, method: "GET", url, headers: {}, priority: "background" }),
  );
  await pass(0);
  const last = session.get("/now");
  await pass(0);
  const waiting = session.queue();
  assert.deepEqual(waiting.map(({ operation }) => operation), ["GET /now", "/b", "/c"]);
  waiting.at(-1)!.cancel();
  assert.equal(((await background[2]!.catch((error) => error)) as any).statusText, "abort");
  await pass(120_000);
  await Promise.all([last, background[0], background[1]]);
  assert.deepEqual(sent.map(({ path }) => path), ["/1", "/2", "/a", "/now", "/b"]);
  assert.deepEqual(session.queue(), []);
});

test("a call that may not wait so long fails at once", async () => {
  const { open } = world(counting(1));
  const session = open(memoryBudgets());
  await session.get("/1");
  await settle();
  const hasty = session.send({ id: "hasty", method: "GET", url: "/x", headers: {}, totalTimeout: 2_000 });
  const error: any = await hasty.catch((error) => error);
  assert.deepEqual([error.code, error.retryAfter, error.kind], ["rate.limit", 60, "unreached"]);
});

test("a store that fails or hangs costs no call, and what it threw is not printed", async () => {
  const problems: unknown[] = [];
  const broken: BudgetStore = {
    update: () => Promise.reject(new Error("redis://user:secret@host refused")),
  };
  const { open, pass, sent } = world(counting(10));
  const session = open(broken, {}, { onError: (error) => problems.push(error) });
  await session.get("/1");
  assert.equal(problems.length, 1);
  const { warn } = console;
  const said: unknown[] = [];
  console.warn = (...texts) => void said.push(...texts);
  try {
    const other = open(broken);
    await other.get("/2");
    await other.get("/3");
  } finally {
    console.warn = warn;
  }
  assert.deepEqual(said, ["the store of rate budgets failed; the session uses a budget of its own"]);
  const hanging = open({ update: () => new Promise(() => {}) });
  const call = hanging.get("/4");
  await pass(5_000);
  await call;
  assert.equal(sent.length, 4);
});

test("a place that the store gives too late is given back", async () => {
  const memory = memoryBudgets();
  let letGo = () => {};
  const slow: BudgetStore = {
    async update(key, change) {
      await new Promise<void>((resolve) => (letGo = resolve));
      return memory.update(key, change);
    },
  };
  const { open, pass } = world();
  const call = open(slow).get("/x");
  await pass(5_000);
  await call;
  letGo();
  await settle();
  letGo();
  await settle();
  let text = "";
  memory.update(await budgetKey("t"), (kept) => (text = kept!));
  const { budget, callers } = JSON.parse(text);
  assert.equal(budget.windows.length, 0);
  assert.deepEqual(Object.values(callers).map(({ in_flight }: any) => in_flight), [0]);
});

test("a session that closes revokes its token, and rateLimit: false uses no store", async () => {
  const { open, sent } = world();
  const store: BudgetStore = { update: () => assert.fail("it is asked") };
  const session = open(store, { rateLimit: false });
  await session.get("/x");
  await session.close();
  const calls = { access_token: "u", token_type: "bearer", expires_in: 3_600 };
  const { open: openOther, sent: others } = world(() => ({ responseText: JSON.stringify(calls), headers: { "content-type": "application/json" } }));
  const other = openOther(memoryBudgets(), { token: undefined });
  await other.authorizeWithClientCredentialsGrant("id", "secret");
  await other.get("/x");
  await other.close();
  assert.deepEqual(others.map(({ path }) => path), ["/oauth/token", "/x", "/api/v2/tokens/me"]);
  assert.equal(sent.length, 1);
});
