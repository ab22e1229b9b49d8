/** What programs would otherwise write by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { downloadFrom, interval, pollJob, regionDomains, uploadTo, userSearch } from "../src/helpers.js";
import { PureCloudSession } from "../src/node.js";
import { json, serve } from "./server.js";

test("intervals are written as the platform wants them", () => {
  const end = Date.UTC(2026, 11, 2);
  const table: [any, any, string][] = [
    [new Date(end - 86_400_000), new Date(end), "2026-12-01T00:00:00.000Z/2026-12-02T00:00:00.000Z"],
    ["2026-12-01T02:00:00+02:00", end, "2026-12-01T00:00:00.000Z/2026-12-02T00:00:00.000Z"],
    [{ days: 7 }, "2026-12-02", "2026-11-25T00:00:00.000Z/2026-12-02T00:00:00.000Z"],
    [{ hours: 1, minutes: 30, seconds: 1 }, end, "2026-12-01T22:29:59.000Z/2026-12-02T00:00:00.000Z"],
  ];
  for (const [from, until, expected] of table) assert.equal(interval(from, until), expected);
  const [, until] = interval({ days: 1 }).split("/");
  assert.ok(Math.abs(Date.parse(until!) - Date.now()) < 60_000);
  for (const [from, until, message] of [
    ["today", end, /`from` is not a moment/],
    [0, "never", /`until` is not a moment/],
    [end, end, /`from` is not before `until`/],
    [{ days: -1 }, end, /`from` is not before/],
    [{ weeks: 1 }, end, /a span has numbers of days, hours/],
    [{ days: "1x" }, end, /a span has numbers of/],
  ] as [any, any, RegExp][]) {
    assert.throws(() => interval(from, until), message);
  }
});

test("regions have their domains, and nobody changes those of sessions", () => {
  assert.equal(regionDomains["eu-west-1"], "mypurecloud.ie");
  (regionDomains as any)["eu-west-1"] = "evil.example";
  assert.equal(new PureCloudSession("eu-west-1").apiUrl, "https://api.mypurecloud.ie");
});

const options = { every: 1 };

test("a job is asked for until it has ended", async () => {
  for (const [states, end] of [
    [["QUEUED", "PENDING", "FULFILLED"], "FULFILLED"],
    [["Running", "Complete"], "Complete"],
    [["processing", "Success"], "Success"],
    [["RUNNING", "COMPLETED_WITH_PARTIAL_RESULTS"], "COMPLETED_WITH_PARTIAL_RESULTS"],
  ] as [string[], string][]) {
    const left = [...states];
    const job = await pollJob(async () => ({ state: left.shift()! }), options);
    assert.deepEqual([job.state, left], [end, []]);
  }
  let looks = 0;
  assert.equal(await pollJob(async () => ++looks, { ...options, isDone: (count) => count == 3 }), 3);
});

test("a job that ends without success, or not at all, is an error", async () => {
  const failure = (work: Promise<unknown>): Promise<any> => work.then(() => assert.fail("it succeeds"), (error) => error);
  for (const state of ["FAILED", "CANCELLED", "canceled", "EXPIRED", "Error", "InternalError", "IMPORT_FAILED", "INCOMPLETE"]) {
    const error = await failure(pollJob(async () => ({ status: state, errorMessage: "too long" }), options));
    assert.deepEqual([error.code, error.body.status], ["job.failed", state], state);
    assert.match(error.message, /^the platform ended the job with .*: too long$/);
  }
  assert.equal((await failure(pollJob(async () => ({}), options))).code, "job.state");
  assert.equal((await failure(pollJob(async () => undefined, options))).code, "job.state");
  const late = await failure(pollJob(async () => ({ state: "RUNNING" }), { ...options, timeout: 20 }));
  assert.deepEqual([late.kind, late.code], ["timeout", "timeout"]);
  const controller = new AbortController();
  const stopped = failure(pollJob(async () => ({ state: "RUNNING" }), { every: 60_000, signal: controller.signal }));
  setImmediate(() => controller.abort(new Error("enough")));
  assert.deepEqual([(await stopped).code, (await stopped).cause.message], ["abort", "enough"]);
  const early = await failure(pollJob(() => assert.fail("it asks"), { signal: AbortSignal.abort() }));
  assert.equal(early.kind, "abort");
});

test("the token goes to the platform's own addresses, and nothing of the session anywhere else", async () => {
  const echo = (request: any, response: any, body: string) => json(response, { headers: request.headers, body });
  const platform = await serve({ "/files/1": echo });
  const bucket = await serve({
    "/put": echo,
    "/refused": (_, response) => json(response, { message: "signature abcdefghijkl is old" }, 403),
  });
  try {
    const session = new PureCloudSession({ environment: platform.origin, token: "token-0123456789", headers: { "x-own": "1" }, retry: false });
    const own = await downloadFrom(session, `${platform.origin}/files/1`);
    assert.deepEqual([own.headers.authorization, own.headers["x-own"]], ["Bearer token-0123456789", "1"]);
    const headers = { "Content-Type": "audio/wav", "x-amz-tag": "t" };
    const there = await uploadTo(session, `${bucket.origin}/put?signature=abcdefghijkl`, Buffer.from("RIFF"), { headers });
    assert.equal("authorization" in there.headers, false);
    assert.deepEqual([there.headers["x-own"], there.headers["content-type"], there.headers["x-amz-tag"], there.body], [undefined, "audio/wav", "t", "RIFF"]);
    assert.deepEqual(bucket.seen.map(({ method, url }) => `${method} ${url}`), ["PUT /put?signature=abcdefghijkl"]);
    const error: any = await uploadTo(session, `${bucket.origin}/refused?signature=abcdefghijkl`, "x", { method: "POST" }).catch((error) => error);
    assert.deepEqual([error.status, error.operation], [403, `POST ${bucket.origin}/refused`]);
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /abcdefghijkl/);
    for (const [url, message] of [
      ["signed secret", /^the address is not a URL/],
      ["http://bucket.example.com/x?secret", /is not a domain|http needs allowHttp/],
      ["file:///etc/secret", /is not a domain/],
    ] as const) {
      assert.throws(
        () => downloadFrom(session, url),
        (error: Error) => message.test(error.message) && !/secret/.test(error.message),
        url,
      );
    }
    assert.throws(() => downloadFrom({} as any, bucket.origin), /not a session/);
  } finally {
    await platform.close();
    await bucket.close();
  }
});

test("searches are put together without changing what they began with", () => {
  const begin = userSearch().page(50);
  const search = begin
    .contains(["name", "email"], "ada")
    .equals("state", ["active", "inactive"])
    .anyOf(userSearch().startsWith("title", "A"), userSearch().has("manager").equals("title", "B"))
    .not(userSearch().equals("department", "C"))
    .between("dateCreated", new Date(0), "2026")
    .orderBy("name", "DESC")
    .expanding("presence");
  assert.deepEqual(JSON.parse(JSON.stringify(search)), {
    query: [
      { type: "CONTAINS", fields: ["name", "email"], value: "ada" },
      { type: "EXACT", fields: ["state"], values: ["active", "inactive"] },
      {
        type: "EXACT",
        group: [
          { type: "STARTS_WITH", fields: ["title"], value: "A", operator: "OR" },
          {
            type: "EXACT",
            operator: "OR",
            group: [
              { type: "REQUIRED_FIELDS", fields: ["manager"] },
              { type: "EXACT", fields: ["title"], value: "B" },
            ],
          },
        ],
      },
      { type: "EXACT", fields: ["department"], value: "C", operator: "NOT" },
      { type: "RANGE", fields: ["dateCreated"], startValue: "1970-01-01T00:00:00.000Z", endValue: "2026" },
    ],
    pageSize: 50,
    pageNumber: 1,
    sortBy: "name",
    sortOrder: "DESC",
    expand: ["presence"],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(begin)), { query: [], pageSize: 50, pageNumber: 1 });
  assert.throws(() => begin.anyOf(userSearch()), /no conditions/);
});
