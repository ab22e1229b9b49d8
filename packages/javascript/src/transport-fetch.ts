import { isText } from "./host.js";
import type { Answer, Page, Wire } from "./host.js";

/** Sends with the platform's own `fetch`, which drops `authorization` when a redirect leads to another origin. */
export async function sendWithFetch({ url, ...init }: Wire): Promise<Answer> {
  const response = await fetch(url, init as RequestInit);
  const { status, statusText } = response;
  const headers = Object.fromEntries(response.headers);
  const answer: Answer = { status, statusText, headers };
  try {
    if (isText(headers["content-type"])) answer.responseText = await response.text();
    else answer.response = await response.blob();
  } catch (cause) {
    answer.cut = cause;
  }
  return answer;
}

/** Runs `act` after `ms` milliseconds, unless the returned function is called first. */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}

/** The window of the page, if there is one: in browsers, Electron and jsdom, but not in their workers. */
export function currentPage(): Page | undefined {
  return typeof document == "undefined" ? undefined : window;
}
