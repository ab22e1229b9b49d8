import assert from "node:assert/strict";
import { test } from "node:test";
import { apiClass } from "../src/api.js";
import { PureCloudError } from "../src/error.js";
import type { Prepared } from "../src/prepare.js";

/** A session that answers every request with what it was asked to send. */
const session = { send: (prepared: Prepared) => `${prepared.method} ${prepared.url}` } as any;
const UsersApi = apiClass("UsersApi", "0users=0*=1me=");

test("methods call the operations of the table", () => {
  const users = new UsersApi(session);
  assert.equal(users["getUsersMe"]!(), "GET /api/v2/users/me");
  assert.equal(users["getMe"]!(), "GET /api/v2/users/me");
  assert.equal(users["getUserId"]!("a/b"), "GET /api/v2/users/a%2Fb");
});

test("works without new and leaves nothing behind", () => {
  const before = Object.getOwnPropertyNames(globalThis);
  const users = UsersApi(session);
  assert.ok(users instanceof UsersApi);
  assert.equal(users["getMe"]!(), "GET /api/v2/users/me");
  assert.deepEqual(Object.getOwnPropertyNames(globalThis), before);
});

test("can be extended, by a class and by a function", () => {
  class Mine extends UsersApi {
    getMe() {
      return `mine: ${super["getMe"]!()}` as any;
    }
  }
  const mine = new Mine(session);
  assert.ok(mine instanceof UsersApi && mine instanceof Mine);
  assert.equal(mine.getMe(), "mine: GET /api/v2/users/me");
  const child = Object.create(UsersApi(session));
  assert.equal(child.getMe(), "GET /api/v2/users/me");
});

test("the table is read when the class is first used", () => {
  // No table is like this: reading it fails.
  const Lazy = apiClass("LazyApi", "0users=-[%]");
  assert.equal(Lazy.name, "LazyApi");
  assert.deepEqual(Object.getOwnPropertyNames(Lazy).sort(), ["length", "name", "prototype"]);
  assert.throws(() => Lazy.prototype, URIError);
  assert.throws(() => new Lazy(session), URIError);
});

test("a method on the prototype can be replaced before any instance is made, and put back", () => {
  const Api = apiClass("Api", "0users=0me=");
  const { prototype } = Api as any;
  const original = prototype.getUsers;
  assert.equal(original.name, "getUsers");
  prototype.getUsers = () => "replaced";
  assert.equal(new Api(session)["getUsers"]!(), "replaced");
  prototype.getUsers = original;
  assert.equal(new Api(session)["getUsers"]!(), "GET /api/v2/users");
  assert.equal(prototype.constructor, Api);
  assert.equal(Api.prototype, prototype);
});

test("the methods are the instance's own, as in the first generation", () => {
  const all = ["getUsers", "getUser", "getUserId", "getUsersMe", "getMe"];
  const users = new UsersApi(session);
  const names = [];
  for (const name in users) names.push(name);
  assert.deepEqual(names, all);
  assert.deepEqual(Object.keys(users), all);
  assert.ok(Object.hasOwn(users, "getMe") && "getMe" in users && !Object.hasOwn(users, "toString"));
  for (const copy of [{ ...users }, Object.assign({}, users)]) assert.equal(copy.getMe!(), "GET /api/v2/users/me");
});

test("a method works when it is taken off its instance, and is the same each time", () => {
  const users = new UsersApi(session);
  const { getMe } = users;
  assert.equal(getMe!(), "GET /api/v2/users/me");
  assert.equal(getMe!.name, "getMe");
  assert.equal(users["getMe"], getMe);
  assert.equal(Object.values(users)[4], getMe);
  assert.deepEqual(["1", "2"].map((id) => users["getUserId"]!.call(undefined, id)), [
    "GET /api/v2/users/1",
    "GET /api/v2/users/2",
  ]);
  const other = new UsersApi({ send: () => "other" } as any);
  assert.equal(other["getMe"]!.call(users), "other");
  assert.equal(getMe!(), "GET /api/v2/users/me");
});

test("a method that is a handler itself takes no arguments from the request before it", () => {
  const { getMe, getUserId, getUsers } = new UsersApi(session) as any;
  const request = { getResponseHeader() {} };
  assert.equal(getMe({ id: "1" }, "success", request), "GET /api/v2/users/me");
  assert.equal(getUsers(undefined, "nocontent", request), "GET /api/v2/users");
  assert.equal(getUserId("1", "success", request), "GET /api/v2/users/1");
  const copies = new (apiClass("CopiesApi", "0copies+"))({ send: ({ data }: Prepared) => data } as any) as any;
  assert.equal(copies.postCopies({ name: "Ada" }, "success", request), '{"name":"Ada"}');
});

test("what a program puts in the place of a method stands, on the instance and on the prototype", () => {
  const Api = apiClass("Api", "0users=1me=");
  const users = new Api(session) as any;
  const { getMe } = users;
  users.getUsers = () => "mine";
  assert.equal(users.getUsers(), "mine");
  assert.deepEqual(Object.keys(users).sort(), ["getMe", "getUsers"]);
  delete users.getUsers;
  assert.equal(users.getUsers(), "GET /api/v2/users");
  Object.defineProperty(users, "getUsers", { get: () => () => "defined" });
  assert.equal(users.getUsers(), "defined");
  assert.deepEqual(Object.keys(users).sort(), ["getMe", "getUsers"]);
  (Api.prototype as any).getMe = () => "replaced";
  assert.equal(users.getMe(), "replaced");
  assert.equal(getMe(), "GET /api/v2/me");
});

test("an instance can be frozen and sealed", () => {
  for (const fix of [Object.freeze, Object.seal, Object.preventExtensions]) {
    const users = new UsersApi(session);
    users["getMe"]!();
    fix(users);
    const { getMe } = users;
    assert.equal(getMe!(), "GET /api/v2/users/me");
    assert.deepEqual(Object.keys(users), []);
  }
});

test("a value that is not a session is refused", () => {
  for (const wrong of [undefined, null, "token", {}] as any[]) {
    const refused = (error: unknown) => error instanceof PureCloudError && error.message === "PureCloudSession is not valid.";
    assert.throws(() => new UsersApi(wrong), refused);
    assert.throws(() => UsersApi(wrong), refused);
  }
  assert.throws(() => UsersApi.prototype["getMe"]!(), PureCloudError);
});

test("instances do not hold anything up that awaits them, and show no token", async () => {
  const users = new UsersApi({ ...session, token: "secret" });
  assert.equal(await users, users);
  assert.equal(JSON.stringify(users), "{}");
});
