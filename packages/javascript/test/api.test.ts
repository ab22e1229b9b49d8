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

test("the methods show up where programs look for them", () => {
  const names = [];
  for (const name in new UsersApi(session)) names.push(name);
  assert.deepEqual(names, ["getUsers", "getUser", "getUserId", "getUsersMe", "getMe"]);
  assert.deepEqual(Object.keys(new UsersApi(session)), []);
});

test("a session that is none is refused", () => {
  for (const wrong of [undefined, null, "token", {}] as any[]) {
    const refused = (error: unknown) => error instanceof PureCloudError && error.message === "PureCloudSession is not valid.";
    assert.throws(() => new UsersApi(wrong), refused);
    assert.throws(() => UsersApi(wrong), refused);
  }
  const { getMe } = new UsersApi(session);
  assert.throws(() => getMe!(), PureCloudError);
});

test("instances do not hold anything up that awaits them, and show no token", async () => {
  const users = new UsersApi({ ...session, token: "secret" });
  assert.equal(await users, users);
  assert.equal(JSON.stringify(users), "{}");
});
