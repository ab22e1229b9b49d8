import type { Page } from "./host.js";
import { departure, readReturn } from "./login.js";
import type { Return } from "./login.js";

/** Where a tab keeps the state it left with, for its return. */
const STATE_KEY = "purecloud_state";

/**
 * Reads, writes or (with `null`) removes an entry of one of the page's stores. Without a page or a key, and in pages
 * that may not keep anything, there is nothing.
 */
export function entry(
  page: Page | undefined,
  store: "localStorage" | "sessionStorage",
  key: string | undefined,
  value?: string | null,
): string | null {
  try {
    const kept = key && page![store];
    if (kept) {
      if (value === undefined) return kept.getItem(key);
      if (value) kept.setItem(key, value);
      else kept.removeItem(key);
    }
  } catch {
    // No page, or a browser that forbids it: the session lasts as long as its program.
  }
  return null;
}

/** Takes what a login left in the address of the page, and takes it out of there. */
export function takeReturn(page: Page, check: boolean): Return | undefined {
  const { location, history } = page;
  const expected = entry(page, "sessionStorage", STATE_KEY);
  const returned = readReturn(location.hash, expected, check);
  if (returned) {
    history.replaceState(history.state, "", location.pathname + location.search + returned.rest);
    // One return for one departure; a foreign one leaves the state for the one that may still come.
    if (returned.token) entry(page, "sessionStorage", STATE_KEY, null);
  }
  return returned;
}

/** Sends the page to the login, with the program's own state or one made up. */
export function leaveToLogin(page: Page, login: string, clientId: string, redirectUrl: string, own?: string): void {
  const { url, state } = departure(page.crypto, login, clientId, redirectUrl, own || undefined);
  entry(page, "sessionStorage", STATE_KEY, state);
  page.location.replace(url);
}
