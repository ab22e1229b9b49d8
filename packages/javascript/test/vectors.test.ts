/** Runs what both runtimes of this project must do alike, as far as this one has the function for it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { classify } from "../src/answer.js";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { readArguments } from "../src/call.js";
import { RateBudget } from "../src/budget.js";
import { Channels } from "../src/channels.js";
import type { ChannelAction, ChannelEvent } from "../src/channels.js";
import { readEnvironment } from "../src/environment.js";
import { missing, PureCloudError, tooLong } from "../src/error.js";
import type { Answer } from "../src/host.js";
import { authorizeAddress, challengeOf, logoutAddress, readGranted, readRedirect, takeFields, tokenRequest } from "../src/oauth.js";
import { Pager, readItems } from "../src/paging.js";
import type { PageRequest } from "../src/paging.js";
import "../src/form.js";
import { part } from "../src/parts.js";
import { prepare } from "../src/prepare.js";
import { decideRetry, DEFAULT_RETRY, patienceOf, RetryAllowance } from "../src/retry.js";
import { resolveUrl } from "../src/send.js";
import { loginOf } from "../src/login-digest.js";
import { PureCloudSession as NodeSession } from "../src/node.js";
import { createSession } from "../src/session.js";
import type { SessionConstructor } from "../src/session.js";
import { belongsTo, freshness, readStored } from "../src/token.js";
import { budgetKey, changeSharedBudget } from "../src/shared-budget.js";
import { scripted } from "./scripted.js";
import { serve } from "./server.js";

interface Case {
  readonly name: string;
  readonly given: any;
  readonly expect: any;
}

/** The folder `vectors`, above the packages. */
const folder = ["../../../vectors/", "../../../../vectors/"]
  .map((path) => new URL(path, import.meta.url))
  .find((url) => existsSync(url))!;

/** Runs every case of a topic that `has` lets pass, of which there must be some. */
function topic(
  name: string,
  run: (given: any, expect: any) => unknown,
  has: (given: any, name: string) => boolean = () => true,
): void {
  const { cases } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as { cases: Case[] };
  test(`vectors: ${name}`, async () => {
    let count = 0;
    for (const { name: title, given, expect } of cases) {
      if (!has(given, title)) continue;
      count++;
      assert.deepEqual(JSON.parse(JSON.stringify(await run(given, expect))), expect, title);
    }
    assert.ok(count > 1, "there are cases");
  });
}

topic("form", async ({ type, boundary, fields }) => {
  const known = fields.map(({ name, joined }: any) => ({ name, wireName: name, place: joined ? "fieldComma" : "field", required: false }));
  const value = ({ text, texts, joined, json, file }: any) =>
    file
      ? { content: new Blob([file.content]), ...(file.name && { filename: file.name }), ...(file.type && { contentType: file.type }) }
      : (text ?? texts ?? joined ?? json);
  try {
    const body = Object.fromEntries(fields.map((field: any) => [field.name, value(field)]));
    const [content, written] = part("form")(body, type, known, boundary);
    return { type: written, content: await new Response(content as BodyInit).text() };
  } catch {
    return { error: true };
  }
});

topic("environment", ({ environment }) => {
  try {
    const { api, login } = readEnvironment(environment);
    return { api, login };
  } catch {
    return { error: true };
  }
});

topic("request", ({ operation, arguments: named }) => {
  try {
    const [values] = readArguments(
      operation,
      operation.parameters.length ? [...operation.parameters.map(() => undefined), named] : [],
    );
    const { method, url: target, headers, data: body } = prepare(operation, values);
    return { method, target, headers, body };
  } catch (error) {
    return { error: { kind: "missing", parameter: (error as PureCloudError).parameter } };
  }
});

topic(
  "address",
  ({ origins: [base, ...allowed], address }) => {
    try {
      // The wire carries no fragment.
      return {
        url: resolveUrl(
          address,
          base,
          allowed.map((origin: string) => new URL(origin).host),
        ).replace(/#.*/, ""),
      };
    } catch (error) {
      return { error: error instanceof PureCloudError ? "foreign-host" : "address" };
    }
  },
  // The first generation sent what a browser makes of a space; so do we.
  (_, title) => title != "a space" && title != "a line break",
);

topic("classify", ({ method, status, headers, body, cut }) => {
  const answer: Answer = {
    status,
    statusText: "",
    headers,
    ...(cut ? { cut: new Error("cut") } : { responseText: body }),
  };
  const [textStatus, data, error] = classify({ id: "x", method, url: "/", headers: {} }, answer);
  if (!error) return { success: true, data };
  const { code, message, correlationId, retryAfter } = error;
  return {
    error: {
      status,
      // What the platform did not say is not asked for.
      ...(code != textStatus && { code }),
      ...(!message.startsWith("x: ") && { message }),
      correlationId,
      retryAfter,
      ...(textStatus == "parsererror" && { garbled: true }),
      ...(cut && status < 300 && { cut: true }),
    },
  };
});

/** What a login throws that came back with something else than a token. */
function loginFailure(failure: unknown, code: string): PureCloudError | undefined {
  const redirects: Record<string, string> = { state: "code=c&state=other", nothing: "" };
  try {
    if (failure == "unusable") readGranted({});
    if (failure == "redirect") readRedirect(new URLSearchParams(redirects[code] ?? { error: code }), redirects[code] && "mine");
  } catch (error) {
    return error as PureCloudError;
  }
  return undefined;
}

topic("error", async ({ failure, method, reads, retryAfter, login, earlier }) => {
  const success = { status: 200, statusText: "OK", headers: { "content-type": "application/json" } };
  const none = { status: 0, statusText: "error", headers: {}, cut: new Error("the wire") };
  const answers: Record<string, Answer> = {
    "not-sent": { ...none, unsent: true },
    broken: none,
    "timeout-not-sent": { ...none, statusText: "timeout", unsent: true },
    timeout: { ...none, statusText: "timeout" },
    cut: { ...success, cut: none.cut },
    "too-long": { ...success, cut: tooLong(1) },
    decode: { ...success, responseText: "{" },
    // As a session ends a call that cannot be sent.
    request: { ...none, cut: missing("x", "userId"), unsent: true },
  };
  if (failure == "closed") {
    const session = createSession(scripted(() => Promise.reject()), Object.prototype, "http://127.0.0.1:1");
    await session.close();
    answers[failure] = { ...none, cut: await session.get("/x").catch((error) => error.cause), unsent: true };
  }
  const headers: Record<string, string> = retryAfter == null ? {} : { "retry-after": `${retryAfter}` };
  const responseText = login && JSON.stringify({ error: login });
  const answer = answers[failure] ?? { status: failure, statusText: "", headers, responseText };
  const call = { id: "x", method, url: "/", headers: {}, reads };
  const failed = loginFailure(failure, login) ?? classify({ ...call, credentials: login == null ? undefined : "" }, answer)[2]!;
  // As a session notes it.
  failed.mayHaveActed ||= !!earlier;
  const show = (error: PureCloudError) => {
    const { kind, mayHaveActed, advice, retryable } = error;
    return { kind, mayHaveActed, advice, retryable, after: advice == "tryAgain" ? error.retryAfter : undefined };
  };
  const shown = show(failed);
  if (login != null) {
    // Who logs in and who makes a call that waits for the login see the same.
    assert.deepEqual(show(classify(call, { ...none, cut: failed, unsent: true })[2]!), shown);
  }
  return shown;
});

/** Both transports read the content of an answer, so both are asked. */
topic("text", async ({ hex }) => {
  const { origin, close } = await serve({
    "/x": (_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(Buffer.from(hex, "hex")),
  });
  const read = (PureCloudSession: SessionConstructor) =>
    PureCloudSession(origin)
      .get("/x")
      .then(
        (data) => ({ data }),
        ({ kind }) => ({ error: kind == "decode" }),
      );
  const outcomes = [await read(BrowserSession), await read(NodeSession)];
  await close();
  assert.deepEqual(outcomes[0], outcomes[1]);
  return outcomes[0];
});

topic("oauth-address", async ({ login, clientId, redirectUri, state, wanted, verifier, more }) => {
  if (wanted == "logout") return { address: logoutAddress(login, clientId, redirectUri) };
  const challenge = verifier && (await challengeOf(crypto.subtle, verifier));
  return { address: authorizeAddress(login, wanted, clientId, redirectUri, state, challenge, more && Object.fromEntries(more)) };
});

/** What an error of a login says, as the vectors name it. */
function loginError({ code, status, parameter, message }: any): object {
  if (code == "repeated") return { repeated: parameter };
  if (/^(state|nothing|unusable)$/.test(code)) return { [code]: true };
  return { code, ...(status && { status }), ...description(message) };
}

/** The part of a message after `[code]`. */
function description(message: string): object {
  const said = /^\[\w+] (.+)$/.exec(message);
  return said ? { description: said[1] } : {};
}

topic("oauth-redirect", ({ address, state }) => {
  const [, search = "", hash] = /^[^?#]*(\?[^#]*)?(#.*)?/.exec(address)!;
  try {
    return readRedirect(takeFields(hash ?? search)[0], state);
  } catch (error) {
    return { error: loginError(error) };
  }
});

topic("oauth-request", ({ grant: { redirectUri, ...grant } }) => {
  const { form, authorization } = tokenRequest({ ...grant, redirectUrl: redirectUri });
  return { path: "/oauth/token", form, ...(authorization && { authorization }) };
});

topic("oauth-answer", async ({ status, body }, { error: expected }) => {
  const transport = async () => ({ status, statusText: "", headers: {}, responseText: body });
  const session = createSession(scripted(transport), Object.prototype, "http://127.0.0.1:1");
  try {
    const grant = { type: "client_credentials", clientId: "id", clientSecret: "secret" } as const;
    const { access_token: accessToken, obtained_at, expires_at, refresh_token } = await session.authorizeWith(grant);
    const expiresIn = expires_at && (expires_at - obtained_at!) / 1000;
    return { accessToken, expiresIn: expires_at === undefined ? undefined : expiresIn, refreshToken: refresh_token };
  } catch (error: any) {
    assert.equal(session.authToken(), null);
    const { body: content, message } = error;
    // An answer that names no error has the code that all such answers have here.
    const code = /^http_/.test(expected.code) && error.code == "error" ? expected.code : error.code;
    const said = content?.error_description ?? content?.description;
    return { error: loginError({ code, status: expected.status && (error.status || 200), message: said ? `[x] ${said}` : message }) };
  }
});

topic("token-freshness", ({ now, obtained, expires }) => ({ freshness: freshness(now, obtained, expires) }));

topic("stored-token", ({ stored, session: { environment, clientId, grant, user, login } }) => {
  const kept = readStored(stored);
  if (!kept || !belongsTo(kept, { environment, client_id: clientId, grant, user, login })) return { absent: true };
  const { access_token, refresh_token, obtained_at, expires_at } = kept;
  return { token: { accessToken: access_token, refreshToken: refresh_token, obtainedAt: obtained_at, expiresAt: expires_at } };
});

topic("stored-login", ({ clientId, shown }) => {
  const names = { client_credentials: "clientSecret", authorization_code: "code", saml2: "assertion", refresh_token: "refreshToken" };
  // The other secrets of a grant do not tell one login from another.
  const others = { clientSecret: "x", code: "x", assertion: "x", refreshToken: "x" };
  const logins = Object.entries(names).map(([type, name]) => loginOf({ ...others, type: type as any, clientId, [name]: shown }));
  assert.equal(new Set(logins).size, 1);
  return { login: logins[0] };
});

const followListing = ({ style, first, answers, resultsPageSize }: any) => {
  const pager = new Pager("https://api.mypurecloud.ie", style, "submit", resultsPageSize);
  let request: PageRequest = first;
  const requests: PageRequest[] = [];
  const items: unknown[] = [];
  const waits: number[] = [];
  const unreadable: string[] = [];
  let error: string | undefined;
  try {
    for (const answer of answers) {
      const step = pager.advance(request, answer, JSON.stringify(answer));
      if (step.isPage) {
        const page = readItems(answer);
        items.push(...page.items);
        unreadable.push(...page.unreadable);
      } else {
        waits.push(step.wait);
      }
      const next = step.isPage ? step.next : step.request;
      if (!next) break;
      requests.push((request = next));
    }
  } catch (thrown) {
    error = (thrown as PureCloudError).code.replace("paging.", "");
  }
  return { requests, items, ...(waits.length && { waits }), ...(unreadable.length && { unreadable }), error };
};

topic("paging", followListing);
topic("paging-size", followListing);
topic("paging-items", followListing);

topic("retry", ({ policy, attempt: number, elapsed, queued, total, ...given }) => {
  const decision = decideRetry(policy, { number, spent: { elapsed, queued, total }, ...given });
  return typeof decision == "number" ? { retry: Math.floor(decision) } : { stop: decision };
});

topic("retry-allowance", ({ steps }) => {
  const allowance = new RetryAllowance();
  const allowed = [];
  for (const step of steps) {
    if (step == "success") allowance.earn();
    else allowed.push(allowance.spend(step == "retry-429" ? 429 : 503));
  }
  return { allowed };
});

/** `{from: 5, count: 2}` for `v2.users.5.presence` and the next one, or the topics themselves. */
const readTopics = (given: any): string[] =>
  Array.isArray(given)
    ? given
    : Array.from({ length: given.count }, (_, index) => `v2.users.${given.from + index}.presence`);

/** Many topics are shown by their number. */
const showTopics = (topics: readonly string[]) => (topics.length > 5 ? topics.length : topics);

function showAction(action: ChannelAction): object {
  switch (action.type) {
    case "subscribe":
      return { subscribe: action.link, id: action.id, topics: showTopics(action.topics) };
    case "connect":
      return { connect: action.link, uri: action.uri };
    case "deliver":
      return { deliver: JSON.parse(action.text) };
    case "missed":
      return { missed: showTopics(action.topics), since: action.since, until: action.until };
    case "end":
      return { end: showTopics(action.topics) };
    default:
      return { [action.type]: action.link };
  }
}

function readEvent(step: any): ChannelEvent {
  for (const type of ["subscribed", "opened", "closed"] as const) if (type in step) return { type, link: step[type] };
  if ("created" in step) {
    return { type: "created", link: step.created, id: step.id, uri: `wss://x/${step.id}`, expires: step.expires };
  }
  if ("failed" in step) return { type: "failed", link: step.failed, gone: step.gone, permanent: step.permanent };
  if (!("from" in step)) return { type: "tick" };
  const text = typeof step.message == "string" ? step.message : JSON.stringify(step.message);
  return { type: "message", link: step.from, text };
}

topic("channel", ({ steps, skip = 0 }) => {
  const channels = new Channels();
  const act = (step: any) => {
    if (step.wake) return { wake: channels.wake() ?? null };
    if (step.without) return channels.unsubscribe(readTopics(step.without)).map(showAction);
    if (!step.topics) return channels.handle(step.at, step.random ?? 0.5, readEvent(step)).map(showAction);
    try {
      return channels.subscribe(readTopics(step.topics)).map(showAction);
    } catch (error) {
      return { tooMany: Number.parseInt((error as PureCloudError).message) };
    }
  };
  return { acts: steps.map(act).slice(skip) };
});

/** What happens to a budget at one step; `slots` are those of the admissions so far. */
function stepBudget(budget: RateBudget, step: any, slots: (number | undefined)[], waits: (number | null)[]): void {
  const { at } = step;
  if (step.admit) {
    const slot = budget.admit(at, step.patience ?? Infinity);
    slots.push(slot);
    waits.push(slot == null ? null : slot - at);
  } else if (step.release != null) budget.released(slots[step.release]!);
  else if (step.abandon) budget.abandoned();
  else if (step.renew) budget.renew();
  else budget.answered(at, step.answer);
}

topic("rate-budget", ({ steps }, expect) => {
  const budget = new RateBudget();
  const waits: (number | null)[] = [];
  const slots: (number | undefined)[] = [];
  for (const step of steps) stepBudget(budget, step, slots, waits);
  const { used = 0, end: windowEnd = 0 } = budget.windows.at(-1) ?? {};
  const state: Record<string, unknown> = { waits, allowed: budget.allowed, used, windowEnd };
  // A case names of the state at the end what it is about.
  return Object.fromEntries(Object.keys(expect).map((name) => [name, state[name]]));
});

topic("call-patience", ({ limit, ...spent }) => ({ patience: patienceOf({ ...DEFAULT_RETRY, limit }, spent) }));

topic("shared-budget", ({ stored, steps }) => {
  const waits: (number | null)[] = [];
  const slots: (number | undefined)[] = [];
  let text = stored;
  for (const step of steps) {
    [text] = changeSharedBudget(text, step.caller, step.at, (budget) => stepBudget(budget, step, slots, waits));
  }
  return { waits, stored: JSON.parse(text) };
});

topic("budget-key", async ({ token }) => ({ key: await budgetKey(token) }));
