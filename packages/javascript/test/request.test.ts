import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { beginRequest } from "../src/request.js";
import type { Request, Settle } from "../src/request.js";

/** A request, and the function that settles it. */
function deferred(context: object = {}): { request: Request; settle: Settle; cancelled: () => number } {
  let settle!: Settle;
  let cancels = 0;
  const request = beginRequest(context, (given) => {
    settle = given;
    return () => {
      cancels++;
      given(false, ["stopped", "abort", "abort"]);
    };
  });
  return { request, settle, cancelled: () => cancels };
}

/** A handler that notes its name and arguments. */
function notes(): { log: string[]; note: (name: string) => (...args: unknown[]) => void } {
  const log: string[] = [];
  return {
    log,
    note:
      (name) =>
      (...args) =>
        void log.push(`${name}(${args.map(String).join()})`),
  };
}

test("handlers of success run in order, at once, with jQuery's arguments", () => {
  const { request, settle } = deferred();
  const { log, note } = notes();
  const same = request
    .complete(note("complete"))
    .done(note("done"), [note("in a list"), [note("deeper"), null]])
    .success(note("success"))
    .fail(note("fail"))
    .error(note("error"))
    .progress(note("progress"))
    .always(note("always"));
  assert.equal(same, request);
  assert.equal(request.promise(), request);
  assert.equal(request.state(), "pending");
  settle(true, ["data", "success", "xhr"]);
  assert.equal(request.state(), "resolved");
  const args = "(data,success,xhr)";
  assert.deepEqual(log, [
    `done${args}`,
    `in a list${args}`,
    `deeper${args}`,
    `success${args}`,
    `always${args}`,
    "complete(xhr,success)",
  ]);
  request.done(note("late"));
  assert.equal(log.at(-1), `late${args}`);
  settle(false, ["ignored"]);
  assert.equal(request.state(), "resolved");
});

test("handlers of failure run in order, at once, with jQuery's arguments", () => {
  const { request, settle } = deferred();
  const { log, note } = notes();
  request.complete(note("complete")).done(note("done")).always(note("always")).fail(note("fail")).error(note("error"));
  settle(false, ["xhr", "error", "Not Found"]);
  assert.equal(request.state(), "rejected");
  const args = "(xhr,error,Not Found)";
  assert.deepEqual(log, [`always${args}`, `fail${args}`, `error${args}`, "complete(xhr,error)"]);
  request.fail(note("late"));
  assert.equal(log.at(-1), `late${args}`);
});

test("a handler added by a handler runs after those that are waiting", () => {
  const { request, settle } = deferred();
  const { log, note } = notes();
  request.done(() => {
    request.done(note("third"));
    note("first")();
  });
  request.done(note("second"));
  settle(true, []);
  assert.deepEqual(log, ["first()", "second()", "third()"]);
});

test("handlers are called on the context", () => {
  const context = { url: "/x" };
  const { request, settle } = deferred(context);
  const seen: unknown[] = [];
  request.done(function (this: unknown) {
    seen.push(this);
  });
  request.complete(function (this: unknown) {
    seen.push(this);
  });
  settle(true, []);
  assert.deepEqual(seen, [context, context]);
});

test("methods need no this", () => {
  const { request, settle } = deferred();
  const { done, always, state } = request;
  const { log, note } = notes();
  done(note("done"));
  always(note("always"));
  settle(true, [1]);
  assert.deepEqual([log, state()], [["done(1)", "always(1)"], "resolved"]);
});

test("a request is a native promise", async () => {
  const good = deferred();
  const bad = deferred();
  assert.ok(good.request instanceof Promise);
  const all = Promise.allSettled([
    good.request,
    bad.request,
    good.request.finally(() => {}),
    Promise.resolve(good.request),
  ]);
  good.settle(true, ["data", "success"]);
  bad.settle(false, ["reason", "error"]);
  const fulfilled = { status: "fulfilled", value: "data" };
  assert.deepEqual(await all, [fulfilled, { status: "rejected", reason: "reason" }, fulfilled, fulfilled]);
  assert.equal(await good.request, "data");
  assert.equal(await Promise.race([good.request]), "data");
  await assert.rejects(
    async () => await bad.request,
    (error) => error === "reason",
  );
});

test("then gives all arguments, takes over, and passes on", async () => {
  const { log, note } = notes();
  const good = deferred();
  good.request.then(note("then")).done(note("after then"));
  good.request.then((data) => data + 1).done(note("taken over"));
  good.request.then(undefined, note("not called")).done(note("passed on"));
  good.request.then(() => Promise.resolve("waited for")).then(note("in a chain"));
  const thrown = good.request.then(() => {
    throw new Error("thrown");
  });
  thrown.fail(note("thrown"));
  good.settle(true, [1, "success", "xhr"]);
  assert.deepEqual(log, [], "later than handlers of done");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(log.sort(), [
    "after then(undefined)",
    "in a chain(waited for)",
    "passed on(1,success,xhr)",
    "taken over(2)",
    "then(1,success,xhr)",
    "thrown(Error: thrown)",
  ]);

  log.length = 0;
  const bad = deferred();
  bad.request.then(note("not called")).fail(note("passed on"));
  bad.request.then(null, note("then")).done(note("recovered"));
  bad.request.catch(note("catch"));
  bad.settle(false, ["xhr", "error", "Not Found"]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(log.sort(), [
    "catch(xhr,error,Not Found)",
    "passed on(xhr,error,Not Found)",
    "recovered(undefined)",
    "then(xhr,error,Not Found)",
  ]);
});

test("abort stops the work, also from what then returned", () => {
  const first = deferred();
  assert.equal(first.request.fail(() => {}).abort(), first.request);
  assert.deepEqual([first.request.state(), first.cancelled()], ["rejected", 1]);
  const second = deferred();
  second.request.fail(() => {});
  second.request
    .then(() => {})
    .then(() => {})
    .abort();
  assert.deepEqual([second.request.state(), second.cancelled()], ["rejected", 1]);
});

/** What a Node process prints that makes a failing request `r` with `code`, and its exit code. */
function run(code: string): Promise<{ exit: number; out: string; reports: number }> {
  const module = JSON.stringify(new URL("../src/request.js", import.meta.url).href);
  const script = `
    import { beginRequest } from ${module};
    const fail = () => beginRequest({}, (settle) => { setTimeout(() => settle(false, [new Error("E"), "error", ""]), 1); return () => {}; });
    const r = fail();
    ${code}
    setTimeout(() => console.log("alive"), 20);`;
  return new Promise((resolve) => {
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    execFile(process.execPath, ["--input-type=module", "--eval", script], { cwd }, (error, stdout, stderr) => {
      resolve({
        exit: error ? Number(error.code) : 0,
        out: stdout.trim(),
        reports: stderr.match(/^(unhandled failure: )?Error: /gm)?.length ?? 0,
      });
    });
  });
}

test("a failure that somebody handles leaves the process alone", async () => {
  const handled = [
    "r.fail(() => {});",
    "r.error(() => {});",
    "r.done(() => {}).fail(() => {}).always(() => {});",
    "r.then(() => {}, () => {});",
    "r.catch(() => {});",
    "r.then(() => {}).catch(() => {});",
    "r.then(() => {}).fail(() => {});",
    "r.then(() => {}); r.fail(() => {});",
    "r.fail(() => {}); r.then(() => {}).then(() => {});",
    "r.always(() => r.fail(() => {}));",
    "try { await r } catch {}",
    "await Promise.allSettled([r]);",
    "await null; r.fail(() => {});",
    "r.finally(() => {}).catch(() => {});",
  ];
  const results = await Promise.all(handled.map(run));
  results.forEach((result, index) => assert.deepEqual(result, { exit: 0, out: "alive", reports: 0 }, handled[index]));
});

test("a failure that nothing receives is written to the console once, and ends no program", async () => {
  const results = await Promise.all(["", "r.done(() => {});", "r.done(() => {}).progress(() => {});"].map(run));
  for (const result of results) assert.deepEqual(result, { exit: 0, out: "alive", reports: 1 });
});

test("always and complete receive a failure, as they did in jQuery", async () => {
  const results = await Promise.all(["r.always(() => {});", "r.complete(() => {});"].map(run));
  for (const result of results) assert.deepEqual(result, { exit: 0, out: "alive", reports: 0 });
});

test("promises made of a request keep the rules of promises", async () => {
  const report = 'let n = 0; process.on("unhandledRejection", () => n++); setTimeout(() => console.log(n), 10);';
  const unhandled = [
    "r.then(() => {});",
    "r.then(() => {}); r.then(() => {});",
    "r.then(() => {}).then(() => {}).done(() => {});",
    "r.finally(() => {});",
    "(async () => { await r; })();",
    "Promise.all([r]);",
  ];
  const results = await Promise.all(unhandled.map((code) => run(report + code)));
  results.forEach((result, index) => assert.deepEqual(result, { exit: 0, out: "1\nalive", reports: 0 }, unhandled[index]));
});

test("what a handler throws is reported, and the others run all the same", async () => {
  const report = 'process.on("uncaughtException", (error) => console.log("reported", error.message));';
  const code =
    'r.fail(() => { throw new Error("first") }, () => console.log("second")); r.fail(() => console.log("third"));';
  assert.equal((await run(report + code)).out, "second\nthird\nreported first\nalive");
});

test("handlers of statusCode run by status, between those of done and of complete, and late ones at once", () => {
  for (const [ok, args] of [
    [true, ["data", "success", "xhr"]],
    [false, ["xhr", "error", "Not Found"]],
  ] as const) {
    const { request, settle } = deferred();
    const { log, note } = notes();
    const same = request
      .complete(note("complete"))
      .statusCode({ 404: note("404"), 200: [note("200"), note("200 too")] })
      .statusCode({ 404: note("404 again"), 409: note("409") })
      .always(note("always"))
      .fail(() => {});
    assert.equal(same, request);
    Object.assign(request, { status: ok ? 200 : 404 });
    settle(ok, args);
    request.statusCode({ 200: note("late 200"), 404: note("late 404") });
    request.statusCode(undefined as any).statusCode({});
    const names = ok ? ["200", "200 too", "late 200"] : ["404", "404 again", "late 404"];
    assert.deepEqual(
      log.map((line) => line.replace(/\(.*/, "")),
      ["always", names[0], names[1], "complete", names[2]],
    );
    assert.ok(log[1]!.endsWith(`(${args.join()})`));
  }
});

test("pipe filters at once, and its request fails with what its function of failure returns", () => {
  const { log, note } = notes();
  const good = deferred();
  good.request.pipe((data: number) => data + 1).done(note("filtered"));
  good.request.pipe().done(note("as it was"));
  good.request.pipe(null, note("not called")).done(note("passed on"));
  good.settle(true, [1, "success", "xhr"]);
  assert.deepEqual(log.splice(0), ["filtered(2)", "as it was(1,success,xhr)", "passed on(1,success,xhr)"]);
  const bad = deferred();
  bad.request.pipe(note("not called"), (code) => `no ${code}`).fail(note("filtered"));
  bad.request.pipe(note("not called")).fail(note("as it was"));
  bad.settle(false, ["xhr", "error", "Not Found"]);
  assert.deepEqual(log, ["filtered(no xhr)", "as it was(xhr,error,Not Found)"]);
});

test("pipe goes on with the promise that its function returns, and fails where that throws", async () => {
  const piped = (answer: () => unknown) => {
    const first = deferred();
    const request = first.request.pipe(answer);
    first.settle(true, ["first"]);
    return new Promise((resolve) => request.fail(() => {}).always((...args) => resolve([request.state(), ...args])));
  };
  const second = deferred();
  const third = deferred();
  const outcomes = [
    piped(() => second.request),
    piped(() => third.request),
    piped(() => Promise.resolve("native")),
    piped(() => ({ promise: () => Promise.resolve("of elements") })),
    piped(() => {
      throw "thrown";
    }),
  ];
  second.settle(true, ["a", "b"]);
  third.settle(false, ["c", "d"]);
  assert.deepEqual(await Promise.all(outcomes), [
    ["resolved", "a", "b"],
    ["rejected", "c", "d"],
    ["resolved", "native"],
    ["resolved", "of elements"],
    ["rejected", "thrown"],
  ]);
});

test("abort on what pipe returns stops the request", () => {
  const { request, cancelled } = deferred();
  request.pipe().fail(() => {}).abort();
  assert.equal(cancelled(), 1);
});
