// Rate budgets that sessions and processes share, written by hand.

import type { SharedBudget } from "./session.js";

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
   * Gets what the store throws. The session uses a budget of its own then. Default: a warning on the console, once,
   * without what was thrown, which may hold the store's password.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Makes what the session option `budget` takes: the rate budget of the session's token is kept in this store. */
export declare function shareBudget(store: BudgetStore, options?: SharingOptions): SharedBudget;

/** A store for the sessions of one process. */
export declare function memoryBudgets(): BudgetStore;
