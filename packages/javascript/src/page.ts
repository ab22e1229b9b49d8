import type { Page } from "./host.js";
import { authorizeUrl, judgeReturn, makeState, readHash } from "./login.js";
import type { Verdict } from "./login.js";

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
    if (page && key) {
      if (value) page[store].setItem(key, value);
      else if (value === null) page[store].removeItem(key);
      else return page[store].getItem(key);
    }
  } catch {
    // A browser that forbids it throws; the session then lasts as long as its page.
  }
  return null;
}

/** Takes what a login left in the address of the page, and takes it out of there. */
export function takeReturn(page: Page, check: boolean): Verdict | undefined {
  const { location, history } = page;
  const { values, rest } = readHash(location.hash);
  const expected = entry(page, "sessionStorage", STATE_KEY);
  const verdict = judgeReturn(values, expected, check);
  if (verdict) {
    history.replaceState(history.state, "", location.pathname + location.search + rest);
    // One return for one departure. A foreign one leaves the state for the one that may still come.
    if (values["state"] === expected) entry(page, "sessionStorage", STATE_KEY, null);
  }
  return verdict;
}

/** Sends the page to the login, with the program's own state or one made up. */
export function leaveToLogin(page: Page, login: string, clientId: string, redirectUrl: string, state?: string): void {
  const sent = state ?? makeState(page.crypto);
  entry(page, "sessionStorage", STATE_KEY, sent);
  page.location.replace(authorizeUrl(login, clientId, redirectUrl, sent));
}
