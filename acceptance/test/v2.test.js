// `purecloud/v2` beside the SDK whose place it takes: the same calls, and what each sends and gives back.
import assert from "node:assert/strict";
import { after, beforeEach, describe, test } from "node:test";
import { matters, official, ours, readMethods, startRecorder } from "../support/v2.js";

const methods = readMethods();
const recorder = await startRecorder();
after(() => recorder.stop());

const clients = [official, ours].map((sdk) => sdk.ApiClient.instance);
beforeEach(() => {
  recorder.seen.length = 0;
  recorder.answer = () => ({});
  for (const client of clients) {
    client.setGateway(recorder.gateway);
    client.setAccessToken("a-token-of-a-test");
    client.setReturnExtendedResponses(false);
    client.setDefaultHeaders({});
  }
});

/** A value of a type, different for each name, with characters that must be escaped. */
function valueOf(name, type) {
  if (/^Array<string>/.test(type)) return [`${name} one`, "ü/2"];
  if (/^Array/.test(type)) return [{ name }];
  if (type === "number") return name.length;
  if (type === "boolean") return name.length % 2 === 0;
  return type === "string" ? `${name} ä+1&%` : { name, nested: [1, null, { deep: true }] };
}

/** Calls a method of both; resolves with what each sent, gave and failed with. */
async function both(call) {
  const outcomes = [];
  for (const sdk of [official, ours]) {
    recorder.seen.length = 0;
    let given;
    let failed;
    try {
      given = await call(sdk);
    } catch (error) {
      failed = error;
    }
    outcomes.push({ sent: recorder.seen.map(matters), given, failed });
  }
  return outcomes;
}

/** What the platform's definition of today has no place for. */
const GONE = { "SearchApi.getSearch": ["profile"], "SearchApi.postSearch": ["profile"] };
const WITHOUT = { "SuggestApi.getSearch": ["profile"], "SuggestApi.postSearch": ["profile"], ...GONE };

test("every method sends what the official SDK sends", async () => {
  assert.equal(methods.length, 3468);
  for (const { api, method, args, options } of methods) {
    const gone = WITHOUT[`${api}.${method}`] || [];
    const opts = Object.fromEntries(options.filter(([name]) => !gone.includes(name)).map((option) => [option[0], valueOf(...option)]));
    // What has no name there is passed over.
    Object.assign(opts, { customHeaders: { "x-custom": "yes" }, sortByNothing: true });
    const [theirs, our] = await both((sdk) => new sdk[api]()[method](...args.map((arg) => valueOf(...arg)), structuredClone(opts)));
    assert.equal(theirs.sent.length, 1, `${api}.${method}`);
    assert.deepEqual(our, theirs, `${api}.${method}`);
  }
});

test("every method sends the same without options, and throws the same text without arguments", async () => {
  for (const { api, method, args } of methods) {
    const [theirs, our] = await both((sdk) => new sdk[api]()[method](...args.map((arg) => valueOf(...arg))));
    assert.deepEqual(our, theirs, `${api}.${method}`);
    for (let count = 0; count < args.length; count++) {
      const thrown = [official, ours].map((sdk) => {
        try {
          void new sdk[api]()[method](...args.slice(0, count).map((arg) => valueOf(...arg)));
          return "nothing";
        } catch (error) {
          return error.message || error;
        }
      });
      assert.equal(thrown[1], thrown[0], `${api}.${method} with ${count} arguments`);
      assert.match(thrown[0], /^Missing the required parameter/);
    }
  }
});

test("there is all that the official module has, and the classes that it had before", () => {
  const names = Object.keys(official);
  assert.deepEqual(names.filter((name) => !(name in ours)), []);
  const more = Object.keys(ours).filter((name) => !names.includes(name));
  assert.deepEqual(more, ["AttributesApi", "ConfigurationApi", "WebChatApi", "WidgetsApi"]);
  assert.deepEqual(ours.PureCloudRegionHosts, official.PureCloudRegionHosts);
  const [theirs, our] = clients;
  const privately = (name) => name.startsWith("_");
  // Helpers of its requests, which no program calls.
  const helpers = /^(paramToString|serialize|addHeaders|buildUrl|isJsonMime|jsonPreferredMime|isFileParam|normalizeParams|applyAuthToRequest|refreshInProgress)$/;
  const members = (value) => [...Object.keys(value), ...Object.getOwnPropertyNames(Object.getPrototypeOf(value))];
  const missing = (a, b) => members(a).filter((name) => !privately(name) && !(name in b) && !helpers.test(name));
  assert.deepEqual(missing(theirs, our), []);
  // What reads the file of settings, which ours does not.
  const file = /^(watchedConfigPath|liveLoadConfig|updateConfig\w*|applyConfig\w*|getConfig\w*)$/;
  assert.deepEqual(missing(theirs.config, our.config).filter((name) => !file.test(name)), []);
  // Those that make and place its lines.
  const writers = /^(logger|formatLog|calculateLogLevel|formatHeaderString|formatValue|getLogLevel|getLogFormat)$/;
  assert.deepEqual(missing(theirs.config.logger, our.config.logger).filter((name) => !writers.test(name)), []);
  assert.deepEqual(our.config.logger.logLevelEnum, theirs.config.logger.logLevelEnum);
  assert.equal(our.config.basePath, theirs.config.basePath);
  for (const Class of ["HttpRequestOptions", "DefaultHttpClient", "AbstractHttpClient"]) {
    const prototypes = [official, ours].map((sdk) => Object.getOwnPropertyNames(sdk[Class].prototype));
    assert.deepEqual(prototypes[0].filter((name) => !(name in ours[Class].prototype)), []);
  }
});

test("clients: the first is the instance, others are apart, and APIs take one", async () => {
  for (const sdk of [official, ours]) {
    const first = sdk.ApiClient;
    assert.equal(first.instance, first);
    const other = new sdk.ApiClientClass();
    assert.equal(other.instance, first);
    other.setGateway(recorder.gateway);
    other.setAccessToken("another");
    recorder.seen.length = 0;
    await new sdk.UsersApi(other).getUsersMe();
    assert.equal(recorder.seen[0].headers.authorization, "Bearer another");
    assert.equal(new sdk.UsersApi().apiClient, first);
    assert.equal(new sdk.UsersApi(other).apiClient, other);
    assert.throws(() => sdk.UsersApi(other), TypeError);
  }
});

test("tokens: set, read, set by hand, cleared", async () => {
  for (const { ApiClient: client, UsersApi } of [official, ours]) {
    client.setAccessToken("one");
    assert.equal(client.authData.accessToken, "one");
    assert.equal(client.authentications["PureCloud OAuth"].accessToken, "one");
    client.authentications["PureCloud OAuth"].accessToken = "two";
    recorder.seen.length = 0;
    await new UsersApi().getUsersMe();
    client.clearAccessToken();
    assert.equal(client.authData.accessToken, null);
    await new UsersApi().getUsersMe();
    assert.deepEqual(recorder.seen.map(({ headers }) => headers.authorization), ["Bearer two", undefined]);
  }
  ours.ApiClient.authentications["PureCloud Auth"].accessToken = "old name";
  assert.equal(ours.ApiClient.authentications["PureCloud OAuth"].accessToken, "old name");
});

describe("answers", () => {
  const me = (sdk) => new sdk.UsersApi().getUsersMe();

  test("content, with headers and status where they are wanted", async () => {
    recorder.answer = () => ({ headers: { "inin-correlation-id": "c-1" }, body: '{"name":"Ada"}' });
    let [theirs, our] = await both(me);
    assert.deepEqual(our.given, theirs.given);
    for (const client of clients) client.setReturnExtendedResponses(true);
    [theirs, our] = await both(me);
    for (const field of ["status", "statusText", "body", "error"]) assert.deepEqual(our.given[field], theirs.given[field], field);
    assert.equal(our.given.headers["inin-correlation-id"], "c-1");
  });

  test("nothing is `undefined`", async () => {
    recorder.answer = () => ({ status: 204, body: "" });
    const [theirs, our] = await both((sdk) => new sdk.UsersApi().deleteUserRoutingskill("u", "s"));
    assert.deepEqual([our.given, our.failed], [theirs.given, theirs.failed]);
    assert.equal(our.given, undefined);
  });

  test("`false` and `0` are themselves, which they were not", async () => {
    recorder.answer = () => ({ body: "false" });
    const [theirs, our] = await both(me);
    assert.deepEqual([theirs.given, our.given], [undefined, false]);
  });

  test("a failure has every field of the platform's body, in an Error", async () => {
    const body = { message: "no such user", code: "not.found", status: 404, contextId: "c-2", details: [], errors: [] };
    recorder.answer = () => ({ status: 404, body: JSON.stringify(body) });
    let [theirs, our] = await both(me);
    assert.deepEqual(theirs.failed, body);
    for (const name in body) assert.deepEqual(our.failed[name], body[name], name);
    assert.ok(our.failed instanceof Error);
    assert.deepEqual(our.failed.body, body);
    for (const client of clients) client.setReturnExtendedResponses(true);
    [theirs, our] = await both(me);
    for (const name of ["status", "statusText", "body"]) assert.deepEqual(our.failed[name], theirs.failed[name], name);
    assert.equal(our.failed.error.message, "no such user");
    assert.equal(our.failed.headers["content-type"], theirs.failed.headers["content-type"]);
    assert.equal(our.failed.text, JSON.stringify(body));
  });

  test("a failure without a body is an Error, and was `undefined`", async () => {
    recorder.answer = () => ({ status: 403, body: "" });
    const [theirs, our] = await both(async (sdk) => me(sdk).catch((error) => [error]));
    assert.deepEqual(theirs.given, [undefined]);
    assert.equal(our.given[0].status, 403);
  });
});

describe("arguments", () => {
  test("dates, lists, zero and false, and what is left out", async () => {
    const opts = { pageSize: 0, pageNumber: undefined, id: ["a", "b"], sortOrder: "a b", state: new Date(0), expand: "presence" };
    const [theirs, our] = await both((sdk) => new sdk.UsersApi().getUsers(opts));
    assert.deepEqual(our.sent, theirs.sent);
    // `null` and lists of nothing were sent as empty texts.
    const [, empty] = await both((sdk) => new sdk.UsersApi().getUsers({ pageSize: null, id: [] }));
    assert.deepEqual(empty.sent[0].query, []);
  });

  test("bodies: objects, lists, texts that are JSON, optional ones", async () => {
    for (const body of [{ a: 1 }, [1, 2], '{"a":1}', "text", "[1"]) {
      const [theirs, our] = await both((sdk) => new sdk.UsersApi().postUsersSearch(body));
      assert.deepEqual(our.sent, theirs.sent, JSON.stringify(body));
    }
    const [theirs, our] = await both((sdk) => new sdk.ConversationsApi().postConversationDisconnect("c", { body: { a: 1 } }));
    assert.deepEqual(our.sent, theirs.sent);
  });

  test("paths are escaped, and segments of dots reach no other operation", async () => {
    const [theirs, our] = await both((sdk) => new sdk.UsersApi().getUser("a/../b?x=1#y"));
    assert.deepEqual(our.sent, theirs.sent);
    const [, dots] = await both((sdk) => new sdk.UsersApi().getUser(".."));
    assert.equal(dots.sent[0].address, "/api/v2/users/%252E%252E");
  });

  test("headers: default, of the parameter, custom, each over the one before", async () => {
    for (const client of clients) {
      client.setDefaultHeaders({ "X-Default": "1", Accept: "no/where", "X-Both": "default" });
      client.setGenesysAppHeader("app");
    }
    const opts = { customHeaders: { "X-Both": "custom", Authorization: "Bearer other", Accept: "x/y" } };
    const [theirs, our] = await both((sdk) => new sdk.UsersApi().getUsersMe(opts));
    assert.deepEqual(our.sent, theirs.sent);
    assert.equal(our.sent[0].authorization, "Bearer other");
    const [refused, broken] = await both((sdk) => new sdk.UsersApi().getUsersMe({ customHeaders: { "x-a": "b\r\nc: d" } }));
    assert.ok(refused.failed && broken.failed && !broken.sent.length);
  });

  test("`callApi` by hand, with a list in each format", async () => {
    const [theirs, our] = await both((sdk) => {
      const client = sdk.ApiClient.instance;
      const csv = client.buildCollectionParam(["a", "b"], "csv");
      const pipes = client.buildCollectionParam(["a", "b"], "pipes");
      return client.callApi("/api/v2/users/{id}", "GET", { id: "1 2" }, { csv, pipes }, { "If-Match": "3" }, {}, null, ["PureCloud OAuth"], [], ["application/json"]);
    });
    assert.deepEqual(our, theirs);
    const [, anonymous] = await both((sdk) => sdk.ApiClient.instance.callApi("/api/v2/date", "GET", {}, {}, {}, {}, null, [], [], []));
    assert.equal(anonymous.sent[0].authorization, undefined);
  });

  test("a program's own `callApi` sees every call", async () => {
    for (const sdk of [official, ours]) {
      const seen = [];
      const api = new sdk.UsersApi({ callApi: (...args) => Promise.resolve(seen.push(args)), buildCollectionParam: (value) => value });
      await api.getUser("u", { expand: ["presence"] });
      const [path, method, inPath, query, header, form, body, names] = seen[0];
      assert.deepEqual([path, method, inPath, header, form, body, names], ["/api/v2/users/{userId}", "GET", { userId: "u" }, {}, {}, null, ["PureCloud OAuth"]]);
      assert.deepEqual(query.expand, ["presence"]);
    }
  });
});

describe("logins", () => {
  const token = { access_token: "token-of-a-login", token_type: "bearer", expires_in: 86400, refresh_token: "refresh-1" };

  for (const [name, ...args] of [
    ["loginClientCredentialsGrant", "id", "secret-of-a-test"],
    ["loginSaml2BearerGrant", "id", "secret-of-a-test", "org", "assertion=="],
    ["loginCodeAuthorizationGrant", "id", "secret-of-a-test", "code", "https://app.example.com/cb"],
    ["refreshCodeAuthorizationGrant", "id", "secret-of-a-test", "refresh-0"],
    ["authorizePKCEGrant", "id", "v".repeat(43), "code", "https://app.example.com/cb"],
  ]) {
    test(name, async () => {
      recorder.answer = () => ({ body: JSON.stringify(token) });
      const form = (sent) => [...new URLSearchParams(sent.body)].sort();
      const [theirs, our] = await both((sdk) => sdk.ApiClient.instance[name](...args));
      assert.deepEqual(form(our.sent[0]), form(theirs.sent[0]));
      for (const field of ["method", "address", "authorization"]) assert.equal(our.sent[0][field], theirs.sent[0][field], field);
      assert.equal(our.given, ours.ApiClient.authData);
      assert.equal(our.given.accessToken, token.access_token);
      assert.ok(Math.abs(our.given.tokenExpiryTime - theirs.given.tokenExpiryTime) < 5_000);
      assert.match(our.given.tokenExpiryTimeString, /GMT$/);
      recorder.seen.length = 0;
      await new ours.UsersApi().getUsersMe();
      assert.equal(recorder.seen[0].headers.authorization, "Bearer token-of-a-login");
    });
  }

  test("a login that fails says why, and shows no secret", async () => {
    recorder.answer = () => ({ status: 400, body: '{"error":"invalid_client","error_description":"client not found"}' });
    const [theirs, our] = await both((sdk) => sdk.ApiClient.instance.loginClientCredentialsGrant("id", "secret-of-a-test"));
    assert.match(JSON.stringify(theirs.failed), new RegExp(btoa("id:secret-of-a-test")));
    assert.equal(our.failed.message, "client not found");
    assert.equal(our.failed.response.status, theirs.failed.response.status);
    assert.deepEqual(our.failed.response.data, theirs.failed.response.data);
    const { inspect } = await import("node:util");
    for (const shown of [JSON.stringify(our.failed), inspect(our.failed, { depth: 9, showHidden: true }), our.failed.stack]) {
      assert.doesNotMatch(shown, new RegExp(`secret-of-a-test|${btoa("id:secret-of-a-test")}`));
    }
  });

  test("a failed connection shows no token", async () => {
    const client = new ours.ApiClientClass();
    client.setGateway({ host: "127.0.0.1", protocol: "http", port: 1 });
    client.setAccessToken("token-in-a-failure");
    const error = await client.callApi("/api/v2/date", "POST", {}, {}, {}, {}, {}, ["PureCloud OAuth"], [], []).catch((failure) => failure);
    const { inspect } = await import("node:util");
    assert.equal(error.code, "ECONNREFUSED");
    assert.doesNotMatch(JSON.stringify(error) + inspect(error, { depth: 9, showHidden: true }), /token-in-a-failure/);
  });

  test("an expired token is renewed once for all calls, which wait for it", async () => {
    const client = ours.ApiClient.instance;
    let renewals = 0;
    recorder.answer = ({ url, headers, body }) => {
      if (url.endsWith("/oauth/token")) {
        const renewed = body.includes("refresh_token");
        renewals += +renewed;
        return { body: JSON.stringify({ ...token, access_token: renewed ? "token-renewed" : "token-first" }) };
      }
      return headers.authorization === "Bearer token-renewed" ? {} : { status: 401, body: '{"message":"expired"}' };
    };
    await client.loginCodeAuthorizationGrant("id", "secret-of-a-test", "code", "https://app.example.com/cb");
    const users = new ours.UsersApi();
    await Promise.all([users.getUsersMe(), users.getUsersMe(), users.patchUser("u", {})]);
    assert.equal(renewals, 1);
    assert.equal(client.authData.accessToken, "token-renewed");
  });
});

describe("settings", () => {
  test("environments, with gateways before them", () => {
    for (const name of ["mypurecloud.ie", "https://api.mypurecloud.de/", "api.usw2.pure.cloud", undefined]) {
      const found = [official, ours].map((sdk) => {
        const client = new sdk.ApiClientClass();
        client.setEnvironment(name);
        const { environment, basePath, authUrl } = client.config;
        return { environment, basePath, authUrl };
      });
      assert.deepEqual(found[1], found[0]);
    }
    const gateway = { host: "gw.example.com", port: 8443, path_params_login: "/login/", path_params_api: "api" };
    const addresses = [official, ours].map((sdk) => {
      const client = new sdk.ApiClientClass();
      client.setGateway(gateway);
      return [client.config.getConfUrl("login", "x"), client.config.getConfUrl("api", "x")];
    });
    assert.deepEqual(addresses[1], addresses[0]);
  });

  test("the path of a gateway comes before that of the operation", async () => {
    for (const client of clients) client.setGateway({ ...recorder.gateway, path_params_api: "platform", path_params_login: "/signin/" });
    recorder.answer = () => ({ body: '{"access_token":"token-of-a-gateway","expires_in":9}' });
    const [theirs, our] = await both(async (sdk) => {
      await new sdk.UsersApi().getUsersMe();
      await sdk.ApiClient.instance.loginClientCredentialsGrant("id", "secret-of-a-test");
    });
    const addresses = (sent) => sent.map(({ address }) => address);
    assert.deepEqual(addresses(our.sent), addresses(theirs.sent));
    assert.deepEqual(addresses(our.sent), ["/platform/api/v2/users/me", "/signin/oauth/token"]);
  });

  test("a token of one environment does not go to another", async () => {
    const client = new ours.ApiClientClass();
    client.setGateway(recorder.gateway);
    recorder.answer = () => ({ body: '{"access_token":"token-of-one-place","expires_in":999}' });
    await client.loginClientCredentialsGrant("id", "secret-of-a-test");
    const other = await startRecorder();
    client.setGateway(other.gateway);
    await new ours.UsersApi(client).getUsersMe();
    other.stop();
    assert.equal(other.seen[0].headers.authorization, undefined);
  });

  test("hooks: each looks at its side, and the next one takes its place", async () => {
    for (const sdk of [official, ours]) {
      const client = new sdk.ApiClientClass();
      client.setGateway(recorder.gateway);
      client.setAccessToken("a-token-of-a-test");
      const http = client.getHttpClient();
      assert.throws(() => http.setPreHook((a, b) => [a, b]), /preHook must be a function/);
      http.setPreHook(async (config) => {
        config.headers["X-Hook"] = "1";
        return config;
      });
      http.setPostHook(async (response) => {
        response.data.hooked = response.status;
        return response;
      });
      recorder.seen.length = 0;
      const given = await new sdk.UsersApi(client).getUsersMe();
      assert.equal(recorder.seen[0].headers["x-hook"], "1");
      assert.deepEqual(given, { ok: true, hooked: 200 });
    }
    const client = new ours.ApiClientClass();
    client.setGateway(recorder.gateway);
    let calls = 0;
    const count = (config) => (calls++, config);
    client.getHttpClient().setPreHook(count);
    client.getHttpClient().setPreHook(count);
    await new ours.UsersApi(client).getUsersMe();
    assert.equal(calls, 1);
  });

  test("a hook that throws fails the call, which is not sent", async () => {
    const client = new ours.ApiClientClass();
    client.setGateway(recorder.gateway);
    client.getHttpClient().setPreHook((_config) => {
      throw new Error("not today");
    });
    recorder.seen.length = 0;
    await assert.rejects(new ours.UsersApi(client).getUsersMe(), /not today/);
    assert.equal(recorder.seen.length, 0);
  });

  test("an HTTP client of the program sends everything", async () => {
    for (const sdk of [official, ours]) {
      class Own extends sdk.AbstractHttpClient {
        enableHooks() {}
        request(options) {
          assert.ok(options instanceof sdk.HttpRequestOptions);
          const { url, method, headers } = options;
          if (url.includes("missing")) return Promise.reject(Object.assign(new Error("x"), { response: { status: 404, headers: {}, data: { code: "none" } } }));
          return Promise.resolve({ status: 200, headers: {}, data: { url, method, authorization: headers.Authorization || headers.authorization } });
        }
      }
      const client = new sdk.ApiClientClass();
      assert.throws(() => client.setHttpClient({}), /AbstractHttpClient/);
      client.setHttpClient(new Own());
      client.setEnvironment("mypurecloud.ie");
      client.setAccessToken("own-client-token");
      const given = await new sdk.UsersApi(client).getUsersMe();
      assert.deepEqual(given, { url: "https://api.mypurecloud.ie/api/v2/users/me", method: "GET", authorization: "Bearer own-client-token" });
      await assert.rejects(new sdk.UsersApi(client).getUser("missing"), (error) => error.code === "none");
    }
  });

  test("a time-out holds whenever it is set", async () => {
    const client = new ours.ApiClientClass();
    client.setGateway(recorder.gateway);
    await new ours.UsersApi(client).getUsersMe();
    client.timeout = 40;
    const never = await startRecorder();
    client.setGateway(never.gateway);
    never.answer = () => ({ headers: { "content-length": "100" }, body: "{" });
    const error = await new ours.UsersApi(client).postUsersSearch({}).catch((failure) => failure);
    never.stop();
    assert.equal(error.status, 0);
    assert.match(error.message, /40 ms/);
  });

  test("the logger writes calls, and neither tokens nor cookies", async () => {
    const client = new ours.ApiClientClass();
    client.setGateway(recorder.gateway);
    client.setAccessToken("token-in-a-log");
    client.setDefaultHeaders({ Cookie: "cookie-in-a-log" });
    const { logger } = client.config;
    const { log } = console;
    const written = [];
    console.log = (...parts) => written.push(parts.join(" "));
    try {
      await new ours.UsersApi(client).getUsersMe();
      logger.log_level = logger.logLevelEnum.level.LTrace;
      logger.log_request_body = logger.log_response_body = true;
      await new ours.UsersApi(client).postUsersSearch({ query: 1 });
      logger.log_format = logger.logFormatEnum.formats.JSON;
      recorder.answer = () => ({ status: 404, headers: { "inin-correlation-id": "c-9" }, body: '{"message":"gone"}' });
      await new ours.UsersApi(client).getUser("u").catch(() => {});
    } finally {
      console.log = log;
    }
    assert.equal(written.length, 2);
    assert.match(written[0], /^TRACE: [\s\S]*=== REQUEST ===\nURL: .*users\/search\nMethod: POST\n[\s\S]*"query": 1[\s\S]*Status: 200[\s\S]*"ok": true/);
    const { level, method, statusCode, correlationId, responseBody } = JSON.parse(written[1]);
    assert.deepEqual([level, method, statusCode, correlationId, responseBody], ["error", "GET", 404, "c-9", { message: "gone" }]);
    assert.doesNotMatch(written.join(), /token-in-a-log|cookie-in-a-log/);
  });

  test("what may have been acted on is not sent again, and what was refused is", async () => {
    const client = new ours.ApiClientClass();
    client.setGateway(recorder.gateway);
    recorder.answer = (_, count) => (count < 2 ? { status: 429, headers: { "retry-after": "0" }, body: "{}" } : {});
    recorder.seen.length = 0;
    assert.deepEqual(await new ours.UsersApi(client).postUsers({ name: "Ada" }), { ok: true });
    assert.equal(recorder.seen.length, 2);
    recorder.answer = () => ({ status: 502, body: "<html>" });
    recorder.seen.length = 0;
    await assert.rejects(new ours.UsersApi(client).postUsers({ name: "Ada" }), (error) => error.status === 502);
    assert.equal(recorder.seen.length, 1);
    client.retry = false;
    recorder.seen.length = 0;
    await assert.rejects(new ours.UsersApi(client).getUsersMe(), (error) => error.status === 502);
    assert.equal(recorder.seen.length, 1);
  });
});

test("loading it makes no global, opens nothing and leaves nothing behind", async () => {
  const { execute } = await import("../support/project.js");
  const { generated } = await import("../support/environment.js");
  const program = `
    const before = Reflect.ownKeys(globalThis).length;
    const sdk = require(${JSON.stringify(`${generated}/cjs/v2-node.js`)});
    new sdk.UsersApi();
    if (Reflect.ownKeys(globalThis).length !== before) throw new Error("a global");
    if (process.getActiveResourcesInfo().length) throw new Error(process.getActiveResourcesInfo().join());
    console.log("fine");`;
  const { stdout, stderr } = await execute(process.execPath, ["-e", program]);
  assert.equal(stdout, "fine\n", stderr);
});
