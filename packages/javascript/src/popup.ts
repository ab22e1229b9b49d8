/** Logins in a window of their own; a module that pages load when they want it. */
import type { LoginWindow } from "./authorize.js";
import { loginError, PureCloudError } from "./error.js";
import { POPUP_NAME } from "./page.js";

/** What the window of a login looks like. */
export interface LoginPopupOptions {
  /** Pixels. @default 800 */
  readonly width?: number;
  /** Pixels. @default 700 */
  readonly height?: number;
  /** Milliseconds until the login is given up; 0 for never. @default 120000 */
  readonly timeout?: number;
}

/** How often the page looks whether the person has closed the window, in milliseconds. */
const LOOK = 250;

/** For how long the window of a login that came back can be used again, in milliseconds. */
const REUSE = 500;

/**
 * Lets `authorize` log in through a popup, which must come back to a page of the same origin that makes a session.
 * The page stays where it is. Browsers allow a popup in answer to a click alone.
 *
 * The login fails with the code `popup_blocked`, `popup_closed` or `popup_timeout` when nothing comes back.
 */
export function loginPopup({ width = 800, height = 700, timeout = 120_000 }: LoginPopupOptions = {}): LoginWindow {
  let closing: ReturnType<typeof setTimeout> | undefined;
  return (address, redirectUrl) =>
    new Promise((resolve, reject) => {
      clearTimeout(closing);
      const { origin } = new URL(redirectUrl, location.href);
      if (origin != location.origin) {
        throw new PureCloudError(`the popup must come back to ${location.origin}, not to ${origin}`, { code: "popup" });
      }
      const opened = window.open(address, POPUP_NAME, `popup=true,width=${width},height=${height}`);
      const end = (code?: string, message?: string) => {
        removeEventListener("message", listen);
        clearInterval(looking);
        clearTimeout(clock);
        // A refused grant leads to the login once more, and browsers do not allow another window without a click.
        closing = setTimeout(() => opened?.close(), code ? 0 : REUSE);
        if (code) reject(loginError(message!, { code }));
      };
      const listen = ({ source, origin: from, data }: MessageEvent) => {
        // Any window may send messages here.
        if (source != opened || from != origin || data?.name != "gc_auth_popup" || data.type != "message") return;
        end();
        resolve({ search: `${data.search || ""}`, hash: `${data.hash || ""}` });
      };
      addEventListener("message", listen);
      const looking = setInterval(() => {
        if (opened?.closed) end("popup_closed", "the login window was closed before the login ended");
      }, LOOK);
      const clock = timeout > 0 ? setTimeout(() => end("popup_timeout", `the login took longer than ${timeout} ms`), timeout) : 0;
      if (!opened) end("popup_blocked", "the browser blocked the login window; open it in a click handler");
    });
}
