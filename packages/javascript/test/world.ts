/** A browser with one page, and a platform that answers by a script. */
import assert from "node:assert/strict";
import type { Answer, Host, Page, Wire } from "../src/host.js";
import { createSession } from "../src/session.js";
import type { Session, SessionOptions } from "../src/session.js";
import { scripted } from "./scripted.js";

export const OK: Answer = {
  status: 200,
  statusText: "OK",
  headers: { "content-type": "application/json" },
  responseText: '{"name":"Ada"}',
};
export const REFUSED: Answer = {
  status: 401,
  statusText: "Unauthorized",
  headers: {},
  responseText: '{"message":"Invalid login credentials."}',
};

/** A store that forgets with its test. */
export function memory(entries: Record<string, string> = {}): Storage {
  const map = new Map(Object.entries(entries));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  } as Storage;
}

export interface World {
  readonly host: Host;
  readonly sent: Wire[];
  /** Where the page went. */
  readonly left: string[];
  readonly page: Page;
  /** Milliseconds since 1970. */
  clock: number;
  open(options?: string | SessionOptions): Session;
  /** The page comes back from the login with this query or hash: a new page of the same tab. */
  comeBack(part: string, seconds?: number): void;
  /** Query and hash of the address. */
  address(): string;
}

/** A platform that gives `answers` in turn, the last of them for ever. */
export function browser({
  part = "",
  local = memory(),
  session = memory(),
  answers = [OK],
  platform,
  subtle = crypto.subtle,
}: {
  part?: string;
  local?: Storage;
  session?: Storage;
  answers?: Answer[];
  platform?: (wire: Wire) => Answer | Promise<Answer>;
  subtle?: SubtleCrypto | null;
} = {}): World {
  const sent: Wire[] = [];
  const left: string[] = [];
  const makePage = (address: string) => {
    const [, search = "", hash = ""] = /^(\?[^#]*)?(#.*)?$/.exec(address)!;
    const location = { search, hash, pathname: "/app", origin: "https://app", replace: (url: string) => void left.push(url) };
    const history = {
      state: { scroll: 7 },
      replaceState(state: unknown, _: string, url: string) {
        assert.equal(state, history.state);
        const [, search = "", hash = ""] = /^\/app(\?[^#]*)?(#.*)?$/.exec(url)!;
        Object.assign(location, { search, hash });
      },
    };
    const getRandomValues = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);
    return {
      ...{ location, history, localStorage: local, sessionStorage: session, name: "", opener: null },
      crypto: { getRandomValues, subtle },
    } as unknown as Page;
  };
  const transport = async (wire: Wire) => {
    sent.push(wire);
    if (platform) return platform(wire);
    return answers.length > 1 ? answers.shift()! : answers[0]!;
  };
  const world = {
    ...{ sent, left, page: makePage(part), clock: 1_800_000_000_000 },
    host: undefined as unknown as Host,
    open: (options?: string | SessionOptions) => createSession(world.host, Object.prototype, options),
    comeBack(address: string, seconds = 5) {
      world.clock += seconds * 1000;
      world.page = makePage(address);
      world.host = { ...world.host, page: world.page };
    },
    address: () => world.page.location.search + world.page.location.hash,
  };
  world.host = { ...scripted(transport), time: () => world.clock, page: world.page };
  return world;
}

/** Lets everything happen that is not waiting for the world. */
export async function settle(): Promise<void> {
  // A digest is computed on another thread.
  for (let round = 0; round < 3; round++) await crypto.subtle.digest("SHA-256", new Uint8Array(1));
  await new Promise((resolve) => setImmediate(resolve));
}
