// Mixed calls under every fault of the emulator: every promise settles, nothing is sent twice that must not be, nothing
// that was acknowledged is lost, and memory stays flat. PURECLOUD_FAULT_CALLS says how many calls each fault gets.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startEmulator } from "../support/emulator.js";
import { unpackedPackage } from "../support/project.js";

const purecloud = createRequire(import.meta.url)(unpackedPackage().folder);

/** Calls under each fault. */
const CALLS = +(process.env.PURECLOUD_FAULT_CALLS || 120);
/** Calls of a round, after which everything is compared: the emulator keeps so many requests. */
const ROUND = 500;
/** Calls that are under way at a time. */
const AT_ONCE = 40;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const emulator = await startEmulator("--record", "8000", "--max-tokens", "2000", "--empty");
after(() => emulator.stop());

const open = async (options) => {
  const session = new purecloud.PureCloudSession({
    environment: emulator.origin,
    clientId: emulator.clients.credentials.id,
    clientSecret: emulator.clients.credentials.secret,
    rateLimit: false,
    retry: { base: 1, limit: 5_000 },
    timeout: 20_000,
    ...options,
  });
  await session.authorizeWithClientCredentialsGrant();
  return session;
};
/** One whose calls no fault strikes. */
const calm = await open();
const codes = new purecloud.RoutingApi(calm);

const stored = async () => {
  const names = new Map();
  for await (const { id, name } of codes.getRoutingWrapupcodes({ pageSize: 500 })) names.set(id, name);
  return names;
};

/** Makes codes for calls that change or remove one each. */
const prepare = async (count, name) => {
  const made = Array.from({ length: count }, (_, number) => codes.postRoutingWrapupcodes({ name: `${name} ${number}` }));
  return (await Promise.all(made)).map(({ id }) => id);
};

/** The kinds of calls. Each gets what it needs, the options of its call, and a text that is its own. */
const KINDS = {
  get: ({ routing }, options) => routing.getRoutingWrapupcodes({ pageSize: 2, ...options }),
  post: ({ routing }, options, text) => routing.postRoutingWrapupcodes({ name: text }, options),
  postOnce: ({ routing }, options, text) => routing.postRoutingWrapupcodes({ name: text }, { ...options, retry: false }),
  query: ({ users }, options) => users.postUsersSearch({ query: [{ type: "EXACT", fields: ["name"], value: "x" }] }, options),
  put: ({ routing, ids }, options, text) => routing.putRoutingWrapupcode(ids.pop(), { name: text }, options),
  delete: ({ routing, ids }, options) => routing.deleteRoutingWrapupcode(ids.pop(), options),
  response: ({ routing }, options) => routing.getRoutingWrapupcodes({ pageSize: 2, ...options }).withResponse(),
  download: async ({ routing }, options) => (await routing.getRoutingWrapupcodes({ pageSize: 5, ...options }).raw()).text(),
  listing: ({ routing }, options) => routing.getRoutingWrapupcodes({ pageSize: 50, ...options }).all({ limit: 120 }),
  deferred: ({ routing }, options) =>
    new Promise((resolve, reject) => routing.getRoutingWrapupcodes({ pageSize: 2, ...options }).done(resolve).fail(reject)),
};
const NAMES = Object.keys(KINDS);

/** Faults of each kind that strikes requests, and what of a session is different under it. */
const FAULTS = [
  ["status:500"],
  ["status:501"],
  ["status:503"],
  ["status:408"],
  ["status:429:0"],
  ["rate-limit:40"],
  ["delay:400:200", { timeout: 300 }],
  ["slow:2"],
  ["cut-before"],
  ["cut-during"],
  ["cut-after"],
  ["truncate"],
  ["garble"],
  ["content-type"],
  ["html"],
  ["revoke"],
  ["stale:60000"],
  ["skew:3600"],
];

/** Bytes of live objects. */
const live = async () => {
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    collect();
  }
  return process.memoryUsage().heapUsed;
};

/** What of a write was recorded: a status for each request, in order. */
async function requestsByCall() {
  const calls = new Map();
  for (const { headers, status, method } of await emulator.requests()) {
    const id = headers.find(([name]) => name === "x-call")?.[1];
    if (id) calls.set(id, [...(calls.get(id) ?? []), { method, status }]);
  }
  return calls;
}

/** The most that was in use in the first rounds, of which so many are to come. */
let memory = 0;
let settling = 4;

for (const [fault, options] of FAULTS) {
  test(`${CALLS} calls under ${fault}`, { timeout: 60_000 + CALLS * 100 }, async (context) => {
    const session = await open(options);
    session.statistics();
    let failed = 0;
    let last = 0;
    for (let first = 0; first < CALLS; first += ROUND) {
      failed += await round(session, fault, first, Math.min(CALLS, first + ROUND));
      last = await live();
      // The first rounds fill caches and pools.
      if (settling-- > 0) memory = Math.max(memory, last);
      else assert.ok(last < memory + 4 * 2 ** 20, `${last} bytes are in use, after ${memory} at the beginning`);
    }
    const { calls, underWay } = session.statistics();
    assert.deepEqual([session.queue(), underWay, calls >= CALLS], [[], 0, true]);
    assert.ok(failed < CALLS, "nothing succeeded");
    await session.close().catch(() => {});
    context.diagnostic(`${failed} failed; ${(last / 2 ** 20).toFixed(1)} MiB`);
  });
}

/** Makes the calls of these numbers, and compares what came of them with what arrived and what is stored. */
async function round(session, fault, first, end) {
  const used = { routing: new purecloud.RoutingApi(session), users: new purecloud.UsersApi(session) };
  used.ids = await prepare(2 * Math.ceil((end - first) / NAMES.length), `before ${fault} ${first}`);
  await emulator.forget();
  await emulator.faults(`${fault},path=/api/v2,probability=${fault === "revoke" ? 0.02 : 0.4}`);
  const ended = [];
  let begun = first;
  const work = async () => {
    while (begun < end) {
      const number = begun++;
      const kind = NAMES[number % NAMES.length];
      const text = `${fault} ${number}`;
      const id = kind === "put" || kind === "delete" ? used.ids.at(-1) : undefined;
      const call = KINDS[kind](used, { headers: { "x-call": text } }, text);
      const error = await call.then(() => undefined, (error) => error);
      ended.push({ kind, text, id, error });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await emulator.faults("");
  // What was given up may still be on its way.
  await fetch(`${emulator.origin}/_emulator/idle`);
  assert.equal(ended.length, end - first);

  const requests = await requestsByCall();
  const after = await stored();
  const named = new Map();
  for (const name of after.values()) named.set(name, (named.get(name) ?? 0) + 1);
  for (const { kind, text, id, error } of ended) {
    const about = `${kind} ${text}: ${error ?? "succeeded"}`;
    if (error) assert.ok(error instanceof purecloud.PureCloudError, about);
    const [acted, safe] = {
      post: [named.has(text)],
      postOnce: [named.has(text)],
      put: [after.get(id) === text],
      // A removal that is sent again finds nothing to remove: its 404 is of the second request.
      delete: [!after.has(id), error?.status === 404],
    }[kind] ?? [undefined, true];
    if (kind === "post" || kind === "postOnce") {
      const seen = requests.get(text) ?? [];
      // Only what the platform has certainly not acted on may come again.
      for (const { status } of seen.slice(0, -1)) assert.ok(status === 429 || status === 401, `${about}: sent again after ${status}`);
      if (kind === "postOnce") assert.ok(seen.filter(({ status }) => status !== 401).length <= 1, `${about}: sent twice`);
      assert.ok((named.get(text) ?? 0) <= 1, `${about}: made twice`);
    }
    if (acted === undefined) continue;
    if (!error) assert.ok(acted, `${about}: acknowledged and lost`);
    else if (!error.mayHaveActed && !safe) assert.ok(!acted, `${about}: done, though it says that it was not`);
  }
  // The next round finds what this one found.
  await Promise.all([...after.keys()].map((id) => codes.deleteRoutingWrapupcode(id)));
  return ended.filter(({ error }) => error).length;
}

test("each fault of requests is among them", async () => {
  const { kinds } = await (await fetch(`${emulator.origin}/_emulator/faults`)).json();
  const missing = kinds.filter(({ name, socket }) => !socket && !FAULTS.some(([fault]) => fault.split(":")[0] === name));
  assert.deepEqual(missing, []);
});
