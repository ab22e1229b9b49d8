import { classify } from "./answer.js";
import type { Outcome } from "./answer.js";
import type { CallState, Core } from "./core.js";
import type { Timed } from "./deadlines.js";
import { PureCloudError } from "./error.js";
import type { Answer, Sink, Stop } from "./host.js";
import { part } from "./parts.js";
import { isStream } from "./prepare.js";
import type { Prepared } from "./prepare.js";
import { redact, redactAnswer, secretsOf } from "./redact.js";
import { askedOf, beginRequest } from "./request.js";
import type { Request } from "./request.js";
import { unwatch, watch } from "./signals.js";
import type { Stoppable } from "./signals.js";

/** Bytes of an answer's content, unless the session says otherwise. */
const ANSWER_LIMIT = 2 ** 28;

/** What no name and no value of a header may have in it. */
const FORBIDDEN = /[^\t -~\x80-\xff]/;

/**
 * Adds headers, with their names in lower case, over those of the same name.
 *
 * @throws {PureCloudError} naming a header that could be read as more than one. Its value may be a secret, which what
 * transports throw for such a header would repeat.
 */
export function addHeaders(
  headers: Record<string, string>,
  more: Readonly<Record<string, unknown>> | undefined,
): Record<string, string> {
  for (const name in more) {
    const value = (headers[name.toLowerCase()] = `${more[name]}`);
    if (FORBIDDEN.test(value) || FORBIDDEN.test(name)) {
      throw new PureCloudError(`header ${JSON.stringify(name)} has forbidden characters`);
    }
  }
  return headers;
}

/** The headers of every request with this `authorization`. */
function sessionHeaders(core: Core, authorization: string): Readonly<Record<string, string>> {
  if (core.headers?.[0] != authorization) {
    const headers = addHeaders({}, core.host.headers);
    core.headers = [
      authorization,
      addHeaders(addHeaders(headers, authorization ? { authorization } : undefined), core.options.headers),
    ];
  }
  return core.headers![1];
}

/**
 * The absolute address of `url`, which is a path below `base` or an absolute address there or on an allowed host: one that
 * is allowed by its name if it is reached with encryption, else by its origin.
 *
 * @throws {PureCloudError} for other hosts: they must not see the token.
 */
export function resolveUrl(url: string, base: string, allowed?: readonly string[]): string {
  // What is made of these characters, and has no segment of dots, is in no need of being read: `URL` would not change it.
  if (/^\/(?!\/)[\w\-~!$&()*+,;=:@%/?.]*$/.test(url) && !/\/(\.|%2e)/i.test(url)) return base + url;
  // Anything but a path and an address of the web becomes what no `URL` is made of.
  const { host, origin, protocol, href } = new URL(
    !/^(https?:\/)?\/(?![/\\])/i.test(url) ? "" : url[0] == "/" ? base + url : url,
  );
  if (href.startsWith(`${base}/`) || allowed?.includes(protocol == "https:" ? host : origin)) return href.replace(/#.*/, "");
  throw new PureCloudError(`${host} is not in allowedHosts`);
}

/**
 * Sends a request with the session's token to its API, or with credentials to its login. Every request of every session
 * goes through here: attempt, classify, decide, and again or end.
 *
 * A call ends once: with an outcome that nothing wants another attempt for, when it is stopped, or at its deadline. What
 * cannot be sent fails like what was refused: through the request, and with the same kind of error.
 */
export function send(core: Core, prepared: Prepared): Request {
  const { host, options, policies } = core;
  const { signal, method, credentials } = prepared;
  const isLogin = credentials != null;
  const timeout = +(prepared.timeout ?? options.timeout ?? 30_000);
  const totalTimeout = +(prepared.totalTimeout ?? options.totalTimeout ?? 0);
  const limit = options.answerLimit ?? ANSWER_LIMIT;
  const began = host.now();
  let go!: () => void;
  const request = beginRequest(prepared, (settle, request) => {
    /** Stops what the call waits for: an attempt, or the time before the next. */
    let stop: Stop | undefined;
    /** The answer whose content is still to be read when the call has ended. */
    let opened: Stoppable | undefined;
    let receive: (answer: Answer) => void;
    let token: string | null;
    let authorization = "";
    let isRenewed = false;

    const call: Call & CallState = {
      prepared,
      isLogin,
      attempts: 0,
      began,
      queued: 0,
      slot: undefined,
      place: undefined,
      lastMoment: totalTimeout > 0 ? began + totalTimeout : Infinity,
      deadline: Infinity,
      mayHaveActed: false,
      over: false,
      expire() {
        const most = call.deadline < call.lastMoment ? timeout : totalTimeout;
        halt("timeout", new Error(`no answer within ${most} ms`));
      },
      abort: (reason: any) => halt(reason?.name == "TimeoutError" ? "timeout" : "abort", reason),
      answered(answer) {
        stop = undefined;
        receive(answer);
      },
      streams: () => !!askedOf(request).raw,
      failed: (cut, unsent) => call.answered({ status: 0, statusText: "error", headers: {}, cut, unsent }),
    };

    const secrets = () => secretsOf(authorization, options.clientSecret, ...(prepared.secrets || []));

    async function run(): Promise<void> {
      try {
        while (!call.over) {
          if (prepared.problem) throw prepared.problem;
          call.attempts++;
          // Nothing here waits unless there is something to wait for.
          for (const policy of policies) {
            const waiting = policy.before?.(call);
            if (waiting) await waiting;
          }
          const next = isLogin ? null : core.token();
          token = next && typeof next != "string" ? await next : next;
          const answer = await new Promise(transmit);
          if (call.over) return void answer.stream?.cancel();
          const outcome = understand(answer);
          const wait = policies[0] || answer.status == 401 ? await decide(outcome, answer) : undefined;
          if (wait == null) end(answer, outcome);
          else await pause(wait);
        }
      } catch (error: any) {
        halt("error", error instanceof PureCloudError ? error : new PureCloudError(error?.message, {}, error));
      }
    }

    /** Sends the request once. */
    function transmit(resolve: (answer: Answer) => void): void {
      receive = resolve;
      authorization = credentials || (token ? `Bearer ${token}` : "");
      const { login, api } = core.environment;
      const url = resolveUrl(prepared.url, isLogin ? login : api, options.allowedHosts);
      const headers = addHeaders({ ...sessionHeaders(core, authorization) }, prepared.headers);
      addHeaders(headers, askedOf(request).headers);
      if (core.debug) console.log(`${method} ${redact(url, secrets())}`);
      if (timeout > 0) endAt(Math.min(call.lastMoment, host.now() + timeout));
      if (!call.over) stop = (core.hooked || core.transport)({ method, url, headers, body: prepared.data, limit }, call, call);
    }

    /** What an answer means. From here on, nothing holds what the peer repeats of the credentials. */
    function understand(answer: Answer): Outcome {
      if (answer.stream) {
        opened = part("transfer").open(answer, { prepared, host, timeout, limit });
        return ["success", opened];
      }
      const { mimeType } = askedOf(request);
      let outcome = classify(prepared, answer, mimeType);
      if (outcome[2] && answer.status) {
        redactAnswer(answer, secrets());
        outcome = classify(prepared, answer, mimeType);
      }
      const error = outcome[2];
      if (error) call.mayHaveActed = error.mayHaveActed ||= call.mayHaveActed;
      return outcome;
    }

    /** How many milliseconds to wait before another attempt; nothing for no other. */
    async function decide(outcome: Outcome, answer: Answer): Promise<number | undefined> {
      let wait: number | undefined;
      for (const policy of policies) {
        const wish = policy.after?.(call, outcome, answer);
        wait ??= typeof wish == "object" ? await wish : wish;
      }
      // A token that the platform does not take is renewed once, and the request sent again at once.
      if (token && outcome[2]?.status == 401 && !isRenewed && !isStream(prepared.data)) {
        isRenewed = true;
        if (await core.renew(token)) wait = 0;
      }
      for (const policy of policies) {
        const waiting = policy.decided?.(call, outcome, wait);
        if (waiting) await waiting;
      }
      return wait;
    }

    /** Waits before another attempt. The time-out of attempts does not run meanwhile. */
    function pause(ms: number): Promise<void> | undefined {
      endAt(call.lastMoment);
      if (!ms) return undefined;
      return new Promise((resume) => {
        const cancel = host.after(ms, resume);
        stop = () => (cancel(), false);
      });
    }

    /** Gives the call up at a moment, unless it has ended before. */
    function endAt(moment: number): void {
      call.deadline = moment;
      if (moment < Infinity) core.deadlines.add(call);
      else core.deadlines.delete(call);
    }

    /** Ends the call without an answer. */
    function halt(statusText: string, cut: unknown): void {
      opened?.abort(cut);
      if (call.over) return;
      const answer: Answer = { status: 0, statusText, headers: {}, cut, unsent: !stop || stop() === false };
      end(answer, understand(answer));
    }

    function end(answer: Answer, outcome: Outcome): void {
      const [textStatus, data, error, thrown] = outcome;
      call.over = true;
      if (signal) unwatch(signal, call);
      core.deadlines.delete(call);
      if (call.attempts) for (const policy of policies) policy.end?.(call, outcome, answer);
      const { responseText } = answer;
      const responseJSON = responseText && data !== responseText ? data : undefined;
      Object.assign(request, answer, { readyState: 4, responseJSON });
      settle(!error, error ? [error, textStatus, thrown] : [data === undefined ? core.blank?.(textStatus) : data, textStatus, request]);
    }

    go = () => {
      if (call.over) return;
      if (signal) watch(signal, call);
      endAt(call.lastMoment);
      void run();
    };
    if (signal?.aborted) call.abort(signal.reason);
    return () => call.abort(new Error("aborted"));
  });
  if (host.announce && options.jqueryEvents != false && request.readyState != 4) {
    const { login, api } = core.environment;
    const url = prepared.url.replace(/^(?=\/)/, isLogin ? login : api);
    host.announce(request, { type: method, method, url, data: prepared.data, headers: prepared.headers, timeout });
  }
  go();
  return request;
}

/** A call as everything that may end it sees it. */
interface Call extends Stoppable, Timed, Sink {
  readonly prepared: Prepared;
  queued: number;
  deadline: number;
  attempts: number;
  mayHaveActed: boolean;
  over: boolean;
}
