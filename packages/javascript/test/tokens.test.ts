/** The life of a session's token: renewed ahead of its end, once for all who wait, kept, and revoked. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Host, Wire } from "../src/host.js";
import { createSession } from "../src/session.js";
import type { Session, SessionOptions } from "../src/session.js";
import type { StoredToken, TokenStorage } from "../src/token.js";
import { scripted } from "./scripted.js";
import { settle } from "./world.js";

const NOW = 1_800_000_000_000;
const json = (value: unknown, status = 200): Answer => ({ status, statusText: "", headers: {}, responseText: JSON.stringify(value) });
const DAY = 86_400;

/** A platform that numbers its tokens, and takes those that are not in `dead`. */
function world({ refuse = () => false as boolean, refresh = false } = {}) {
  const dead = new Set<string>();
  const forms: string[] = [];
  const calls: string[] = [];
  let hold: Promise<unknown> | undefined;
  const transport = async ({ url, method, headers, body }: Wire): Promise<Answer> => {
    const token = headers["authorization"]?.replace("Bearer ", "") ?? "";
    if (url.endsWith("/oauth/token")) {
      forms.push(String(body));
      await hold;
      if (refuse()) return json({ error: "invalid_grant" }, 400);
      const number = forms.length;
      return json({ access_token: `t${number}`, expires_in: DAY, ...(refresh && { refresh_token: `r${number}` }) });
    }
    calls.push(`${method} ${new URL(url).pathname} ${token}`);
    if (dead.has(token)) return json({ message: "Invalid login credentials." }, 401);
    if (method == "DELETE") dead.add(token);
    return json({ token });
  };
  const clock = { now: NOW };
  const host: Host = { ...scripted(transport), time: () => clock.now };
  return {
    ...{ dead, forms, calls, clock, host },
    open: (options?: SessionOptions, more?: Partial<Host>): Session => createSession({ ...host, ...more }, {}, options ?? {}),
    /** Has the login wait with its answers until the returned function is called. */
    holdLogin() {
      let go!: () => void;
      hold = new Promise<void>((resolve) => (go = resolve));
      return go;
    },
  };
}

/** A store that answers at once, or late. */
function store(token: StoredToken | null = null, late = false): TokenStorage & { token: StoredToken | null } {
  const answer = <T>(value: T): any => (late ? Promise.resolve(value) : value);
  const kept = {
    token,
    load: () => answer(kept.token),
    save: (next: StoredToken) => answer(void (kept.token = next)),
    clear: () => answer(void (kept.token = null)),
  };
  return kept;
}

const CREDENTIALS = ["id", "secret"] as const;

test("a token is renewed ahead of its end, while the old one still serves", async () => {
  const { open, clock, forms } = world();
  const session = open();
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  clock.now += (DAY - 301) * 1000;
  assert.equal((await session.get("/x")).token, "t1");
  clock.now += 2_000;
  assert.deepEqual([(await session.get("/x")).token, forms.length], ["t1", 2]);
  await settle();
  assert.equal((await session.get("/x")).token, "t2");
});

test("calls with a token that has ended wait for one renewal", async () => {
  const { open, clock, forms } = world();
  const session = open();
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  clock.now += DAY * 1000;
  const all = await Promise.all([1, 2, 3, 4].map(() => session.get("/x")));
  assert.deepEqual(all.map(({ token }) => token), ["t2", "t2", "t2", "t2"]);
  assert.equal(forms.length, 2);
});

test("a refused token is renewed once for all calls, which are then sent again", async () => {
  const { open, dead, forms, calls } = world();
  const session = open();
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  dead.add("t1");
  const all = await Promise.all([1, 2, 3].map(() => session.makeRequest("POST", "/x", {})));
  assert.deepEqual(all.map(({ token }) => token), ["t2", "t2", "t2"]);
  assert.deepEqual([forms.length, calls.length], [2, 6]);
});

test("a failed renewal fails only what cannot go on without it, and is not tried at every call", async () => {
  let broken = false;
  const { open, clock, forms } = world({ refuse: () => broken });
  const session = open();
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  broken = true;
  clock.now += (DAY - 200) * 1000;
  for (let call = 0; call < 5; call++) assert.equal((await session.get("/x")).token, "t1");
  assert.equal(forms.length, 2);
  clock.now += 10_000;
  await session.get("/x");
  await settle();
  assert.equal(forms.length, 3);
  clock.now += 190_000;
  const error: any = await session.get("/x").catch((error) => error);
  assert.equal(error.code, "invalid_grant");
  broken = false;
  assert.equal((await session.get("/x")).token, "t5", "the next call begins anew");
});

test("refresh tokens are used, and replaced by their successors", async () => {
  const { open, clock, forms } = world({ refresh: true });
  const storage = store();
  const session = open({ storage });
  const grant = { type: "authorization_code", clientId: "id", clientSecret: "s", code: "c", redirectUrl: "https://app/" } as const;
  assert.equal((await session.authorizeWith(grant)).refresh_token, "r1");
  for (const refresh of ["r1", "r2"]) {
    clock.now += DAY * 1000;
    await session.get("/x");
    assert.equal(forms.at(-1), `grant_type=refresh_token&refresh_token=${refresh}`);
  }
  assert.deepEqual([storage.token!.refresh_token, storage.token!.grant], ["r3", "authorization_code"]);
  const next = open({ storage, clientId: "id", clientSecret: "s" });
  assert.equal((await next.get("/x")).token, "t3", "the next process goes on with it");
  clock.now += DAY * 1000;
  assert.equal((await next.get("/x")).token, "t4");
});

test("a token that another process has renewed is taken from the store", async () => {
  for (const late of [false, true]) {
    const { open, clock, dead, forms } = world();
    const storage = store(null, late);
    const [one, two] = [open({ storage }), open({ storage })];
    await one.authorizeWithClientCredentialsGrant(...CREDENTIALS);
    await two.authorizeWithClientCredentialsGrant(...CREDENTIALS);
    assert.equal(forms.length, 1);
    clock.now += DAY * 1000;
    assert.deepEqual([(await one.get("/x")).token, (await two.get("/x")).token], ["t2", "t2"]);
    assert.equal(forms.length, 2);
    dead.add("t2");
    assert.deepEqual([(await one.get("/x")).token, (await two.get("/x")).token], ["t3", "t3"]);
    assert.equal(forms.length, 3);
  }
});

test("a kept token of client credentials is renewed by a session that has them, without another login", async () => {
  const { open, clock, forms } = world();
  const storage = store();
  await open({ storage }).authorizeWithClientCredentialsGrant(...CREDENTIALS);
  clock.now += DAY * 1000;
  const [clientId, clientSecret] = CREDENTIALS;
  assert.equal((await open({ storage, clientId, clientSecret }).get("/x")).token, "t2");
  assert.equal((await open({ storage, clientId }).get("/x")).token, "t2");
  assert.equal(forms.length, 2);
});

test("where there are locks, renewals of several tabs come one after the other", async () => {
  const { open, clock, forms } = world();
  const storage = store(null, true);
  let line: Promise<unknown> = Promise.resolve();
  const names = new Set<string>();
  const locks: any = { request: (name: string, act: () => Promise<unknown>) => (names.add(name), (line = line.then(act))) };
  const waits: number[] = [];
  const after = (ms: number, act: () => void, idle?: boolean) => {
    waits.push(ms);
    assert.ok(idle, "nothing waits for it");
    queueMicrotask(act);
    return () => {};
  };
  const tabs = [1, 2, 3].map(() => open({ storage, timeout: 0 }, { locks, after }));
  await Promise.all(tabs.map((tab) => tab.authorizeWithClientCredentialsGrant(...CREDENTIALS)));
  assert.equal(forms.length, 1);
  clock.now += DAY * 1000;
  const all = await Promise.all(tabs.map((tab) => tab.get("/x")));
  assert.deepEqual(all.map(({ token }) => token), ["t2", "t2", "t2"]);
  assert.deepEqual([...names], ["purecloud https://api.mypurecloud.com id"]);
  assert.equal(waits.length, 6, "each turn ends when the others can see what was stored");
});

test("a store that fails costs no call that has its token", async () => {
  const fail = () => { throw new Error("disk full"); };
  for (const act of [fail, async () => fail()]) {
    const { open, clock } = world();
    const session = open({ storage: { load: act as any, save: act, clear: act } });
    await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
    assert.equal((await session.get("/x")).token, "t1");
    clock.now += DAY * 1000;
    assert.equal((await session.get("/x")).token, "t2");
    await session.close();
  }
});

test("calls wait for a store that answers late", async () => {
  const { open } = world();
  const kept = { access_token: "kept", obtained_at: NOW, environment: "https://api.mypurecloud.com", client_id: "id", grant: "token" };
  const session = open({ storage: store(kept, true) });
  assert.equal(session.authToken(), null);
  assert.equal((await session.get("/x")).token, "kept");
  assert.equal(session.authToken(), "kept");
});

test("a token that the program sets while another is renewed stays", async () => {
  const { open, clock, holdLogin } = world();
  const session = open();
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  clock.now += DAY * 1000;
  const go = holdLogin();
  const waiting = session.get("/x");
  session.authToken("mine");
  go();
  assert.equal((await waiting).token, "t2");
  assert.equal((await session.get("/x")).token, "mine");
});

test("close revokes the token, forgets it, and ends the session", async () => {
  const { open, calls } = world();
  const storage = store();
  const session = open({ storage });
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  await session.close();
  assert.deepEqual(calls, ["DELETE /api/v2/tokens/me t1"]);
  assert.deepEqual([session.authToken(), storage.token], [null, null]);
  assert.match((await session.get("/x").catch((error) => error)).message, /the session is closed/);
});

test("close leaves a token alone that the program gave, and takes one that is revoked already for revoked", async () => {
  const given = world();
  await given.open({ token: "mine" }).close();
  assert.deepEqual(given.calls, []);
  const gone = world();
  const session = gone.open();
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  gone.dead.add("t1");
  await session.close();
  assert.deepEqual(gone.calls, ["DELETE /api/v2/tokens/me t1"]);
});

test("a token that arrives after close is revoked and not kept", async () => {
  const { open, calls, holdLogin } = world();
  const storage = store();
  const session = open({ storage });
  const go = holdLogin();
  const login = session.authorizeWithClientCredentialsGrant(...CREDENTIALS).then(() => "in", (error) => error.message);
  await session.close();
  go();
  assert.match(await login, /closed/);
  assert.deepEqual([calls, storage.token], [["DELETE /api/v2/tokens/me t1"], null]);
});

test("a store is cleared even where the token cannot be revoked, and close says so", async () => {
  const { open, host } = world();
  const storage = store();
  const broken: Host["transport"] = (wire, sink) => {
    if (wire.method != "DELETE") return host.transport(wire, sink);
    queueMicrotask(() => sink.failed(new Error("offline")));
    return () => {};
  };
  const session = open({ storage, retry: false }, { transport: broken });
  await session.authorizeWithClientCredentialsGrant(...CREDENTIALS);
  await assert.rejects(session.close(), /offline/);
  assert.equal(storage.token, null);
});
