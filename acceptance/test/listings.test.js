// Listings of every paging style, read to their end by loops, against the emulator.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { startEmulator } from "../support/emulator.js";
import { unpackedPackage } from "../support/project.js";

const purecloud = createRequire(import.meta.url)(unpackedPackage().folder);

const emulator = await startEmulator();
after(() => emulator.stop());

// The loops here ask more often than a token may; how calls are spaced has tests of its own.
const session = new purecloud.PureCloudSession({ environment: emulator.origin, token: await emulator.token(), rateLimit: false });
const api = (name) => new purecloud[name](session);
const day = 86_400_000;
/** The last `days` days, as the platform writes an interval. */
const lastDays = (days) => [Date.now() - days * day, Date.now()].map((time) => new Date(time).toISOString()).join("/");

const read = async (listing) => {
  const ids = [];
  for await (const item of listing) ids.push(item.id ?? item.conversationId);
  return ids;
};
const distinct = (ids) => assert.equal(new Set(ids).size, ids.length);

test("page numbers: a loop reads all users, in the order of the pages", async () => {
  const { total } = await emulator.raw("/api/v2/users?pageSize=1");
  await emulator.forget();
  const ids = await read(api("UsersApi").getUsers({ pageSize: 100 }));
  assert.equal(ids.length, total);
  distinct(ids);
  const asked = (await emulator.requests()).filter(({ path }) => path.startsWith("/api/v2/users"));
  assert.equal(asked.length, Math.ceil(total / 100));
});

test("page numbers: all() with a limit asks for no more pages than it needs", async () => {
  await emulator.forget();
  const users = await api("UsersApi").getUsers({ pageSize: 10 }).all({ limit: 15 });
  assert.equal(users.length, 15);
  assert.equal((await emulator.requests()).filter(({ path }) => path.startsWith("/api/v2/users")).length, 2);
});

test("a listing is resumed from a position that was kept as text", async () => {
  const all = await read(api("UsersApi").getUsers({ pageSize: 100 }));
  const { value: page } = await api("UsersApi").getUsers({ pageSize: 100 }).pages().next();
  const position = JSON.parse(JSON.stringify(page.next));
  assert.ok(!JSON.stringify(position).includes(session.authToken()));
  const rest = await read(session.resume(position).items());
  assert.deepEqual([...page.items.map(({ id }) => id), ...rest], all);
});

test("cursors: a loop reads all external contacts", async () => {
  const { total } = await emulator.raw("/api/v2/externalcontacts/contacts?pageSize=1");
  const ids = await read(api("ExternalContactsApi").getExternalcontactsScanContacts({ limit: 10 }));
  assert.equal(ids.length, total);
  distinct(ids);
});

test("start indices: a loop reads all users of SCIM", async () => {
  const { totalResults } = await emulator.raw("/api/v2/scim/v2/users?count=1");
  const ids = await read(api("SCIMApi").getScimV2Users({ count: 100 }));
  assert.equal(ids.length, totalResults);
  distinct(ids);
});

test("paging in a body: a loop reads the conversations of a query", async () => {
  const body = { interval: lastDays(30), paging: { pageSize: 100, pageNumber: 1 } };
  const pages = [];
  for await (const page of api("AnalyticsApi").postAnalyticsConversationsDetailsQuery(body).pages()) {
    pages.push(page);
    if (pages.length == 3) break;
  }
  assert.deepEqual(pages.map(({ items }) => items.length), [100, 100, 100]);
  distinct(pages.flatMap(({ items }) => items.map(({ conversationId }) => conversationId)));
});

test("jobs: a loop waits for the job and reads its results", async () => {
  const job = api("AnalyticsApi").postAnalyticsConversationsDetailsJobs({ interval: lastDays(30) });
  const conversations = await job.all({ limit: 1_500 });
  assert.equal(conversations.length, 1_500);
  distinct(conversations.map(({ conversationId }) => conversationId));
});

test("searches: a loop follows the addresses of further pages", async () => {
  const body = { pageSize: 100, pageNumber: 1, query: [{ type: "STARTS_WITH", fields: ["name"], value: "A" }] };
  const found = await api("UsersApi").postUsersSearch(body).all();
  assert.ok(found.length > 0);
  assert.ok(found.every(({ name }) => /(^|\s)A/i.test(name)), "every hit begins so");
  distinct(found.map(({ id }) => id));
});

test("a loop over a listing that fails ends with the error of its page", async () => {
  await emulator.faults("status:404,operation=getRoutingQueues,after=1");
  after(() => emulator.faults(""));
  const seen = [];
  const error = await (async () => {
    for await (const { id } of api("RoutingApi").getRoutingQueues({ pageSize: 2 })) seen.push(id);
  })().catch((error) => error);
  assert.deepEqual([error.status, seen.length], [404, 2]);
});
