// SDKs that others published, unchanged, against the emulator: what they expect of the platform, it does.
import assert from "node:assert/strict";
import http from "node:http";
import { createRequire } from "node:module";
import { after, describe, test } from "node:test";
import { startEmulator } from "../support/emulator.js";

const require = createRequire(import.meta.url);
const emulator = await startEmulator("--users", "50");
after(() => emulator.stop());
const credentials = emulator.clients.credentials;
const { hostname, port } = new URL(emulator.origin);

/** An id that was never given to anything. */
const nobody = "00000000-0000-4000-8000-000000000000";

/** Definitions that have the same id in every organisation. */
const available = "6a3af858-942f-489d-9700-5f9bcdcdae9b";
const offline = "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5";

/** A WebSocket for Node 20, which has none: it is told things, in frames without a mask, and never answers. */
function openSocket(address) {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": Buffer.alloc(16, 1).toString("base64"),
  };
  return new Promise((resolve, reject) => {
    const request = http.get(address.replace(/^ws:/, "http:"), { headers });
    request.on("error", reject);
    request.on("response", ({ statusCode }) => reject(new Error(`the socket was answered with ${statusCode}`)));
    request.on("upgrade", (_, stream, head) => {
      let bytes = Buffer.alloc(0);
      const waiting = [];
      const read = (chunk) => {
        bytes = Buffer.concat([bytes, chunk]);
        for (;;) {
          const short = bytes[1];
          const start = short === 126 ? 4 : 2;
          if (bytes.length < start) return;
          const length = short === 126 ? bytes.readUInt16BE(2) : short;
          if (bytes.length < start + length) return;
          const text = (bytes[0] & 15) === 1 ? bytes.toString("utf8", start, start + length) : "{}";
          bytes = bytes.subarray(start + length);
          const message = JSON.parse(text);
          for (const { topic, tell } of waiting) if (message.topicName === topic) tell(message);
        }
      };
      read(head);
      stream.on("data", read);
      resolve({
        event: (topic) => new Promise((tell) => waiting.push({ topic, tell })),
        close: () => stream.destroy(),
      });
    });
  });
}

describe("purecloud-platform-client-v2", async () => {
  const platform = require("purecloud-platform-client-v2");
  const client = platform.ApiClient.instance;
  client.setGateway({ host: hostname, protocol: "http", port: Number(port) });
  await client.loginClientCredentialsGrant(credentials.id, credentials.secret);
  const users = new platform.UsersApi();
  const routing = new platform.RoutingApi();
  const presence = new platform.PresenceApi();
  const notifications = new platform.NotificationsApi();
  const someone = async () => (await users.getUsers({ pageSize: 1 })).entities[0];

  test("a client that does not exist, and a wrong secret, are refused", async () => {
    const other = new platform.ApiClientClass();
    other.setGateway({ host: hostname, protocol: "http", port: Number(port) });
    for (const [id, secret] of [[nobody, credentials.secret], [credentials.id, "wrong"]]) {
      await assert.rejects(other.loginClientCredentialsGrant(id, secret), (error) => {
        assert.ok([400, 401].includes(error.status), `${error.status}`);
        return true;
      });
    }
  });

  test("users are listed in pages, and one is read with what was asked for", async () => {
    const first = await users.getUsers({ pageSize: 10, pageNumber: 1 });
    const second = await users.getUsers({ pageSize: 10, pageNumber: 2 });
    assert.equal(first.entities.length, 10);
    assert.equal(first.total, 50);
    assert.equal(first.pageCount, 5);
    const ids = new Set([...first.entities, ...second.entities].map(({ id }) => id));
    assert.equal(ids.size, 20);
    const user = await users.getUser(first.entities[3].id, { expand: ["presence", "routingStatus"] });
    assert.equal(user.name, first.entities[3].name);
    assert.ok(user.presence.presenceDefinition.id);
    assert.equal(typeof user.routingStatus.status, "string");
  });

  test("a user is created, changed in its version alone, and gone once deleted", async () => {
    const divisionId = (await someone()).division.id;
    const created = await users.postUsers({ name: "Peer", email: "peer@example.com", divisionId });
    assert.equal(created.version, 1);
    const changed = await users.patchUser(created.id, { version: created.version, title: "Tester" });
    assert.equal(changed.title, "Tester");
    assert.equal(changed.version, 2);
    await assert.rejects(users.patchUser(created.id, { version: 1, title: "Late" }), { status: 409 });
    await users.deleteUser(created.id);
    const active = await users.getUsers({ pageSize: 100 });
    assert.ok(!active.entities.some(({ id }) => id === created.id));
  });

  test("what does not exist is a 404 with the platform's body and the id of the answer", async () => {
    client.setReturnExtendedResponses(true);
    try {
      await assert.rejects(users.getUser(nobody), ({ status, body, headers }) => {
        assert.deepEqual([status, body.status, body.code], [404, 404, "not.found"]);
        assert.match(body.contextId, /^[0-9a-f-]{36}$/);
        assert.equal(body.contextId, headers["inin-correlation-id"]);
        return true;
      });
    } finally {
      client.setReturnExtendedResponses(false);
    }
  });

  test("roles are listed, and hold permissions", async () => {
    const roles = await new platform.AuthorizationApi().getAuthorizationRoles({ pageSize: 100 });
    assert.ok(roles.total > 0);
    assert.ok(roles.entities.every(({ id, name }) => id && name));
    const role = await new platform.AuthorizationApi().getAuthorizationRole(roles.entities[0].id);
    assert.equal(role.name, roles.entities[0].name);
  });

  test("a queue is created, has members, is found by its name, and goes", async () => {
    const queue = await routing.postRoutingQueues({ name: "Peers" });
    const { id } = await someone();
    await routing.postRoutingQueueMembers(queue.id, [{ id }]);
    const members = await routing.getRoutingQueueMembers(queue.id);
    assert.deepEqual(members.entities.map((member) => member.id), [id]);
    const found = await routing.getRoutingQueues({ name: "Peers" });
    assert.deepEqual(found.entities.map((entity) => entity.id), [queue.id]);
    const read = await routing.getRoutingQueue(queue.id);
    await routing.putRoutingQueue(queue.id, { ...read, name: "Peers too" });
    assert.equal((await routing.getRoutingQueue(queue.id)).name, "Peers too");
    await routing.deleteRoutingQueue(queue.id);
    await assert.rejects(routing.getRoutingQueue(queue.id), { status: 404 });
  });

  test("a presence that was set is read back, by its source too", async () => {
    const { id } = await someone();
    for (const definition of [offline, available]) {
      const set = await presence.patchUserPresence(id, "PURECLOUD", { presenceDefinition: { id: definition } });
      assert.equal(set.presenceDefinition.id, definition);
      assert.equal((await presence.getUserPresence(id, "purecloud")).presenceDefinition.id, definition);
    }
    const read = await presence.getUserPresence(id, "PURECLOUD");
    assert.equal(read.presenceDefinition.systemPresence, "Available");
  });

  test("a channel that was subscribed is told of a changed presence", { timeout: 20_000 }, async () => {
    const { id } = await someone();
    const channel = await notifications.postNotificationsChannels();
    const topic = `v2.users.${id}.presence`;
    const subscribed = await notifications.postNotificationsChannelSubscriptions(channel.id, [{ id: topic }]);
    assert.deepEqual(subscribed.entities.map((entity) => entity.id), [topic]);
    const kept = await notifications.getNotificationsChannelSubscriptions(channel.id);
    assert.deepEqual(kept.entities.map((entity) => entity.id), [topic]);

    const socket = await openSocket(channel.connectUri);
    try {
      const event = socket.event(topic);
      await presence.patchUserPresence(id, "PURECLOUD", { presenceDefinition: { id: offline } });
      assert.equal((await event).eventBody.presenceDefinition.id, offline);
    } finally {
      socket.close();
    }
    await notifications.deleteNotificationsChannelSubscriptions(channel.id);
    assert.deepEqual((await notifications.getNotificationsChannelSubscriptions(channel.id)).entities, []);
  });
});

describe("purecloud_api_sdk_javascript", () => {
  const old = require("purecloud_api_sdk_javascript");

  /** A session that was not signed in: it knows environments only, so its hosts are set afterwards. */
  const session = (options) => {
    const made = old.PureCloudSession({ strategy: "client-credentials", timeout: 20_000, ...options });
    made.apiUrl = made.authUrl = emulator.origin;
    return made;
  };
  const signedIn = async () => {
    const made = session({ clientId: credentials.id, clientSecret: credentials.secret });
    await made.login();
    return made;
  };
  const refused = (status) => (error) => {
    assert.equal(error.statusCode, status);
    assert.match(error.headers["inin-correlation-id"], /^[0-9a-f-]{36}$/);
    assert.equal(error.body.status, status);
    assert.equal(error.body.contextId, error.headers["inin-correlation-id"]);
    return true;
  };

  test("a query that says nothing is a 400 with headers and a body", async () => {
    const empty = { filter: { type: "", clauses: [], predicates: [] }, metrics: [] };
    await assert.rejects(old.AnalyticsApi(await signedIn()).postQueuesObservationsQuery(empty), refused(400));
  });

  test("there are roles, and their number is told", async () => {
    const roles = await old.AuthorizationApi(await signedIn()).getRoles();
    assert.ok(roles.total > 0 && roles.entities.length > 0);
  });

  test("there are OAuth clients, and their number is told", async () => {
    const clients = await old.OAuthApi(await signedIn()).getClients();
    assert.ok(clients.total > 0 && clients.entities.length > 0);
  });

  test("a user goes offline and is available again", async () => {
    const made = await signedIn();
    const { id } = (await old.UsersApi(made).getUsers()).entities[0];
    for (const definition of [offline, available]) {
      const body = { primary: true, presenceDefinition: { id: definition } };
      const set = await old.PresenceApi(made).patchUserIdPresencesSourceId(id, "PURECLOUD", body);
      assert.equal(set.presenceDefinition.id, definition);
    }
  });

  test("credentials that are none are refused at the login", async () => {
    await assert.rejects(session({ clientId: "clientId", clientSecret: "clientSecret" }).login(), ({ statusCode }) => {
      assert.ok([400, 401].includes(statusCode), `${statusCode}`);
      return true;
    });
  });

  test("a request before the login is a 401, which the session's handler hears of", async () => {
    const made = session({ clientId: credentials.id, clientSecret: credentials.secret });
    let heard = 0;
    made.setUnauthenticatedErrorHandler(() => heard++);
    await assert.rejects(old.AuthorizationApi(made).getRoles(), refused(401));
    assert.equal(heard, 1);
    await made.login();
    assert.ok((await old.AuthorizationApi(made).getRoles()).total > 0);
    assert.equal(heard, 1);
  });
});
