/** Listings as iterators, over a session whose answers are written down. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PureCloudError } from "../src/error.js";
import "../src/pages.js";
import { PAGING_STYLES } from "../src/paging.js";
import type { ListingPosition } from "../src/paging.js";
import { part } from "../src/parts.js";
import type { Prepared } from "../src/prepare.js";

const BASE = "https://api.mypurecloud.ie";

/** A session that answers each request with the next of `answers`; an error fails the request. */
function scripted(answers: unknown[]) {
  const sent: Prepared[] = [];
  const aborted: string[] = [];
  const send = (prepared: Prepared) => {
    sent.push(prepared);
    const answer = answers[sent.length - 1];
    const promise = answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    promise.catch(() => {});
    return Object.assign(promise, {
      responseText: JSON.stringify(answer),
      abort: () => aborted.push(prepared.url),
    });
  };
  const session: any = { apiUrl: BASE, send };
  const prepared: Prepared = { id: "getUsers", method: "GET", url: "/api/v2/users", headers: { accept: "application/json" } };
  return { session, sent, aborted, prepared, source: { session, prepared, paging: PAGING_STYLES.indexOf("pageNumber") } };
}

const page = (number: number, count: number) => ({ entities: [{ id: number }], pageNumber: number, pageCount: count });
const users = (count: number) => Array.from({ length: count }, (_, index) => page(index + 1, count));

test("a loop reads the items of all pages, one page at a time", async () => {
  const { session, sent, prepared, source } = scripted(users(3));
  const pages = part("paging").pages(source, session.send(prepared));
  assert.equal(sent.length, 1);
  const ids = [];
  for await (const { id } of pages.items()) {
    ids.push(id);
    assert.equal(sent.length, ids.length);
  }
  assert.deepEqual(ids, [1, 2, 3]);
  assert.deepEqual(
    sent.map(({ url }) => url),
    ["/api/v2/users", "/api/v2/users?pageNumber=2", "/api/v2/users?pageNumber=3"],
  );
});

test("a loop that ends early asks for nothing more", async () => {
  const { session, sent, prepared, source } = scripted(users(9));
  const items = await part("paging").all(part("paging").pages(source, session.send(prepared)), 2);
  assert.deepEqual(items, [{ id: 1 }, { id: 2 }]);
  assert.equal(sent.length, 2);
  const none = await part("paging").all(part("paging").pages(source, undefined), 0);
  assert.deepEqual([none, sent.length], [[], 2]);
});

test("pages are fetched ahead, and no more than asked", async () => {
  const { session, sent, prepared, source } = scripted(users(9));
  const pages = part("paging").pages(source, session.send(prepared), { prefetch: 2 });
  const { value } = await pages.next();
  assert.equal(value.items[0].id, 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent.length, 3);
  await pages.return!();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent.length, 3);
});

test("a position that was kept as text resumes the listing after its page", async () => {
  const first = scripted(users(3));
  const { value } = await part("paging").pages(first.source, first.session.send(first.prepared)).next();
  const position: ListingPosition = JSON.parse(JSON.stringify(value.next));
  assert.deepEqual<unknown>(position, {
    style: "pageNumber",
    stage: "submit",
    request: { method: "GET", target: "/api/v2/users?pageNumber=2" },
  });
  const second = scripted(users(3).slice(1));
  const items = await part("paging").all(part("paging").pages({ ...second.source, position }, undefined));
  assert.deepEqual(items, [{ id: 2 }, { id: 3 }]);
});

test("a failed page ends the loop with its error, after the items before it", async () => {
  const failure = new PureCloudError("503", { status: 503 });
  const { session, prepared, source } = scripted([page(1, 3), failure]);
  const ids: number[] = [];
  await assert.rejects(async () => {
    for await (const { id } of part("paging").pages(source, session.send(prepared)).items()) ids.push(id);
  }, failure);
  assert.deepEqual(ids, [1]);
});

test("what no table knows is followed by what its answer shows, or is one page", async () => {
  const { session, prepared, source } = scripted(users(2));
  const items = await part("paging").all(
    part("paging").pages({ ...source, paging: undefined }, session.send(prepared)),
  );
  assert.deepEqual(items, [{ id: 1 }, { id: 2 }]);
  const whole = scripted([{ name: "Ada" }]);
  const { value } = await part("paging")
    .pages({ ...whole.source, paging: undefined }, whole.session.send(whole.prepared))
    .next();
  assert.deepEqual(value, { data: { name: "Ada" }, items: [], unreadable: [], next: undefined });
});

test("a body goes with each page, and a body that is not JSON is refused", async () => {
  const answers = [
    { conversations: [1], totalHits: 2 },
    { conversations: [2], totalHits: 2 },
  ];
  const { session, sent, source } = scripted(answers);
  const post: Prepared = {
    id: "postDetailsQuery",
    method: "POST",
    url: "/query",
    headers: { accept: "application/json", "content-type": "application/json" },
    data: '{"interval":"i","paging":{"pageSize":1,"pageNumber":1}}',
  };
  const paging = PAGING_STYLES.indexOf("body");
  const items = await part("paging").all(part("paging").pages({ ...source, prepared: post, paging }, session.send(post)));
  assert.deepEqual(items, [1, 2]);
  assert.equal(sent[1]!.data, '{"interval":"i","paging":{"pageSize":1,"pageNumber":2}}');
  const pages = part("paging").pages({ ...source, prepared: { ...post, data: new Uint8Array(1) }, paging }, undefined);
  await assert.rejects(() => pages.next(), /a listing sends its body with each page/);
});

test("a loop stops while it waits for a job when the call is aborted", async () => {
  const controller = new AbortController();
  const { session, sent, source } = scripted([{ jobId: "j" }, { state: "PENDING" }]);
  const post: Prepared = { id: "postJobs", method: "POST", url: "/jobs", headers: {}, data: "{}", signal: controller.signal };
  const pages = part("paging").pages({ ...source, prepared: post, paging: PAGING_STYLES.indexOf("job") }, session.send(post));
  const next = pages.next();
  const reason = new Error("enough");
  while (sent.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  controller.abort(reason);
  await assert.rejects(() => next, reason);
});
