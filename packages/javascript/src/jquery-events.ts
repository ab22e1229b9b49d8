import { follow } from "./request.js";
import type { Request } from "./request.js";

/** What handlers of jQuery's global events see of a request beside the request: some of the options of `$.ajax`. */
export interface AjaxSettings {
  readonly type: string;
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly data: unknown;
  /** Without `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Fires jQuery's global events (`ajaxStart`, `ajaxSend`, and in time `ajaxSuccess` or `ajaxError`, `ajaxComplete`,
 * `ajaxStop`) for a request that is about to be sent, as `$.ajax` did in the first generation: spinners and handlers of
 * 401 hang on them. It counts the request among jQuery's own, so `ajaxStop` comes when the last of both has ended.
 *
 * Does nothing without a global jQuery that can do Ajax, and where `$.ajaxSetup({ global: false })` turned it off.
 */
export function fireJQueryEvents(request: Request, settings: AjaxSettings): void {
  const { jQuery } = globalThis as any;
  if (typeof jQuery?.active != "number" || !jQuery.ajaxSettings?.global) return;
  const fire = (name: string, ...more: unknown[]) => {
    try {
      jQuery.event.trigger(name, more);
    } catch (error) {
      // The fault of a handler, which is no reason to stop a request.
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  follow(
    request,
    (ok, [data, , thrown]) => fire(ok ? "ajaxSuccess" : "ajaxError", request, settings, ok ? data : thrown),
    () => {
      fire("ajaxComplete", request, settings);
      if (!--jQuery.active) fire("ajaxStop");
    },
  );
  if (!jQuery.active++) fire("ajaxStart");
  fire("ajaxSend", request, settings);
}
