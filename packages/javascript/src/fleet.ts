/** One rate budget for all sessions and processes that use a token; a module that programs load when they want it. */
import { RateBudget } from "./budget.js";
import type { CallState, Core, Policy } from "./core.js";
import type { PureCloudError } from "./error.js";
import { observe, rateLimited } from "./governor.js";
import type { WaitingCall } from "./governor.js";
import type { Answer } from "./host.js";
import { patienceOf } from "./retry.js";
import { readRetry, spentBy } from "./retrying.js";
import { budgetKey, changeSharedBudget, hexadecimal } from "./shared-budget.js";

/**
 * Keeps rate budgets for a fleet, as short texts under keys. The Rust SDK has the same texts under the same keys, so both
 * can share a store. Keys are digests of tokens, never tokens.
 */
export interface BudgetStore {
  /**
   * Replaces the text under `key` by what `change` makes of it, without anybody in between: in a transaction, or by
   * comparing and trying again. `change` may be called more than once; the last call is the one that counts. A text that
   * has not changed for ten minutes can be forgotten.
   */
  update(key: string, change: (text?: string | null) => string): unknown;
}

/** How a budget is shared. */
export interface SharingOptions {
  /**
   * Gets what the store throws. The session uses a budget of its own then.
   * @default A warning on the console, once, without what was thrown, which may hold the store's password
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** For how long the store is waited for; a call must not hang with it. */
const STORE_PATIENCE = 5_000;

/** More tokens than anybody has at a time. */
const MOST_BUDGETS = 1_000;

/** Makes what the session option `budget` takes: the rate budget of the session's token is kept in this store. */
export function shareBudget(store: BudgetStore, { onError }: SharingOptions = {}): (core: Core) => Policy {
  let warned = false;
  const report =
    onError ||
    (() => {
      if (!warned) console.warn("the store of rate budgets failed; the session uses a budget of its own");
      warned = true;
    });
  return (core) => (core.options.rateLimit == false ? {} : new Fleet(core, store, report));
}

/** A store for the sessions of one process. */
export function memoryBudgets(): BudgetStore {
  const texts = new Map<string, string>();
  return {
    update(key, change) {
      const text = change(texts.get(key));
      if (texts.size >= MOST_BUDGETS && !texts.has(key)) texts.clear();
      texts.set(key, text);
    },
  };
}

/** A reserved moment of a budget. */
interface Slot {
  /** The budget in the store; `undefined` for the session's own. */
  readonly key: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The same in the milliseconds of `Host.now`, which nobody sets back. */
  readonly due: number;
}

/** A call with a place in a budget. */
interface Member {
  readonly call: CallState;
  readonly since: number;
  /** The one that it took; when calls of other priority are about, another of the same budget. */
  slot: Slot;
  /** Lets it out; gone once it is out. */
  go: (() => void) | undefined;
}

/** Spaces the calls of a session by a budget that others share. A call has its place among those under way before. */
class Fleet implements Policy {
  readonly #core: Core;
  readonly #store: BudgetStore;
  readonly #report: (error: unknown) => void;
  readonly #caller = hexadecimal(crypto.getRandomValues(new Uint8Array(16)));
  /** Of calls without a token, and of all calls while the store fails. */
  readonly #own = new RateBudget();
  readonly #members = new Map<CallState, Member>();
  /** Of the members that wait, in order. The first of them in the queue gets the first. */
  readonly #slots: Slot[] = [];
  /** Nothing goes out before, in the milliseconds of `Host.now`. */
  #paused = 0;
  #known: readonly [token: string, key: string] | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(core: Core, store: BudgetStore, report: (error: unknown) => void) {
    this.#core = core;
    this.#store = store;
    this.#report = report;
  }

  async before(call: CallState): Promise<void> {
    if (call.isLogin) return;
    const { host } = this.#core;
    const since = host.now();
    const slot = await this.#admit(call);
    if (call.over) return this.#leave(slot, (budget) => budget.released(slot.at));
    const member: Member = { call, since, slot, go: undefined };
    this.#members.set(call, member);
    await new Promise<void>((go) => {
      member.go = go;
      let place = this.#slots.length;
      while (place && this.#slots[place - 1]!.due > slot.due) place--;
      this.#slots.splice(place, 0, slot);
      this.#dispatch();
    });
  }

  after(call: CallState, _outcome: unknown, answer: Answer): undefined {
    const slot = this.#members.get(call)?.slot;
    if (!slot) return;
    this.#members.delete(call);
    this.#leave(slot, (budget, now) => {
      if (answer.status) budget.answered(now, observe(answer));
      else if (answer.unsent) budget.released(slot.at);
      else budget.abandoned();
    });
  }

  end(call: CallState): void {
    const member = this.#members.get(call);
    if (!member) return;
    this.#members.delete(call);
    const { go } = member;
    // Those behind it move up, so the last of the reserved moments is free.
    const last = go && this.#slots.map(({ key }) => key).lastIndexOf(member.slot.key);
    const [slot] = last == null ? [member.slot] : this.#slots.splice(last, 1);
    this.#leave(slot!, (budget) => (go ? budget.released(slot!.at) : budget.abandoned()));
    this.#dispatch();
  }

  queue(): WaitingCall[] {
    const now = this.#core.host.now();
    return this.#waiting().map(({ call, since }) => ({
      operation: call.prepared.id,
      priority: call.prepared.priority ?? "interactive",
      waited: now - since,
      cancel: () => call.abort(new Error("taken out of the queue")),
    }));
  }

  /** The members that wait, in the order in which they go. */
  #waiting(): Member[] {
    const waiting = [...this.#members.values()].filter(({ go }) => go);
    const isLater = ({ call }: Member) => +(call.prepared.priority == "background");
    return waiting.sort((one, other) => isLater(one) - isLater(other));
  }

  /** Takes a place in a budget. @throws {PureCloudError} when the call may not wait so long. */
  async #admit(call: CallState): Promise<Slot> {
    const { host, options } = this.#core;
    // The platform counts the calls of a token, so it must be there first. Whether the call can do without is not
    // decided here.
    const token = await unlessItFails(() => this.#core.token());
    const { prepared } = call;
    const patience = () => patienceOf(readRetry(prepared.retry, readRetry(options.retry)), spentBy(call, host.now()));
    const take = (key: string | undefined) => (budget: RateBudget, now: number) => {
      const at = budget.admit(now, patience());
      return at == null ? rateLimited(prepared.id, budget.wait(now)) : { key, at, due: host.now() + at - now };
    };
    const key = token ? await this.#keyOf(token) : undefined;
    let taken: Slot | PureCloudError | undefined;
    if (key) {
      const taking = this.#change(key, take(key));
      let stop = () => {};
      const late = new Promise<undefined>((resolve) => (stop = host.after(STORE_PATIENCE, () => resolve(undefined))));
      taken = await Promise.race([taking, late]);
      stop();
      if (!taken) {
        // It may still come, with a place that nobody takes then.
        void taking.then((slot) => slot && "at" in slot && this.#leave(slot, (budget) => budget.released(slot.at)));
      }
    }
    taken ??= take(undefined)(this.#own, host.time());
    if ("at" in taken) return taken;
    throw taken;
  }

  async #keyOf(token: string): Promise<string> {
    if (this.#known?.[0] != token) {
      if (this.#known) this.#own.renew();
      this.#known = [token, await budgetKey(token)];
    }
    return this.#known![1];
  }

  /** Changes a budget in the store for everybody; `undefined` when the store failed. */
  async #change<T>(key: string, change: (budget: RateBudget, now: number) => T): Promise<T | undefined> {
    const { host } = this.#core;
    let outcome: T | undefined;
    try {
      await this.#store.update(key, (text) => {
        const now = host.time();
        const [next, value] = changeSharedBudget(text, this.#caller, now, (budget) => {
          outcome = change(budget, now);
          return budget.paused_until - now;
        });
        this.#paused = host.now() + Math.max(value, 0);
        return next;
      });
      return outcome;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  /** Gives a place back. Nobody waits for the store to take it. */
  #leave({ key }: Slot, change: (budget: RateBudget, now: number) => void): void {
    if (key) void this.#change(key, change);
    else change(this.#own, this.#core.host.time());
  }

  /** Lets out those whose turn it is, and comes back for the next. */
  #dispatch(): void {
    const { host } = this.#core;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    while (this.#slots.length) {
      const now = host.now();
      const due = Math.max(this.#slots[0]!.due, this.#paused);
      if (due > now) {
        this.#stopTimer = host.after(due - now, () => this.#dispatch());
        return;
      }
      const slot = this.#slots.shift()!;
      const member = this.#waiting().find((one) => one.slot.key == slot.key)!;
      member.call.queued += Math.max(now - Math.max(member.since, member.slot.due), 0);
      member.slot = slot;
      const { go } = member;
      member.go = undefined;
      go!();
    }
  }
}

async function unlessItFails<T>(act: () => T): Promise<Awaited<T> | undefined> {
  try {
    return await act();
  } catch {
    return undefined;
  }
}
