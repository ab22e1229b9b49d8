/** Functions of a program that are called around the calls of a session. */
import type { CallState, Core, Layer, Policy } from "./core.js";
import { PureCloudError } from "./error.js";
import type { Answer, Sink, Stop, Wire } from "./host.js";
import { parts } from "./parts.js";
import { addHeaders, resolveUrl } from "./send.js";

/**
 * Functions that are called around the calls of a session, in the order in which they were added. Each may be async: the
 * call waits for it, as long as its time-outs allow. One that throws fails the call with an error of the kind `hook`.
 * Logins go past them.
 */
export interface Hooks {
  /** Before each attempt. It may change the request, and answer it in place of the platform. */
  beforeRequest?(request: HookRequest): Replaced;
  /** After each answer, whatever its status. It may return another one in its place. */
  afterAnswer?(answer: HookAnswer, request: HookRequest): Replaced;
  /** Before the wait for another attempt. */
  onRetry?(retry: HookRetry, request: HookRequest): unknown;
  /** When a call fails. Nobody waits for it where the call was stopped or had no more time. */
  onError?(error: PureCloudError, request: HookRequest): unknown;
}

/** An answer to take instead, or nothing. */
type Replaced = HookAnswer | void | PromiseLike<HookAnswer | void>;

/** A request that is about to be sent. */
export interface HookRequest {
  /** The operation, such as `getUsersMe`, or the method and address of a bare request. */
  readonly operation: string;
  readonly method: string;
  /** 1 at the first. */
  readonly attempt: number;
  /** Absolute. It may become another one on the API's host or on an allowed host, absolute or a path. */
  url: string;
  /** Names in lower case; without the session's `authorization`. */
  headers: Record<string, string>;
  /** As it goes out: JSON is text. */
  body: unknown;
}

/** An answer, of the platform or of a hook. */
export interface HookAnswer {
  readonly status: number;
  /** The reason phrase. @default empty */
  readonly statusText?: string;
  /** Names in lower case. @default JSON */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Text or binary data; of a hook also a value that is sent as JSON. Absent where the content is left to be read piece
   * by piece.
   */
  readonly body?: unknown;
}

/** Another attempt that is to come. */
export interface HookRetry {
  readonly error: PureCloudError;
  /** The number of the attempt that comes. */
  readonly attempt: number;
  /** Milliseconds until then. */
  readonly wait: number;
}

/** What sessions ask of this part. */
export interface HooksPart {
  /** Adds hooks; returns what removes them. */
  addHooks(core: Core, hooks: Hooks): () => void;
}

/** The hooks of a session, each addition on its own, so that the same ones can be added twice. */
type Added = Set<{ readonly hooks: Hooks }>;

/** The hooks of each session, by what the session has one of. */
const HOOKS = new WeakMap<Core["policies"], Added>();

/** The error of a call one of whose hooks threw. */
function hookError(name: keyof Hooks, cause: any): PureCloudError {
  return new PureCloudError(`the hook ${name} failed: ${cause?.message ?? cause}`, { kind: "hook", code: "hook" }, cause);
}

/**
 * Calls the hooks of a name in turn, until one of them comes to something else than nothing.
 *
 * @throws {PureCloudError} with what a hook threw as its cause.
 */
async function callHooks<Result>(
  added: Added,
  name: keyof Hooks,
  act: (hook: (first: any, request: HookRequest) => unknown) => Result | PromiseLike<Result>,
): Promise<Result | undefined> {
  try {
    for (const { hooks } of added) {
      const result = hooks[name] && (await act((first, request) => (hooks[name] as any)(first, request)));
      if (result) return result;
    }
  } catch (cause) {
    throw hookError(name, cause);
  }
  return undefined;
}

/** What hooks see of a request, and may change. */
function shownRequest({ url, headers: { authorization: _, ...headers }, body }: Wire, { prepared, attempts }: CallState): HookRequest {
  const { id: operation, method } = prepared;
  return { operation, method, attempt: attempts, url, headers, body };
}

/**
 * The request that hooks have made of one.
 *
 * @throws {PureCloudError} for an address that must not see the token.
 */
function changed(core: Core, wire: Wire, { url, headers, body }: HookRequest): Wire {
  const { authorization } = wire.headers;
  return {
    ...wire,
    url: url === wire.url ? url : resolveUrl(`${url}`, core.environment.api, core.options.allowedHosts),
    headers: addHeaders(authorization ? { authorization } : {}, headers),
    body,
  };
}

/** What hooks see of an answer. */
function seenOf({ status, statusText, headers, responseText, response }: Answer): HookAnswer {
  return { status, statusText, headers, body: responseText ?? response };
}

/**
 * The answer that a hook gave, if it gave one. Functions that end with an assignment return what they have assigned, and
 * some return what they were given.
 */
function given(returned: unknown, argument: object): HookAnswer | undefined {
  return returned && typeof returned == "object" && returned !== argument ? (returned as HookAnswer) : undefined;
}

/** What a session takes for the answer of a hook. @throws {TypeError} for one without a status. */
function answerOf({ status, statusText = "", headers, body }: HookAnswer): Answer {
  if (!(status > 99 && status < 600)) throw new TypeError(`the status of its answer is ${status}`);
  const answer: Answer = { status, statusText, headers: addHeaders({}, headers ?? { "content-type": "application/json" }) };
  if (/Blob|File|\wArray/.test({}.toString.call(body))) answer.response = body;
  else if (body !== undefined) answer.responseText = typeof body == "string" ? body : JSON.stringify(body);
  return answer;
}

/** Lets hooks see each request before it is sent, and each answer. */
function hookLayer(core: Core, added: Added, requests: WeakMap<CallState, HookRequest>): Layer {
  return (wire, sink, call) => {
    if (!added.size || call.isLogin) return core.transport(wire, sink, call);
    /** Nothing has been sent as long as hooks look at it. */
    let stop: Stop = () => false;
    let isStopped = false;
    const request = shownRequest(wire, call);
    requests.set(call, request);

    const receive = async (answer: Answer) => {
      try {
        await callHooks(added, "afterAnswer", async (hook) => {
          const seen = seenOf(answer);
          const other = given(await hook(seen, request), seen);
          if (!other) return;
          answer.stream?.cancel();
          answer = answerOf(other);
        });
      } catch (cut) {
        answer.stream?.cancel();
        // Without the content, which may have a message of its own.
        const { status, statusText, headers } = answer;
        answer = { status, statusText, headers, cut };
      }
      if (isStopped) answer.stream?.cancel();
      sink.answered(answer);
    };
    const listener: Sink = {
      answered: (answer) => void receive(answer),
      failed: (error, unsent) => sink.failed(error, unsent),
      streams: () => !!sink.streams?.(),
    };
    const begin = async () => {
      const answer = await callHooks(added, "beforeRequest", async (hook) => {
        const other = given(await hook(request, request), request);
        return other && answerOf(other);
      });
      const next = changed(core, wire, request);
      if (isStopped) return;
      if (answer) listener.answered(answer);
      else stop = core.transport(next, listener, call);
    };
    // What they refuse has not been sent.
    begin().catch((error) =>
      sink.failed(error instanceof PureCloudError ? error : new PureCloudError(error?.message, {}, error), true),
    );
    return () => {
      isStopped = true;
      return stop();
    };
  };
}

/** Lets hooks know what follows an attempt. */
function hookPolicy(added: Added, requests: WeakMap<CallState, HookRequest>): Policy {
  /** The request of a call, once: nobody is told twice of its failure. */
  const take = (call: CallState) => {
    const request = requests.get(call);
    requests.delete(call);
    return request;
  };
  return {
    decided(call, [, , error], wait) {
      if (!error || !added.size || !requests.has(call)) return undefined;
      if (wait == null) return callHooks(added, "onError", async (hook) => void (await hook(error, take(call)!)));
      const retry: HookRetry = { error, attempt: call.attempts + 1, wait };
      return callHooks(added, "onRetry", async (hook) => void (await hook(retry, requests.get(call)!)));
    },
    end(call, [, , error]) {
      const request = take(call);
      if (!error || !request) return;
      // The call waits for nobody any more, so what a hook throws has nowhere else to go.
      callHooks(added, "onError", async (hook) => void (await hook(error, request))).catch((thrown) =>
        queueMicrotask(() => {
          throw thrown;
        }),
      );
    },
  };
}

parts.hooks = () => ({
  addHooks(core, hooks) {
    let added = HOOKS.get(core.policies);
    if (!added) {
      HOOKS.set(core.policies, (added = new Set()));
      const requests = new WeakMap<CallState, HookRequest>();
      core.policies.push(hookPolicy(added, requests));
      core.hooked = hookLayer(core, added, requests);
    }
    const addition = { hooks };
    added.add(addition);
    return () => void added.delete(addition);
  },
});
