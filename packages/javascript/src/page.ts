import type { Page } from "./host.js";
import { readReturn } from "./login.js";
import type { Departure, Return } from "./login.js";
import { readStored } from "./token.js";
import type { StoredToken, TokenStorage } from "./token.js";

/** Where a tab keeps what it left with, for its return. */
const DEPARTURE_KEY = "purecloud_login";

/** The name of the window of a login in a popup, by which a page knows that it is in one. */
export const POPUP_NAME = "purecloud_popup";

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

/**
 * Keeps the token in a store of the page: the bare token under `key`, where programs of older generations read it, and
 * what else is known of it under a second key. A bare token alone was kept by an older generation.
 */
export function pageStorage(page: Page, store: "localStorage" | "sessionStorage", key: string): TokenStorage {
  const details = `${key}_details`;
  const write = (token: StoredToken | null) => {
    entry(page, store, key, token && token.access_token);
    entry(page, store, details, token && JSON.stringify(token));
  };
  return {
    load() {
      const access_token = entry(page, store, key);
      const known = readStored(entry(page, store, details));
      if (known && known.access_token == access_token) return known;
      return access_token ? { access_token } : null;
    },
    save: write,
    clear: () => write(null),
  };
}

/** What the sessions of one page share: two of them, as React's StrictMode makes, are one visit to the login. */
export interface Visit {
  /** What the login brought back, until it has been used up. */
  returned?: Return | undefined;
  /** When the page was last sent to the login, in milliseconds since 1970; 0 for never. */
  left: number;
}

const visits = new WeakMap<Page, Visit>();

/** The visit of a page. The first session of the page takes what a login left in the address out of there. */
export function visitOf(page: Page, check: boolean, now: number): Visit {
  let visit = visits.get(page);
  if (!visit) {
    visits.set(page, (visit = { left: 0 }));
    const { location, history } = page;
    const { search, hash } = location;
    if (page.opener && page.name == POPUP_NAME) {
      // The page that opened this window is waiting for the address. This window has no login of its own to begin.
      page.opener.postMessage({ name: "gc_auth_popup", type: "message", search, hash }, location.origin);
      visit.left = Infinity;
    } else {
      const departure = readDeparture(page);
      visit.returned = readReturn(search, hash, departure, check, now);
      if (visit.returned) {
        history.replaceState(history.state, "", location.pathname + visit.returned.rest);
        // One return for one departure; a foreign one leaves the departure for the one that may still come.
        if (visit.returned.departure) keepDeparture(page, { state: departure.state, at: 0 });
      }
    }
  }
  return visit;
}

/** What this tab last left with. */
export function readDeparture(page: Page): Departure {
  try {
    const kept = JSON.parse(entry(page, "sessionStorage", DEPARTURE_KEY)!);
    if (kept.at >= 0) return kept;
  } catch {
    // It has not left, or somebody else has written there.
  }
  return { state: "", at: 0 };
}

/** Keeps what this tab leaves with; false where the browser keeps nothing. */
export function keepDeparture(page: Page, departure: Departure): boolean {
  const text = JSON.stringify(departure);
  entry(page, "sessionStorage", DEPARTURE_KEY, text);
  return entry(page, "sessionStorage", DEPARTURE_KEY) == text;
}
