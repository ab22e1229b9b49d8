/**
 * The rate budget of a token as several processes keep it in a store: a text that the Rust SDK reads and writes too. It
 * says who has how many calls under way, so that those of a process that died are not waited for.
 */
import { RateBudget } from "./budget.js";

interface Caller {
  in_flight: number;
  /** When it last changed the budget. */
  seen: number;
}

/** A caller that has been silent for so long has no calls under way any more. */
const CALLER_SILENCE = 120_000;
/** No moment is further away: a wait of an hour, and the window after it. */
const FURTHEST = 7_200_000;
/** More windows than an hour has. */
const MOST_WINDOWS = 100;
const MOST_CALLS = 2 ** 31 - 1;

/**
 * Changes the budget that `text` holds on behalf of a caller, and gives the text to keep in its place. What is not a
 * sound budget is one of which nothing is known: anybody may have written it.
 */
export function changeSharedBudget<T>(
  text: string | undefined | null,
  caller: string,
  now: number,
  change: (budget: RateBudget) => T,
): readonly [text: string, outcome: T] {
  const { budget, callers } = readShared(text, now);
  for (const [name, { seen, in_flight }] of callers) {
    if (seen + CALLER_SILENCE <= now || !in_flight) callers.delete(name);
  }
  const before = [...callers.values()].reduce((sum, { in_flight }) => sum + in_flight, 0);
  budget.in_flight = before;
  const outcome = change(budget);
  const own = callers.get(caller)?.in_flight ?? 0;
  callers.set(caller, { in_flight: Math.max(own + budget.in_flight - before, 0), seen: now });
  return [JSON.stringify({ budget, callers: Object.fromEntries(callers) }), outcome];
}

/** The key of a token's budget in a store: half of the digest of its header, from which nobody gets the token. */
export async function budgetKey(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`Bearer ${token}`));
  return hexadecimal(new Uint8Array(digest, 0, 16));
}

/** Bytes as a text. */
export function hexadecimal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function readShared(text: string | undefined | null, now: number): { budget: RateBudget; callers: Map<string, Caller> } {
  const budget = new RateBudget();
  const callers = new Map<string, Caller>();
  try {
    const { budget: stored, callers: names } = JSON.parse(text || "null");
    const { allowed, windows, paused_until } = stored;
    const entries = Object.entries(names as Record<string, Caller>);
    const moments: number[] = [paused_until];
    const counts: number[] = [allowed ?? 0];
    for (const { start, end, used, next_slot } of windows) {
      moments.push(start, end, next_slot);
      counts.push(used);
    }
    for (const [, { in_flight }] of entries) counts.push(in_flight);
    const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
    const isSound =
      windows.length <= MOST_WINDOWS &&
      moments.every((moment) => isCount(moment) && moment <= now + FURTHEST) &&
      counts.every((count) => isCount(count) && count <= MOST_CALLS) &&
      entries.every(([, { seen }]) => isCount(seen));
    if (isSound) {
      budget.allowed = allowed ?? null;
      budget.paused_until = paused_until;
      budget.windows = windows.map(({ start, end, used, next_slot }: any) => ({ start, end, used, next_slot }));
      for (const [name, { in_flight, seen }] of entries) callers.set(name, { in_flight, seen });
    }
  } catch {
    // It is not such a text.
  }
  return { budget, callers };
}
