/** The policy that lets calls go out: no more at a time than allowed, and spaced by the platform's rate limit. */
import { RateBudget } from "./budget.js";
import type { Observation } from "./budget.js";
import type { CallState, Policy } from "./core.js";
import { PureCloudError } from "./error.js";
import type { Answer, Host } from "./host.js";
import { patienceOf } from "./retry.js";
import type { RetryPolicy } from "./retry.js";
import { readRetry, spentBy } from "./retrying.js";

/** Which of the calls that wait goes first: what somebody waits for, or what can take its time. */
export type Priority = "interactive" | "background";

/** How calls are let out. */
export interface GovernorOptions {
  /** Most calls under way at a time. @default 100 */
  readonly maxInFlight?: number | undefined;
  /** Whether calls are spaced by the platform's rate limit, so that a 429 is rare. @default true */
  readonly rateLimit?: boolean | undefined;
  /** What spaces them instead. */
  readonly budget?: unknown;
}

/** A call that waits for its turn. */
export interface WaitingCall {
  readonly operation: string;
  readonly priority: Priority;
  /** Milliseconds since it began to wait. */
  readonly waited: number;
  /** Takes it out of the queue; it fails with the status `abort`. */
  cancel(): void;
}

interface Waiting {
  readonly call: CallState;
  readonly since: number;
  /** When the budget would let it out, were nothing else in its way. */
  readonly slot: number;
  readonly go: () => void;
}

const DEFAULT_IN_FLIGHT = 100;

/** The calls of a session that are under way, and those that wait. */
export class Governor implements Policy {
  readonly #host: Pick<Host, "now" | "after">;
  readonly #retry: RetryPolicy;
  readonly #token: () => unknown;
  readonly #limit: number;
  readonly #budget: RateBudget | undefined;
  readonly #waiting: Record<Priority, Set<Waiting>> = { interactive: new Set(), background: new Set() };
  /** Reserved moments of the budget, in order, one for each call that waits. The first in the queue gets the first. */
  readonly #slots: number[] = [];
  /** How many calls are under way: those with a `slot`. */
  #underWay = 0;
  #knownToken: unknown;
  #stopTimer: (() => void) | undefined;

  /** @param token The token that the next call would have. Another one has a budget of its own. */
  constructor(
    host: Pick<Host, "now" | "after">,
    options: GovernorOptions & { readonly retry?: Parameters<typeof readRetry>[0] },
    token: () => unknown,
  ) {
    const { maxInFlight = DEFAULT_IN_FLIGHT, rateLimit = true, budget } = options;
    if (!(maxInFlight >= 1)) throw new PureCloudError("maxInFlight is less than 1, so no call could be sent");
    this.#host = host;
    this.#retry = readRetry(options.retry);
    this.#token = token;
    this.#limit = maxInFlight;
    this.#budget = rateLimit && !budget ? new RateBudget() : undefined;
  }

  /** The calls that wait, in the order in which they will go. */
  queue(): WaitingCall[] {
    const now = this.#host.now();
    return (["interactive", "background"] as const).flatMap((priority) =>
      [...this.#waiting[priority]].map(({ call, since }) => ({
        operation: call.prepared.id,
        priority,
        waited: now - since,
        cancel: () => call.abort(new Error("taken out of the queue")),
      })),
    );
  }

  before(call: CallState): void | Promise<void> {
    // A login is what the other calls may wait for.
    if (call.isLogin) return;
    this.#noticeToken();
    const now = this.#host.now();
    const slot = this.#reserve(call, now);
    if (slot <= now && !this.#slots.length && this.#underWay < this.#limit) {
      this.#enter(call, slot);
      return;
    }
    this.#insertSlot(slot);
    return new Promise((resolve) => {
      const entry: Waiting = { call, since: now, slot, go: resolve };
      this.#waiting[call.prepared.priority ?? "interactive"].add(entry);
      this.#dispatch();
    });
  }

  after(call: CallState, _outcome: unknown, answer: Answer): undefined {
    const { slot } = call;
    if (!this.#leave(call)) return;
    if (answer.status) this.#budget?.answered(this.#host.now(), observe(answer));
    else if (answer.unsent) this.#budget?.released(slot!);
    else this.#budget?.abandoned();
    this.#dispatch();
  }

  end(call: CallState): void {
    if (this.#leave(call)) {
      this.#budget?.abandoned();
    } else {
      const queue = this.#waiting[call.prepared.priority ?? "interactive"];
      const entry = [...queue].find((one) => one.call === call);
      if (!entry) return;
      queue.delete(entry);
      // Those behind it move up, so the last of the reserved moments is free.
      const slot = this.#slots.pop()!;
      this.#budget?.released(slot);
    }
    this.#dispatch();
  }

  #enter(call: CallState, slot: number): void {
    call.slot = slot;
    this.#underWay++;
  }

  /** Whether the call was under way until now. */
  #leave(call: CallState): boolean {
    if (call.slot == null) return false;
    call.slot = undefined;
    this.#underWay--;
    return true;
  }

  #noticeToken(): void {
    const token = this.#token();
    if (typeof token != "string" || token === this.#knownToken) return;
    if (this.#knownToken) this.#budget?.renew();
    this.#knownToken = token;
  }

  /** Takes a place in the budget. @throws {PureCloudError} when the call may not wait so long. */
  #reserve(call: CallState, now: number): number {
    if (!this.#budget) return now;
    const { prepared } = call;
    const patience = patienceOf(readRetry(prepared.retry, this.#retry), spentBy(call, now));
    const slot = this.#budget.admit(now, patience);
    if (slot != null) return slot;
    throw rateLimited(prepared.id, this.#budget.wait(now));
  }

  #insertSlot(slot: number): void {
    let place = this.#slots.length;
    while (place && this.#slots[place - 1]! > slot) place--;
    this.#slots.splice(place, 0, slot);
  }

  /** Lets out those whose turn it is, and comes back for the next. */
  #dispatch(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    while (this.#slots.length && this.#underWay < this.#limit) {
      const now = this.#host.now();
      const due = Math.max(this.#slots[0]!, this.#budget?.paused_until ?? 0);
      if (due > now) {
        this.#stopTimer = this.#host.after(due - now, () => this.#dispatch());
        return;
      }
      const queue = this.#waiting.interactive.size ? this.#waiting.interactive : this.#waiting.background;
      const entry = queue.values().next().value!;
      queue.delete(entry);
      entry.call.queued += Math.max(now - Math.max(entry.since, entry.slot), 0);
      this.#enter(entry.call, this.#slots.shift()!);
      entry.go();
    }
  }
}

/** The error of a call that may not wait as long as the rate limit asks, in milliseconds. */
export function rateLimited(operation: string, wait: number): PureCloudError {
  const retryAfter = Math.ceil(wait / 1_000);
  const message = `the rate limit holds the call for ${retryAfter} s, which is longer than it may wait`;
  return new PureCloudError(message, { kind: "unreached", code: "rate.limit", operation, retryAfter });
}

/** What an answer says about the rate limit. */
export function observe({ status, headers }: Answer): Observation {
  const number = (name: string) => {
    const text = headers[name];
    return text && /^\s*\d{1,10}\s*$/.test(text) ? +text : undefined;
  };
  return {
    status,
    count: number("inin-ratelimit-count"),
    allowed: number("inin-ratelimit-allowed"),
    reset: number("inin-ratelimit-reset"),
    retryAfter: number("retry-after"),
  };
}
