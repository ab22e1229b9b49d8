/** When jQuery's global events fire. That they are jQuery's own is for real ones to show, in `acceptance/`. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Core } from "../src/core.js";
import { createDeadlines } from "../src/deadlines.js";
import { readEnvironment } from "../src/environment.js";
import type { Wire } from "../src/host.js";
import { fireJQueryEvents } from "../src/jquery-events.js";
import type { AjaxSettings } from "../src/jquery-events.js";
import type { Request } from "../src/request.js";
import { send } from "../src/send.js";
import { scripted } from "./scripted.js";

type Handler = (...args: any[]) => void;

/** A page with a jQuery that notes its events and runs `handlers`. */
function page(handlers: Record<string, Handler> = {}, { global = true } = {}) {
  const log: string[] = [];
  const trigger = (name: string, args: [Request, AjaxSettings, unknown]) => {
    log.push(name);
    handlers[name]?.(...args);
  };
  const jQuery = { active: 0, ajaxSettings: { global }, event: { trigger } };
  (globalThis as any).jQuery = jQuery;
  return { log, jQuery };
}
afterEach(() => delete (globalThis as any).jQuery);

/** Sends two requests, of which the platform knows the first. */
function call(log: string[], options: Core["options"] = {}) {
  const sent: Wire[] = [];
  const answer = async (wire: Wire) => {
    sent.push(wire);
    const status = wire.url.endsWith("/ok") ? 200 : 404;
    return { status, statusText: "Reason", headers: {}, responseText: '{"id":"1"}' };
  };
  const host = { ...scripted(answer), announce: fireJQueryEvents };
  const core: Core = {
    host,
    options,
    deadlines: createDeadlines(host),
    policies: [],
    transport: host.transport,
    environment: readEnvironment("mypurecloud.com"),
    debug: false,
    token: () => "a secret token",
    renew: () => false,
  };
  const begin = (url: string) =>
    send(core, { id: "getX", method: "GET", url, headers: { accept: "application/json" } })
      .complete(() => log.push("complete"))
      .statusCode({ 200: () => log.push("200"), 404: () => log.push("404") })
      .done(() => log.push("done"))
      .fail(() => log.push("fail"));
  return { begin, sent };
}

test("they come in jQuery's order, and the first and the last once for all requests", async () => {
  const { log, jQuery } = page();
  const { begin } = call(log);
  const ok = begin("/ok");
  assert.deepEqual(log.splice(0), ["ajaxStart", "ajaxSend"]);
  const refused = begin("/refused");
  assert.deepEqual([log.splice(0), jQuery.active], [["ajaxSend"], 2]);
  await Promise.allSettled([ok, refused]);
  assert.deepEqual(log, [
    ...["done", "200", "ajaxSuccess", "complete", "ajaxComplete"],
    ...["fail", "404", "ajaxError", "complete", "ajaxComplete", "ajaxStop"],
  ]);
  assert.equal(jQuery.active, 0);
});

test("handlers see one request all along, its settings and the outcome, and no token", async () => {
  const seen: [Request, AjaxSettings, unknown][] = [];
  const note: Handler = (...args) => seen.push(args as any);
  const { begin } = call([]);
  page({ ajaxSend: note, ajaxSuccess: note, ajaxError: note, ajaxComplete: note });
  const requests = [begin("/ok"), begin("/refused")];
  await Promise.allSettled(requests);
  assert.deepEqual(seen.map(([request]) => requests.indexOf(request)), [0, 1, 0, 0, 1, 1]);
  assert.deepEqual(seen.map(([, , detail]) => detail), [undefined, undefined, { id: "1" }, undefined, "Reason", undefined]);
  assert.equal(requests[1]!.status, 404);
  assert.deepEqual(seen[0]![1], {
    type: "GET",
    method: "GET",
    url: "https://api.mypurecloud.com/ok",
    data: undefined,
    headers: { accept: "application/json" },
    timeout: 30_000,
  });
  assert.ok(!JSON.stringify(seen).includes("a secret token"));
});

test("a handler of ajaxSend can stop the request, which is then not sent", async () => {
  const { log, jQuery } = page({ ajaxSend: (request) => request.abort() });
  const { begin, sent } = call(log);
  await assert.rejects(async () => await begin("/ok"), { code: "abort" });
  assert.deepEqual([sent, jQuery.active], [[], 0]);
  assert.deepEqual(log, ["ajaxStart", "ajaxSend", "ajaxError", "ajaxComplete", "ajaxStop", "complete", "fail"]);
});

test("what a handler throws stops neither the request nor the count", async (t) => {
  // What is thrown in a microtask is an uncaught exception, which would end the tests.
  const thrown: unknown[] = [];
  t.mock.method(globalThis, "queueMicrotask", (task: () => void) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  const { log, jQuery } = page({
    ajaxSend: () => {
      throw "the fault of a handler";
    },
  });
  const { begin } = call(log);
  assert.deepEqual(await begin("/ok"), { id: "1" });
  assert.deepEqual([thrown, jQuery.active], [["the fault of a handler"], 0]);
});

test("none fires where they are turned off, by the session or in jQuery, or where jQuery has no Ajax", async () => {
  const off = page();
  await call(off.log, { jqueryEvents: false }).begin("/ok");
  const everywhere = page({}, { global: false });
  await call(everywhere.log).begin("/ok");
  const slim = page();
  delete (slim.jQuery as any).active;
  await call(slim.log).begin("/ok");
  delete (globalThis as any).jQuery;
  await call([]).begin("/ok");
  for (const { log } of [off, everywhere, slim]) assert.deepEqual(log, ["done", "200", "complete"]);
});
