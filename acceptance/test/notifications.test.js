// Subscriptions against the emulator: events, cut sockets, a platform that says goodbye, in Node and in a page.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, afterEach, test } from "node:test";
import { startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { serveSite } from "../support/site.js";
import { execute, project, unpackedPackage } from "../support/project.js";

const purecloud = createRequire(import.meta.url)(unpackedPackage().folder);

const emulator = await startEmulator();
after(() => emulator.stop());
afterEach(() => emulator.faults(""));

const token = await emulator.userToken();
const me = await (await fetch(`${emulator.origin}/api/v2/users/me`, { headers: { authorization: `Bearer ${token}` } })).json();
const presences = (await emulator.raw("/api/v2/presencedefinitions")).entities ?? (await emulator.raw("/api/v2/presence/definitions")).entities;
const topic = `v2.users.${me.id}.presence`;

/** Changes the presence of the signed-in user, which the topic tells. */
async function changePresence(index) {
  const response = await fetch(`${emulator.origin}/api/v2/users/${me.id}/presences/PURECLOUD`, {
    method: "PATCH",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ presenceDefinition: { id: presences[index % presences.length].id } }),
  });
  assert.ok(response.ok, await response.text());
}

/** The sockets of the tests' own Node: the global class, or a client of this file where Node has none. */
const { WebSocket = createRequire(import.meta.url)("../support/websocket.cjs") } = globalThis;
const open = () => {
  const session = new purecloud.PureCloudSession({ environment: emulator.origin, token });
  return session.notifications({ WebSocket });
};

const next = async (subscription, type) => {
  for await (const notice of { [Symbol.asyncIterator]: () => ({ next: () => subscription.next() }) }) {
    if (notice.type == type) return notice;
  }
  throw new Error(`the subscription ended before a notice of the kind ${type}`);
};

test("an event comes to the loop that waits for it", async () => {
  const notifications = open();
  const subscription = notifications.subscribe(topic);
  await next(subscription, "connected");
  await changePresence(0);
  const event = await next(subscription, "event");
  assert.equal(event.topic, topic);
  assert.equal(event.body.presenceDefinition.id, presences[0].id);
  notifications.close();
  assert.deepEqual(await subscription.next(), { done: true, value: undefined });
});

test("sockets that are cut lose no event without notice", async () => {
  // Each of the first sockets is cut 20 ms after it has opened; the waits between them grow.
  await emulator.faults("socket-drop:20,times=4");
  const notifications = open();
  let events = 0;
  let gaps = 0;
  let connected;
  const live = new Promise((resolve) => (connected = resolve));
  const subscription = notifications.subscribe(topic, {
    event: () => events++,
    missed: () => gaps++,
    connected,
  });
  await live;
  for (let change = 0; change < 20; change++) {
    const before = events + gaps;
    await changePresence(change);
    // The change comes as an event, or a gap says that it may have been missed.
    const deadline = Date.now() + 60_000;
    while (events + gaps === before) {
      assert.ok(Date.now() < deadline, `neither an event nor a gap for change ${change}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  assert.ok(events > 0 && gaps > 0, `${events} events, ${gaps} gaps`);
  subscription.close();
  notifications.close();
});

test("a socket that the platform is about to close is replaced before, without a gap", async () => {
  const notifications = open();
  const subscription = notifications.subscribe(topic);
  await next(subscription, "connected");
  await emulator.faults("");
  notifications.close();
  await emulator.faults("socket-closing:500,times=1");
  const again = open();
  const seen = [];
  const second = again.subscribe(topic, { event: () => seen.push("event"), missed: () => seen.push("missed") });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await changePresence(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(seen, ["event"]);
  second.close();
  again.close();
});

test("a hundred cut sockets and two rollovers lose no event without notice", { timeout: 120_000 }, async (context) => {
  // A spread of zero has every wait between attempts end at once.
  const { random } = Math;
  context.after(() => (Math.random = random));
  Math.random = () => 0;
  const session = new purecloud.PureCloudSession({ environment: emulator.origin, token, rateLimit: false });
  // Channels that live for eight seconds are replaced after four.
  let channels = 0;
  session.addHooks({
    afterAnswer(answer, { operation }) {
      if (operation !== "postNotificationsChannels") return undefined;
      channels++;
      const expires = new Date(Date.parse(answer.headers.date) + 8_000).toISOString();
      return { ...answer, body: { ...JSON.parse(answer.body), expires } };
    },
  });
  const came = new Map();
  const gaps = [];
  let connected;
  const live = new Promise((resolve) => (connected = resolve));
  const subscription = session.notifications({ WebSocket }).subscribe(topic, {
    event: ({ body }) => came.set(body.number, (came.get(body.number) ?? 0) + 1),
    missed: ({ since, until }) => gaps.push([+since, +until]),
    connected,
  });
  await live;
  const post = (path, body) => fetch(`${emulator.origin}/_emulator/${path}`, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const published = [];
  for (let cuts = 0; cuts < 100 || channels < 3; cuts++) {
    for (let each = 0; each < 3; each++) {
      const before = Date.now();
      const response = await post("events", { topicName: topic, eventBody: { number: published.length } });
      assert.ok(response.ok, await response.text());
      published.push([before, Date.now()]);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (cuts < 100) await post("sockets", { fault: "socket-drop" });
  }
  // The last gap is reported when the socket is open again.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  subscription.close();
  session.notifications().close();
  for (const [number, [before, after]] of published.entries()) {
    assert.ok((came.get(number) ?? 0) <= 1, `event ${number} came twice`);
    // An event that is published while another one arrives may be older than the gap by its way.
    const isTold = gaps.some(([since, until]) => since <= after + 50 && before <= until);
    assert.ok(came.has(number) || isTold, `event ${number} of ${before} neither came nor is in a gap: ${JSON.stringify(gaps)}`);
  }
  context.diagnostic(`${published.length} events: ${came.size} came, ${gaps.length} gaps, ${channels} channels`);
  assert.ok(came.size > 0 && gaps.length > 0);
});

test("an open subscription keeps a process alive, and a closed one lets it end", async () => {
  const program = `
    const { PureCloudSession } = require("purecloud");
    const session = new PureCloudSession({ environment: process.env.ORIGIN, token: process.env.TOKEN });
    const notifications = session.notifications(globalThis.WebSocket ? {} : { WebSocket: require(process.env.SOCKETS) });
    const subscription = notifications.subscribe(process.env.TOPIC, {
      connected({ topics }) { console.log("connected", topics.length); subscription.close(); },
      end() { console.log("end"); },
    });`;
  const folder = project({ "main.cjs": program });
  const { code, stdout, stderr } = await execute(process.execPath, ["main.cjs"], {
    cwd: folder,
    timeout: 20_000,
    env: { ORIGIN: emulator.origin, TOKEN: token, TOPIC: topic, SOCKETS: path.join(import.meta.dirname, "../support/websocket.cjs") },
  });
  assert.deepEqual([code, stdout, stderr], [0, "connected 1\nend\n", ""]);
});

test("partials bring notifications and loops to a page, and say what is missing", async () => {
  const browser = await startBrowser();
  after(() => browser.close());
  const scripts = (...names) => names.map((name) => `<script src="${name}.js"></script>`).join("");
  const names = ["purecloudsession", "usersapi", "paging", "events"];
  const files = {
    "/": `<!doctype html><title>wait</title>${scripts(...names)}`,
    "/bare": `<!doctype html>${scripts("purecloudsession", "usersapi")}`,
  };
  for (const name of names) files[`/${name}.js`] = readFileSync(path.join(unpackedPackage().folder, `partials/${name}.js`));
  // A real server, since sockets are opened from the page's own address.
  const site = await serveSite(files);
  after(() => site.stop());
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${site.origin}/`);
  const ids = await page.evaluate(
    async ([environment, token]) => {
      const session = new PureCloudSession({ environment, token });
      const ids = [];
      for await (const { id } of new UsersApi(session).getUsers({ pageSize: 100 })) if (ids.push(id) == 150) break;
      return new Set(ids).size;
    },
    [emulator.origin, token],
  );
  assert.equal(ids, 150);
  const told = page.evaluate(
    ([environment, token, topic]) =>
      new Promise((resolve) => {
        const session = new PureCloudSession({ environment, token });
        const subscription = session.notifications().subscribe(topic, {
          connected: () => (document.title = "connected"),
          event: ({ topic }) => (subscription.close(), resolve(topic)),
        });
      }),
    [emulator.origin, token, topic],
  );
  await page.waitForFunction('document.title == "connected"');
  await changePresence(2);
  assert.equal(await told, topic);
  await page.goto(`${site.origin}/bare`);
  const missing = await page.evaluate(
    ([environment, token]) => {
      try {
        new PureCloudSession({ environment, token }).notifications();
      } catch (error) {
        return error.message;
      }
    },
    [emulator.origin, token],
  );
  assert.equal(missing, 'events is not loaded; import purecloud/events or load partials/events.js');
});
