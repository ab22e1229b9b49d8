/** When a call is sent again after a failure, and how long it waits before. The clock and the dice are arguments. */

/** How a session or a call treats failures that may pass. Times are in milliseconds. */
export interface RetryPolicy {
  /** Attempts in all, the first included; 1 means that nothing is repeated. @default 4 */
  readonly attempts: number;
  /** Upper bound of the wait before the second attempt; it doubles with each further one. @default 300 */
  readonly base: number;
  /** Upper bound of a wait of ours. A wait that the platform names is never shortened. @default 30000 */
  readonly cap: number;
  /**
   * Time from the start of the call: an attempt that would begin later is not made, and the caller sees the failure at
   * once. @default 120000
   */
  readonly limit: number;
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 4, base: 300, cap: 30_000, limit: 120_000 };

/**
 * How an attempt failed: the status of the answer; `not-sent` when no connection was opened, so that nothing was acted
 * on; `broken` when the connection broke or no answer came in time, so that the platform may have acted on it.
 */
export type Failure = number | "not-sent" | "broken";

/** One failed attempt and its circumstances. */
export interface FailedAttempt {
  /** Attempts made so far; 1 after the first. */
  readonly number: number;
  readonly method: string;
  /** A POST that only reads, such as a search. */
  readonly reads: boolean;
  readonly failure: Failure;
  /** Milliseconds that the platform asks for. */
  readonly retryAfter?: number | undefined;
  readonly spent: SpentTime;
  /** In 0..1, 1 excluded. */
  readonly random: number;
}

/** Milliseconds that a call has spent. */
export interface SpentTime {
  /** Since the call began. */
  readonly elapsed: number;
  /** Of this, while it waited behind other calls of the session. */
  readonly queued?: number | undefined;
  /** How long the call may take in all, where its caller says so. */
  readonly total?: number | undefined;
}

/**
 * How long a call may still wait before its next attempt begins. This bounds every wait: for the platform's rate limit,
 * and for another attempt.
 */
export function patienceOf({ limit }: RetryPolicy, { elapsed, queued = 0, total = Infinity }: SpentTime): number {
  return Math.max(Math.min(limit - (elapsed - queued), total - elapsed), 0);
}

/**
 * Why a call is not repeated: another attempt would fail alike; the platform may have acted on the request, and a second
 * one might do harm; all attempts are used up; the wait would end past the limit.
 */
export type Stop = "permanent" | "unsafe" | "attempts" | "limit";

/** Whether to send the call again: the milliseconds to wait before, or why not. */
export function decideRetry(policy: RetryPolicy, attempt: FailedAttempt): number | Stop {
  const { number, failure, retryAfter, random } = attempt;
  if (typeof failure == "number" && !isPassing(failure)) return "permanent";
  const wasRefused = failure == 429 || failure == "not-sent";
  const isHarmless = attempt.reads || !/^(POST|PATCH)$/.test(attempt.method);
  if (!wasRefused && !isHarmless) return "unsafe";
  if (number >= policy.attempts) return "attempts";
  // Jitter is for our own waits: when the platform says "wait 7 s" it has already spread its callers.
  const wait = retryAfter ?? Math.min(policy.base * 2 ** (number - 1), policy.cap) * random;
  return wait > patienceOf(policy, attempt.spent) ? "limit" : wait;
}

/** Whether a failure with this status may pass by itself: 408, 429 and 5xx but for those that say "never". */
const isPassing = (status: number) =>
  status == 408 || status == 429 || (status > 499 && status < 600 && status != 501 && status != 505);

/**
 * What a session may spend on repetitions, so that an outage is not multiplied by those who suffer it.
 *
 * A success earns 1 up to 100, a repetition costs 5: when everything fails, a session repeats 20 calls and then one in
 * twenty-five of those that succeed. A repetition that the platform asked for (429) costs nothing.
 */
export class RetryAllowance {
  #left = MOST_ALLOWANCE;

  /** After a success. */
  earn(): void {
    if (this.#left < MOST_ALLOWANCE) this.#left++;
  }

  /** Before a repetition: whether it may be made. */
  spend(failure: Failure): boolean {
    if (failure == 429) return true;
    if (this.#left < REPETITION_COST) return false;
    this.#left -= REPETITION_COST;
    return true;
  }
}

const MOST_ALLOWANCE = 100;
const REPETITION_COST = 5;
