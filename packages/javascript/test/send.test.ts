/** What one call does with tokens, time and policies, over a scripted transport. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Core, Policy } from "../src/core.js";
import { createDeadlines } from "../src/deadlines.js";
import { readEnvironment } from "../src/environment.js";
import type { Answer, Host, Sink, Wire } from "../src/host.js";
import type { Prepared } from "../src/prepare.js";
import type { Request } from "../src/request.js";
import { send } from "../src/send.js";
import "../src/transfer.js";
import { scripted } from "./scripted.js";

const prepared: Prepared = { id: "getX", method: "GET", url: "/x", headers: {} };
const BASIC = `Basic ${btoa("id:secret")}`;
const answer = (status: number): Answer => ({ status, statusText: "", headers: {}, responseText: "{}" });

/** A session whose tokens are `tokens` in turn, and a platform that takes none of `refused`. */
function world(tokens: (string | null)[], refused: string[]) {
  const sent: (string | undefined)[] = [];
  const renewals: string[] = [];
  const transport = async ({ headers }: Wire) => {
    sent.push(headers["authorization"]);
    return answer(refused.includes(headers["authorization"]!) ? 401 : 200);
  };
  const host = scripted(transport);
  const core: Core = {
    host,
    options: {},
    deadlines: createDeadlines(host),
    policies: [],
    transport: host.transport,
    environment: readEnvironment("mypurecloud.com"),
    debug: false,
    token: async () => tokens[0]!,
    renew: async (token) => {
      renewals.push(token);
      tokens.shift();
      return tokens.length > 0;
    },
  };
  return { core, sent, renewals };
}

test("a token that the platform refuses is renewed once, and the call settles with the second answer", async () => {
  const { core, sent, renewals } = world(["old", "new"], ["Bearer old"]);
  assert.deepEqual(await send(core, prepared), {});
  assert.deepEqual([sent, renewals], [["Bearer old", "Bearer new"], ["old"]]);
});

test("a renewed token that is refused as well is the end of it", async () => {
  const { core, sent, renewals } = world(["a", "b", "c"], ["Bearer a", "Bearer b"]);
  const error = await send(core, prepared).catch((error) => error);
  assert.deepEqual([error.status, sent, renewals], [401, ["Bearer a", "Bearer b"], ["a"]]);
});

test("a refusal stands where no token can be had, where none was sent, and for logins", async () => {
  const alone = world(["a"], ["Bearer a"]);
  assert.equal((await send(alone.core, prepared).catch((error) => error)).status, 401);
  assert.deepEqual([alone.sent, alone.renewals], [["Bearer a"], ["a"]]);
  const none = world([null, "b"], [undefined as any]);
  assert.equal((await send(none.core, prepared).catch((error) => error)).status, 401);
  assert.deepEqual(none.renewals, []);
  const login = world(["a", "b"], [BASIC]);
  assert.equal((await send(login.core, { ...prepared, credentials: BASIC }).catch((error) => error)).status, 401);
  assert.deepEqual([login.sent, login.renewals], [[BASIC], []]);
});

test("setRequestHeader counts until the request is sent, and overrideMimeType until the answer is read", async () => {
  const sent: Wire[] = [];
  const { core } = world(["token"], []);
  const json = async (wire: Wire) => {
    sent.push(wire);
    return { ...answer(200), headers: { "content-type": "application/json" } };
  };
  const announce = (it: Request) => void it.setRequestHeader("X-Page", "1").setRequestHeader("accept", "text/plain");
  const request = send(
    { ...core, host: { ...scripted(json), announce }, transport: scripted(json).transport },
    { ...prepared, headers: { accept: "application/json" } },
  );
  assert.equal(request.overrideMimeType("text/plain"), request);
  assert.equal(await request, "{}");
  request.setRequestHeader("x-late", "1");
  assert.deepEqual(sent[0]!.headers, { authorization: "Bearer token", accept: "text/plain", "x-page": "1" });
  assert.equal(request.getResponseHeader("content-type"), "application/json");
  const split = (it: Request) => void it.setRequestHeader("a", "b\nc");
  const refused = send({ ...core, host: { ...scripted(json), announce: split }, transport: scripted(json).transport }, prepared);
  await assert.rejects(async () => await refused, /header "a" has forbidden characters/);
});

/** Lets everything happen that is not waiting for the world. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A session with one policy, whose platform gives these answers in turn; and what happened. */
function policed(policy: Policy, ...statuses: number[]) {
  const log: string[] = [];
  const waits: (() => void)[] = [];
  const { core } = world(["token"], []);
  const host: Host = {
    ...scripted(async () => {
      log.push("sent");
      return answer(statuses.shift()!);
    }),
    after: (ms, act) => {
      log.push(`wait ${ms}`);
      waits.push(act);
      return () => log.push("wait cancelled");
    },
  };
  return { core: { ...core, host, transport: host.transport, policies: [policy] }, log, waits };
}

test("policies come around every attempt, and one of them may ask for another", async () => {
  const { core, log, waits } = policed(
    {
      before: async ({ attempts }) => void log.push(`before ${attempts}`),
      after: (_, [, , error]) => {
        log.push(`after ${error?.status ?? "success"}`);
        return error ? 70 : undefined;
      },
      end: ({ attempts, over }) => void log.push(`end ${attempts} ${over}`),
    },
    503,
    200,
  );
  const request = send(core, prepared);
  await settle();
  waits.shift()!();
  assert.deepEqual(await request, {});
  assert.deepEqual(log, ["before 1", "sent", "after 503", "wait 70", "before 2", "sent", "after success", "end 2 true"]);
});

test("a call that is stopped while a policy holds it up sends nothing, and the policy learns of it", async () => {
  const { core, log } = policed({ before: () => new Promise(() => {}), end: () => void log.push("end") });
  const request = send(core, prepared);
  const error = await request.abort().catch((error) => error);
  assert.deepEqual([error.kind, error.mayHaveActed, log], ["abort", false, ["end"]]);
});

test("a call that is stopped between two attempts waits no longer, and remembers what the first may have done", async () => {
  const { core, log } = policed({ after: () => 1000 }, 500);
  const request = send(core, { ...prepared, method: "POST" });
  await settle();
  const error = await request.abort().catch((error) => error);
  assert.deepEqual([error.kind, error.mayHaveActed, error.advice], ["abort", true, "lookFirst"]);
  assert.deepEqual(log, ["sent", "wait 1000", "wait cancelled"]);
});

test("what a policy throws ends the call", async () => {
  const { core } = policed({
    before() {
      throw new Error("the queue is full");
    },
  });
  const error = await send(core, prepared).catch((error) => error);
  assert.deepEqual([error.message, error.kind], ["getX: the queue is full", "request"]);
});

test("one timer serves all deadlines, and is set again only for an earlier one", () => {
  const timers: { at: number; act: () => void; idle: boolean | undefined; stopped?: boolean }[] = [];
  let time = 0;
  const { add, delete: remove } = createDeadlines({
    ...scripted(async () => answer(200)),
    now: () => time,
    after: (ms, act, idle) => {
      const timer = { at: time + ms, act, idle, stopped: false };
      timers.push(timer);
      return () => void (timer.stopped = true);
    },
  });
  const expired: string[] = [];
  const call = (name: string, deadline: number) => ({ deadline, expire: () => void expired.push(name) });
  const first = call("first", 30);
  add(first);
  add(call("second", 40));
  add(call("never", Infinity));
  for (let index = 0; index < 1000; index++) {
    const quick = call("quick", 35);
    add(quick);
    remove(quick);
  }
  assert.deepEqual([timers.length, timers[0]!.at, timers[0]!.idle], [1, 30, true]);
  add(call("early", 10));
  assert.deepEqual([timers.length, timers[0]!.stopped, timers[1]!.at], [2, true, 10]);
  remove(first);
  for (const [at, names] of [
    [10, ["early"]],
    [40, ["early", "second"]],
  ] as const) {
    time = at;
    timers.at(-1)!.act();
    assert.deepEqual(expired, names);
  }
  assert.deepEqual(timers.length, 3, "nothing is left to wait for");
});

test("an answer without a reason phrase, as over HTTP/2, is named by its status", async () => {
  const { core } = world(["a"], []);
  const { transport } = scripted(async () => answer(404));
  await assert.rejects(send({ ...core, transport }, prepared), { message: `${prepared.id}: 404` });
});

test("content that comes while its call is given up is closed", async () => {
  const { core } = world(["a"], []);
  const cancelled: string[] = [];
  const open = (name: string): Answer => ({
    ...{ status: 200, statusText: "", headers: {} },
    stream: { read: () => new Promise(() => {}), cancel: () => cancelled.push(name) },
  });
  let sink!: Sink;
  const transport = (_: Wire, given: Sink) => ((sink = given), () => {});
  const begin = async (policies: Policy[]) => {
    const call = send({ ...core, transport, policies, token: () => "a" }, prepared);
    const raw = call.raw();
    await new Promise(setImmediate);
    return { call, raw };
  };
  // Before anybody has looked at the head.
  const first = await begin([]);
  sink.answered(open("first"));
  first.call.abort();
  await assert.rejects(first.raw, { kind: "abort" });
  // While a policy looks at it.
  const second = await begin([{ after: () => new Promise(() => {}) }]);
  sink.answered(open("second"));
  await new Promise(setImmediate);
  second.call.abort();
  await assert.rejects(second.raw, { kind: "abort" });
  assert.deepEqual(cancelled, ["first", "second"]);
});
