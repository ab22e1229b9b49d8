/**
 * The rate budget of a token: how many calls the platform still takes, and when the next one goes out.
 *
 * The platform counts the calls of a token in a window of a minute and says in each answer how far it has counted. Half
 * of what it allows goes out at once; the rest is spaced over what is left of the window, so that a busy program slows
 * down before it runs into a 429. Moments are milliseconds of any epoch.
 */

/** What one answer says about the window. */
export interface Observation {
  readonly status: number;
  /** `inin-ratelimit-count`: calls counted in this window. */
  readonly count?: number | undefined;
  /** `inin-ratelimit-allowed`: calls allowed in a window. */
  readonly allowed?: number | undefined;
  /** `inin-ratelimit-reset`: seconds until the window ends. */
  readonly reset?: number | undefined;
  /** `Retry-After` in seconds. */
  readonly retryAfter?: number | undefined;
}

/** A window of the platform's count. The names are those of the text that a fleet shares, in the Rust SDK too. */
export interface BudgetWindow {
  readonly start: number;
  end: number;
  /** Calls of this window: those counted by the platform, and those under way. */
  used: number;
  /** When the next spaced call may go. */
  next_slot: number;
}

/** Length of a window whose end no answer has named yet. */
const WINDOW = 60_000;
/** Answers name the end in whole seconds, so that two of one window differ by up to this much. */
const SAME_WINDOW = 2_000;
/** No window is longer, and no call waits longer, whatever an answer says. */
const LONGEST_PAUSE = 3_600_000;

/** What is known of the windows of a token. */
export class RateBudget {
  /** Calls allowed in a window; unknown until an answer says. */
  allowed: number | null = null;
  /** Calls with a place and without an answer yet. */
  in_flight = 0;
  /** The window under way and those that calls wait for, in order. */
  windows: BudgetWindow[] = [];
  /** Nothing goes out before. */
  paused_until = 0;

  /**
   * Takes a place for a call that can wait for `patience`; the moment at which the call goes out. The place is held
   * until `answered`, `abandoned` or `released`. `undefined` when the wait would be longer than `patience` or an hour:
   * no place is taken then, and `wait` says how long it would be.
   */
  admit(now: number, patience: number): number | undefined {
    this.windows = this.windows.filter(({ end }) => end > now);
    const begin = Math.max(now, this.paused_until);
    const slot = this.#find(begin);
    if (slot - now > Math.min(patience, LONGEST_PAUSE)) return undefined;
    if (this.allowed != null) {
      let window = this.windows.find((one) => slotIn(one, begin, this.allowed!) != null);
      if (!window) this.windows.push((window = { start: slot, end: slot + WINDOW, used: 0, next_slot: 0 }));
      if (window.used >= Math.floor(this.allowed / 2)) {
        const left = Math.max(this.allowed - window.used, 1);
        window.next_slot = slot + Math.floor(Math.max(window.end - slot, 0) / left);
      }
      window.used++;
    }
    this.in_flight++;
    return slot;
  }

  /** How long a call would have to wait now. */
  wait(now: number): number {
    return this.#find(Math.max(now, this.paused_until)) - now;
  }

  /** An answer came. */
  answered(now: number, { status, count, allowed, reset, retryAfter }: Observation): void {
    this.in_flight = Math.max(this.in_flight - 1, 0);
    if (status == 429) {
      const pause = (retryAfter ?? Math.max(reset ?? 1, 1)) * 1_000;
      this.paused_until = Math.max(this.paused_until, now + Math.min(pause, LONGEST_PAUSE));
    }
    const isFirst = this.allowed == null;
    this.allowed = allowed || this.allowed;
    // An answer that says nothing about the window leaves it as it was.
    if (this.allowed == null || (!isFirst && reset == null)) return;
    const end = now + Math.min(reset == null ? WINDOW : reset * 1_000, LONGEST_PAUSE);
    this.windows = this.windows.filter((window) => window.end > now);
    const current = this.windows[0]?.start! <= now ? this.windows[0] : undefined;
    // An answer of the window before, which comes late.
    if (current && end + SAME_WINDOW < current.end) return;
    if (!current || end > current.end + SAME_WINDOW) {
      this.windows = this.windows.filter(({ start }) => start >= end);
      this.windows.unshift({ start: now, end, used: 0, next_slot: 0 });
    }
    // Other processes may use the same token: the platform's count is the truth when it is higher. Calls that wait for
    // a later window are under way too, but not in this one.
    const [window, ...later] = this.windows as [BudgetWindow, ...BudgetWindow[]];
    const underWay = Math.max(this.in_flight - later.reduce((sum, { used }) => sum + used, 0), 0);
    window.used = Math.max(window.used, (count ?? 0) + underWay);
    window.end = Math.min(window.end, end);
  }

  /** The call went out and no answer will come: the platform may have counted it. */
  abandoned(): void {
    this.in_flight = Math.max(this.in_flight - 1, 0);
  }

  /** The call did not go out: its place is for another. */
  released(slot: number): void {
    this.abandoned();
    const window = this.windows.find(({ start, end }) => start <= slot && slot < end);
    if (!window) return;
    window.used = Math.max(window.used - 1, 0);
    window.next_slot = Math.min(window.next_slot, slot);
  }

  /** The token has changed, and with it the window; calls under way still come back here. */
  renew(): void {
    this.allowed = null;
    this.windows = [];
    this.paused_until = 0;
  }

  /** When a call that cannot go before `begin` goes out: in the first window with a place, or in one after the last. */
  #find(begin: number): number {
    if (this.allowed == null) return begin;
    for (const window of this.windows) {
      const slot = slotIn(window, begin, this.allowed);
      if (slot != null) return slot;
    }
    return Math.max(this.windows.at(-1)?.end ?? begin, begin);
  }
}

/** When a call that cannot go before `begin` can go in a window; `undefined` when the window has no place. */
function slotIn(window: BudgetWindow, begin: number, allowed: number): number | undefined {
  const at = Math.max(begin, window.start);
  if (at >= window.end || window.used >= allowed) return undefined;
  // Places can be free behind the last slot: a limit rises, or a call gives its place back.
  const isSpaced = window.used >= Math.floor(allowed / 2) && window.next_slot < window.end;
  return isSpaced ? Math.max(at, window.next_slot) : at;
}
