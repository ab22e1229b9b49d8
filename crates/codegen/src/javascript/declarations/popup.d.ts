// Logins in a window of their own, written by hand.

import type { LoginWindow } from "./session.js";

/** What the window of a login looks like. */
export interface LoginPopupOptions {
  /** Pixels. Default: 800. */
  readonly width?: number;
  /** Pixels. Default: 700. */
  readonly height?: number;
  /** Milliseconds until the login is given up; 0 for never. Default: 120000. */
  readonly timeout?: number;
}

/**
 * Lets `authorize` log in through a popup, which must come back to a page of the same origin that makes a session.
 * The page stays where it is. Browsers allow a popup in answer to a click alone.
 *
 * The login fails with the code `popup_blocked`, `popup_closed` or `popup_timeout` when nothing comes back.
 */
export declare function loginPopup(options?: LoginPopupOptions): LoginWindow;
