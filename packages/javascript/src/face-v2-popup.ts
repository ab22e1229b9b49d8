/** The logins in a popup of the third generation, whose page comes from the program and sends what it was given. */
import { PureCloudError } from "./error.js";

/** How a login opens its popup. */
export interface AuthPopupConfiguration {
  /** Whether logins open a popup; else the page itself goes to the login. @default false */
  usePopup?: boolean;
  /** Milliseconds until the login is given up. @default 120000 */
  popupTimeout?: number;
  /** Whether the popup is sent a `notify` message each second. @default false */
  notifyPopup?: boolean;
  /** @default true */
  autoClosePopup?: boolean;
  /** Milliseconds between the message of the popup and its end. @default 3000 */
  autoClosePopupDelay?: number;
  /** @default `_blank` */
  popupTarget?: string;
  /** @default `popup=true,width=800,height=700` */
  popupWindowFeatures?: string;
  /** A page of the program's own in place of the login. */
  overridePopupUrl?: string;
  overridePopupUrlParameters?: { [name: string]: string };
  /** Whether that page is given the parameters of the login, too. @default false */
  overridePopupUrlAuthParameters?: boolean;
  /** Whether the page goes where the popup came back to, instead of finishing the login itself. @default false */
  useWindowReplace?: boolean;
  overrideWindowReplaceUri?: string;
  waitForLoginPromise?: boolean;
  /** Whether the messages of the popup must repeat the identifier that the status listeners get. @default false */
  usePopupIdentifier?: boolean;
}

/** What listeners are called with. */
export type AuthPopupStatus = "INIT" | "ERROR" | "TIMEOUT" | "AUTHENTICATED" | "AUTH_ERROR" | "ABORTED" | "REDIRECTING";

export type StatusListener = (status: AuthPopupStatus, message: string, identifier?: string) => void;

/** What a popup has brought back. */
export interface PopupMessage {
  readonly search: string;
  readonly hash: string;
  /** What the page of the popup has got itself. */
  readonly auth?: Record<string, any> | undefined;
}

/** The configuration of a program that has none. */
export const POPUP_DEFAULTS: AuthPopupConfiguration = {
  usePopup: false,
  popupTimeout: 120_000,
  notifyPopup: false,
  autoClosePopup: true,
  autoClosePopupDelay: 3_000,
  popupTarget: "_blank",
  popupWindowFeatures: "popup=true,width=800,height=700",
  overridePopupUrlAuthParameters: false,
  useWindowReplace: false,
  waitForLoginPromise: true,
  usePopupIdentifier: false,
};

/** A configuration with what `more` says over it; what is not given there stays. */
export function mergePopup(base: AuthPopupConfiguration, more: AuthPopupConfiguration = {}): AuthPopupConfiguration {
  const given = Object.entries(more || {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}

/** How often the page looks whether the person has closed the popup, in milliseconds. */
const POPUP_LOOK = 500;

/**
 * Makes what opens the popups of a program, one at a time: the login before is given up.
 *
 * A message counts when it comes from the popup itself, from the origin of `redirectUri`, and with the identifier where
 * that is wanted. The SDK of that generation took it from any window whose origin is how `redirectUri` begins.
 *
 * @param tell Reports what happens.
 */
export function makePopups(tell: (status: AuthPopupStatus, message: string, identifier: string) => void) {
  let abandon = () => {};
  return (address: string, redirectUri: string, identifier: string, config: AuthPopupConfiguration) =>
    new Promise<PopupMessage>((resolve, reject) => {
      abandon();
      const { origin } = new URL(redirectUri, location.href);
      const opened = window.open(popupAddress(address, config), config.popupTarget, config.popupWindowFeatures);
      const end = () => {
        abandon = () => {};
        removeEventListener("message", listen);
        clearInterval(looking);
        clearInterval(notifying);
        clearTimeout(clock);
      };
      const close = () => config.autoClosePopup && setTimeout(() => opened?.close(), config.autoClosePopupDelay);
      const fail = (status: AuthPopupStatus, message: string, code: string) => {
        end();
        tell(status, message, identifier);
        reject(new PureCloudError(message, { code }));
      };
      const listen = ({ source, origin: from, data }: MessageEvent) => {
        if (source != opened || from != origin || data?.name != "gc_auth_popup" || data.type != "message") return;
        if (config.usePopupIdentifier && data.identifier !== identifier) return;
        end();
        close();
        resolve({ search: `${data.search || ""}`, hash: `${data.hash || ""}`, auth: data.auth || undefined });
      };
      abandon = () => {
        opened?.close();
        fail("ABORTED", "Previous Authorization Popup aborted.", "popup_aborted");
      };
      tell("INIT", "Authorization Popup Starting", identifier);
      addEventListener("message", listen);
      const looking = setInterval(() => {
        if (opened?.closed) fail("ABORTED", "Authentication Popup Closed", "popup_closed");
      }, POPUP_LOOK);
      const notice = { name: "gc_auth_popup", type: "notify", ...(config.usePopupIdentifier ? { identifier } : {}) };
      const notifying = config.notifyPopup ? setInterval(() => opened?.postMessage(notice, origin), 1_000) : undefined;
      const clock = setTimeout(() => {
        close();
        fail("TIMEOUT", "Authentication Popup Timeout", "popup_timeout");
      }, config.popupTimeout);
      if (!opened) fail("ERROR", "The browser blocked the Authentication Popup; open it in answer to a click", "popup_blocked");
    });
}

/** Where a popup begins: at the login, or at a page of the program's own. */
function popupAddress(login: string, config: AuthPopupConfiguration): string {
  const { overridePopupUrl, overridePopupUrlParameters, overridePopupUrlAuthParameters } = config;
  if (!overridePopupUrl) return login;
  const query = new URLSearchParams(overridePopupUrlAuthParameters ? new URL(login).search : "");
  for (const name in overridePopupUrlParameters) query.set(name, overridePopupUrlParameters[name]!);
  return `${overridePopupUrl}${`${query}` && "?"}${query}`;
}
