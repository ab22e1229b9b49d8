import assert from "node:assert/strict";
import { test } from "node:test";
import { call, checkSession, readArguments } from "../src/call.js";
import { PureCloudError } from "../src/error.js";
import type { Operation, Parameter, Place } from "../src/operation.js";
import type { Prepared } from "../src/prepare.js";

/** `userId!` is required, `edgeGroupId=edgeGroup.id` has another name on the wire. */
function parameter(place: Place, text: string): Parameter {
  const [, name, wireName, required] = /^(\w+)(?:=(.*?))?(!?)$/.exec(text)!;
  return { name: name!, wireName: wireName || name!, place, required: required == "!" };
}

const getUser: Operation = {
  id: "getUser",
  method: "GET",
  path: "/api/v2/users/{userId}",
  parameters: [
    parameter("path", "userId!"),
    parameter("query", "expand"),
    parameter("query", "edgeGroupId=edgeGroup.id"),
    parameter("header", "ifMatch=If-Match"),
  ],
};
const putUser: Operation = {
  id: "putUser",
  method: "PUT",
  path: "/api/v2/users/{userId}",
  parameters: [parameter("path", "userId!"), parameter("body", "body!"), parameter("query", "notify")],
};
const postJobs: Operation = {
  id: "postJobs",
  method: "POST",
  path: "/api/v2/jobs",
  parameters: [parameter("body", "body"), parameter("query", "pageSize")],
};
const getTimers: Operation = {
  id: "getTimers",
  method: "GET",
  path: "/api/v2/timers",
  parameters: [parameter("query", "timeout"), parameter("dropped", "body")],
};

const signal = new AbortController().signal;
const ada = { name: "Ada" };

test("arguments are positional, named, or both", () => {
  const table: [Operation, unknown[], unknown[], object?][] = [
    [getUser, ["u"], ["u"]],
    [getUser, ["u", "all"], ["u", "all"]],
    [getUser, ["u", undefined, "e"], ["u", undefined, "e"]],
    [getUser, ["u", undefined, undefined, undefined], ["u"]],
    [getUser, ["u", "a", "b", "c", "too many"], ["u", "a", "b", "c"]],
    [getUser, [{ userId: "u" }], ["u"]],
    [getUser, ["u", { expand: "all" }], ["u", "all"]],
    [getUser, ["u", "all", { edgeGroupId: 1 }], ["u", "all", 1]],
    [getUser, ["u", "all", { "edgeGroup.id": 1, "If-Match": "3" }], ["u", "all", 1, "3"]],
    [getUser, ["u", "a", "b", "c", { timeout: 5 }], ["u", "a", "b", "c"], { timeout: 5 }],
    [getUser, ["u", { signal, headers: { a: "b" } }], ["u"], { signal, headers: { a: "b" } }],
    [getUser, ["u", { expand: "all" }, undefined], ["u", "all"]],
    [getUser, ["u", {}], ["u"]],
    [getUser, [Object.assign(Object.create(null), { userId: "u" })], ["u"]],
    // What was given in its place is stronger than its name.
    [getUser, ["u", { userId: "v" }], ["u"]],
    [getUser, [undefined, { userId: "v" }], ["v"]],
    // No options: instances, arrays, functions.
    [getUser, ["u", ["a"]], ["u", ["a"]]],
    [getUser, ["u", "a", "b", "c", () => {}], ["u", "a", "b", "c"]],
    // At the place of the body.
    [putUser, ["u", ada], ["u", ada]],
    [putUser, ["u", {}], ["u", {}]],
    [putUser, ["u", { body: ada }], ["u", ada]],
    [putUser, ["u", { body: ada, notify: true, signal }], ["u", ada, true], { signal }],
    [putUser, [{ userId: "u", body: ada }], ["u", ada]],
    [putUser, ["u", ada, { notify: 1 }], ["u", ada, 1]],
    [putUser, ["u", ada, true, { timeout: 1 }], ["u", ada, true], { timeout: 1 }],
    [putUser, ["u", { userId: "u" }], ["u", { userId: "u" }]],
    [putUser, ["u", { notify: true }], ["u", { notify: true }]],
    [putUser, ["u", { body: "text" }], ["u", { body: "text" }]],
    [putUser, ["u", { body: ada, more: 1 }], ["u", { body: ada, more: 1 }]],
    [putUser, ["u", { body: { body: ada } }], ["u", { body: ada }]],
    [putUser, ["u", null], ["u", null]],
    [postJobs, [ada], [ada]],
    [postJobs, [{ pageSize: 5 }], [undefined, 5]],
    [postJobs, [{ body: ada, pageSize: 5 }], [ada, 5]],
    [postJobs, [{}], [{}]],
    [postJobs, [{ pageSize: 5, name: "Ada" }], [{ pageSize: 5, name: "Ada" }]],
    [postJobs, [], []],
    // An option of calls whose name the operation has taken.
    [getTimers, [{ timeout: 7, signal }], [7], { signal }],
    [getTimers, [7, ada], [7, ada]],
  ];
  for (const [operation, args, expected, options = {}] of table) {
    const [values, rest] = readArguments(operation, args);
    const full = operation.parameters.map((_, index) => expected[index]);
    assert.deepEqual([values, { ...rest }], [full, options], `${operation.id}(${JSON.stringify(args)})`);
  }
});

test("a missing argument throws at once with the text of the first generation", () => {
  const table: [Operation, unknown[], string][] = [
    [getUser, [], "userId"],
    [getUser, [undefined, "all"], "userId"],
    [getUser, [null], "userId"],
    [getUser, [""], "userId"],
    [getUser, [[]], "userId"],
    [getUser, [{ expand: "all" }], "userId"],
    [putUser, ["u"], "body"],
  ];
  for (const [operation, args, name] of table) {
    assert.throws(
      () => readArguments(operation, args),
      (error) =>
        error instanceof PureCloudError &&
        error.message == `Missing required  parameter: ${name}` &&
        error.operation == operation.id &&
        error.parameter == name,
      JSON.stringify(args),
    );
  }
});

test("an option that nothing has the name of is refused", () => {
  for (const args of [
    ["u", { pagesize: 5 }],
    [{ userId: "u", constructor: 1 }],
    ["u", JSON.parse('{"__proto__": 1}')],
  ]) {
    assert.throws(
      () => readArguments(getUser, args),
      /^PureCloudError: getUser: .*(pagesize|constructor|__proto__).*userId,expand,edgeGroupId,ifMatch/,
    );
  }
});

test("a call hands its request to the session", () => {
  const sent: Prepared[] = [];
  const session: any = { send: (prepared: Prepared) => sent.push(prepared) };
  call(session, getUser, ["a b", { expand: ["x", "y"], headers: { "X-Trace": "1" }, ifMatch: 4, timeout: 9 }]);
  assert.deepEqual(sent, [
    {
      id: "getUser",
      method: "GET",
      url: "/api/v2/users/a%20b?expand=x&expand=y",
      headers: { accept: "application/json", "if-match": "4", "X-Trace": "1" },
      data: undefined,
      problem: undefined,
      reads: false,
      timeout: 9,
    },
  ]);
});

test("only a session is one", () => {
  for (const value of [undefined, null, "", 0, {}, "session"]) {
    assert.throws(() => checkSession(value), { message: "PureCloudSession is not valid." });
  }
  checkSession({ send() {} });
});

test("in a program of 2016 a plain object where the body belongs is the body, required or not", () => {
  const first: Operation = { ...postJobs, isFirst: true };
  assert.deepEqual(readArguments(postJobs, [{ pageSize: 5 }])[0], [undefined, 5]);
  assert.deepEqual(readArguments(first, [{ pageSize: 5 }])[0], [{ pageSize: 5 }, undefined]);
  assert.deepEqual(readArguments(first, [])[0], [undefined, undefined]);
  assert.deepEqual(readArguments(first, [ada, { pageSize: 5 }])[0], [ada, 5]);
  assert.deepEqual(readArguments(first, [{ body: ada, pageSize: 5 }])[0], [ada, 5]);
});
