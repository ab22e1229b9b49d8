/** What one call does with tokens, time and policies, over a scripted transport. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Core } from "../src/core.js";
import { createDeadlines } from "../src/deadlines.js";
import { readEnvironment } from "../src/environment.js";
import type { Answer, Wire } from "../src/host.js";
import type { Prepared } from "../src/prepare.js";
import type { Request } from "../src/request.js";
import { send } from "../src/send.js";
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
  assert.equal((await send(login.core, prepared, BASIC).catch((error) => error)).status, 401);
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
    { ...core, host: { ...scripted(json), announce } },
    { ...prepared, headers: { accept: "application/json" } },
  );
  assert.equal(request.overrideMimeType("text/plain"), request);
  assert.equal(await request, "{}");
  request.setRequestHeader("x-late", "1");
  assert.deepEqual(sent[0]!.headers, { authorization: "Bearer token", accept: "text/plain", "x-page": "1" });
  assert.equal(request.getResponseHeader("content-type"), "application/json");
  const split = (it: Request) => void it.setRequestHeader("a", "b\nc");
  const refused = send({ ...core, host: { ...scripted(json), announce: split } }, prepared);
  await assert.rejects(async () => await refused, /header "a" has forbidden characters/);
});
