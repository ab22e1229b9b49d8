/** The policy that sends a failed call again. When and how is decided in `retry.ts`. */
import type { CallState, Policy } from "./core.js";
import type { PureCloudError } from "./error.js";
import type { Host } from "./host.js";
import { isStream } from "./prepare.js";
import { decideRetry, DEFAULT_RETRY, RetryAllowance } from "./retry.js";
import type { Failure, RetryPolicy } from "./retry.js";

/** What of the session's retry policy is different; `false` for attempts of one only. */
export type RetryOptions = Partial<RetryPolicy> | false;

const ONCE: RetryPolicy = { ...DEFAULT_RETRY, attempts: 1 };

/** The policy that `options` make of another. */
export function readRetry(options: RetryOptions | undefined, base: RetryPolicy = DEFAULT_RETRY): RetryPolicy {
  return options === false ? ONCE : options ? { ...base, ...options } : base;
}

/** Sends failed calls again as the session's policy and their own options say. */
export function createRetrying({ now }: Pick<Host, "now">, options: RetryOptions | undefined): Policy {
  const allowance = new RetryAllowance();
  const session = readRetry(options);
  return {
    after(call, [, , error]) {
      if (!error) {
        allowance.earn();
        return undefined;
      }
      const failure = failureOf(error);
      const { prepared, attempts, isLogin } = call;
      if (failure == null || isLogin || isStream(prepared.data)) return undefined;
      const wait = decideRetry(readRetry(prepared.retry, session), {
        number: attempts,
        method: prepared.method,
        reads: !!prepared.reads,
        failure,
        retryAfter: error.retryAfter == null ? undefined : error.retryAfter * 1_000,
        spent: spentBy(call, now()),
        random: Math.random(),
      });
      return typeof wait == "number" && allowance.spend(failure) ? wait : undefined;
    },
  };
}

/** What a call has spent of its time. */
export function spentBy({ began, queued, lastMoment }: CallState, now: number) {
  return { elapsed: now - began, queued, total: lastMoment - began };
}

/** How an attempt failed; `undefined` for failures that another attempt does not mend. */
function failureOf({ kind, status }: PureCloudError): Failure | undefined {
  if (kind == "refused") return status;
  if (kind == "unreached") return "not-sent";
  return kind == "broken" || kind == "cut" ? "broken" : undefined;
}
