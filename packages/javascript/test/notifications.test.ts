/** Subscriptions, over a session and sockets that are written down. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { PureCloudError } from "../src/error.js";
import "../src/notifications.js";
import { part } from "../src/parts.js";
import type { Prepared } from "../src/prepare.js";
import { createSession } from "../src/session.js";
import { QueueInbox } from "../src/subscription.js";
import { scripted } from "./scripted.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Sockets as they are opened. */
class FakeSocket {
  static readonly all: FakeSocket[] = [];
  onopen: any = null;
  onmessage: any = null;
  onclose: any = null;
  onerror: any = null;
  readonly sent: string[] = [];
  closed = false;
  readonly url: string;
  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  bring(topicName: string, eventBody: unknown) {
    this.onmessage({ data: JSON.stringify({ topicName, eventBody }) });
  }
}

/** A platform that makes channels, and fails a call where `fail` says so. */
function platform(fail: (prepared: Prepared) => unknown = () => undefined) {
  const sent: Prepared[] = [];
  let channels = 0;
  const send = (prepared: Prepared) => {
    sent.push(prepared);
    const failure = fail(prepared);
    const answer =
      prepared.method == "POST"
        ? { id: `c${++channels}`, connectUri: `wss://streaming.mypurecloud.ie/channels/c${channels}` }
        : { entities: [] };
    const promise: any = failure ? Promise.reject(failure) : Promise.resolve(answer);
    promise.catch(() => {});
    return Object.assign(promise, { abort() {}, getResponseHeader: () => null });
  };
  const session: any = { apiUrl: "https://api.mypurecloud.ie", send };
  return { sent, notifications: part("events").notifications(session, { WebSocket: FakeSocket as any }) };
}

beforeEach(() => {
  FakeSocket.all.length = 0;
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});
afterEach(() => mock.timers.reset());

test("subscriptions share a channel, and each gets its own topics", async () => {
  const { sent, notifications } = platform();
  const seen: string[] = [];
  const first = notifications.subscribe("a", ({ topic, body }) => seen.push(`1 ${topic} ${body}`));
  notifications.subscribe(["A", "b?c&d"], { event: ({ topic }) => seen.push(`2 ${topic}`), connected: ({ topics }) => seen.push(`2 connected ${topics}`) });
  await settle();
  await settle();
  assert.deepEqual(
    sent.map(({ method, url }) => `${method} ${url}`),
    [
      "POST /api/v2/notifications/channels",
      "PUT /api/v2/notifications/channels/c1/subscriptions?ignoreErrors=true",
    ],
  );
  assert.equal(sent[1]!.data, '[{"id":"a"},{"id":"b.c"},{"id":"b.d"}]');
  const [socket] = FakeSocket.all;
  socket!.onopen();
  socket!.bring("a", 1);
  socket!.bring("b.c", 2);
  first.close();
  socket!.bring("a", 3);
  assert.deepEqual(seen, ["2 connected a,b.c,b.d", "1 a 1", "2 a", "2 b.c", "2 a"]);
  notifications.close();
  assert.ok(socket!.closed);
});

test("topics that are added to an open socket do not close it", async () => {
  const { sent, notifications } = platform();
  const subscription = notifications.subscribe("a", {});
  await settle();
  await settle();
  const [socket] = FakeSocket.all;
  socket!.onopen();
  subscription.add("b");
  await settle();
  assert.equal(sent.at(-1)!.data, '[{"id":"a"},{"id":"b"}]');
  assert.ok(!socket!.closed);
  assert.equal(FakeSocket.all.length, 1);
  notifications.close();
});

test("a cut is repaired, and the gap is told", async () => {
  const { notifications } = platform();
  const seen: any[] = [];
  notifications.subscribe("a", { missed: (notice) => seen.push(notice) });
  await settle();
  await settle();
  FakeSocket.all[0]!.onopen();
  mock.timers.tick(1_000);
  FakeSocket.all[0]!.onclose();
  await settle();
  mock.timers.tick(500);
  FakeSocket.all[1]!.onopen();
  assert.deepEqual(
    seen.map(({ since, until, topics }) => [+since, +until, topics]),
    [[0, 1_500, ["a"]]],
  );
  notifications.close();
});

test("a login that is refused ends the subscription with the error", async () => {
  const refused = new PureCloudError("401", { status: 401 });
  const { notifications } = platform(() => refused);
  await assert.rejects(() => notifications.subscribe("a").next(), refused);
  const again = notifications.subscribe("a");
  await assert.rejects(() => again.next(), refused);
  assert.deepEqual(await again.next(), { done: true, value: undefined });
});

test("without a class of sockets a subscription says what to do", async () => {
  const real = globalThis.WebSocket;
  (globalThis as any).WebSocket = undefined;
  try {
    const session: any = { apiUrl: "https://x", send: (prepared: Prepared) => {
      const promise: any = Promise.resolve(prepared.method == "POST" ? { id: "c", connectUri: "wss://x/c" } : {});
      return Object.assign(promise, { abort() {}, getResponseHeader: () => null });
    } };
    await assert.rejects(() => part("events").notifications(session).subscribe("a").next(), /use Node 22 or later/);
  } finally {
    (globalThis as any).WebSocket = real;
  }
});

test("a topic that the platform refuses is told, and the others come", async () => {
  const session: any = { apiUrl: "https://x", send: (prepared: Prepared) => {
    const answer = prepared.method == "POST" ? { id: "c", connectUri: "wss://x/c" } : { entities: [{ id: "b", state: "Rejected", rejectionReason: "no" }] };
    const promise: any = Promise.resolve(answer);
    return Object.assign(promise, { abort() {}, getResponseHeader: () => null });
  } };
  const subscription = part("events").notifications(session, { WebSocket: FakeSocket as any }).subscribe(["a", "b"]);
  assert.deepEqual((await subscription.next()).value, { type: "rejected", topic: "b", reason: "no" });
  FakeSocket.all[0]!.onopen();
  assert.deepEqual((await subscription.next()).value, { type: "connected", topics: ["a"] });
  await subscription.return!();
  assert.ok(FakeSocket.all[0]!.closed);
});

test("events that find no room become a gap that follows those before it", async () => {
  let now = 5;
  const inbox = new QueueInbox(2, () => now);
  const event = (n: number): any => ({ type: "event", topic: "a", body: n, message: {} });
  for (let n = 1; n < 5; n++) inbox.notice(event(n));
  now = 9;
  assert.equal(((await inbox.next()).value as any).body, 1);
  inbox.notice(event(5));
  assert.equal(((await inbox.next()).value as any).body, 2);
  assert.deepEqual((await inbox.next()).value, { type: "missed", since: new Date(5), until: new Date(9), topics: ["a"] });
  assert.equal(((await inbox.next()).value as any).body, 5);
});

test("closing the session ends its subscriptions", async () => {
  const host = scripted(async ({ method, url }) => ({
    status: method == "DELETE" ? 204 : 200,
    statusText: "",
    headers: {},
    responseText: url.endsWith("channels") ? '{"id":"c","connectUri":"wss://x/c"}' : "{}",
  }));
  const session = createSession(host, Object.prototype, { environment: "mypurecloud.ie", token: "t" });
  const subscription = session.notifications({ WebSocket: FakeSocket as any }).subscribe("a");
  for (let turn = 0; turn < 5; turn++) await settle();
  FakeSocket.all[0]!.onopen();
  await session.close();
  assert.ok(FakeSocket.all[0]!.closed);
  assert.equal((await subscription.next()).value?.type, "connected");
  assert.deepEqual(await subscription.next(), { done: true, value: undefined });
});
