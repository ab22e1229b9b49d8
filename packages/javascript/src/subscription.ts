/** One subscription to notifications: who reads its notices, and those that wait until they are read. */
import type { PureCloudError } from "./error.js";

/** An event of a topic. */
export interface EventNotice<Body = any> {
  readonly type: "event";
  /** The topic in the platform's spelling. */
  readonly topic: string;
  /** The model of the topic; see the types of `purecloud/events`. */
  readonly body: Body;
  /** The whole message, `metadata` and `version` included. */
  readonly message: { readonly topicName: string; readonly eventBody: Body; readonly [member: string]: any };
}

/** Events of these topics come from now on: what is read from the platform after this misses nothing. */
export interface ConnectedNotice {
  readonly type: "connected";
  readonly topics: readonly string[];
}

/**
 * Events of these topics may have been missed between two moments, and come again from now on: after a cut, or because
 * the program did not read them as fast as they came. Read again the state that the topics are about.
 */
export interface MissedNotice {
  readonly type: "missed";
  readonly since: Date;
  readonly until: Date;
  readonly topics: readonly string[];
}

/** The platform refuses this topic; the others are not affected. */
export interface RejectedNotice {
  readonly type: "rejected";
  readonly topic: string;
  /** In the platform's words. */
  readonly reason: string | undefined;
}

/** What a subscription brings. */
export type Notice<Body = any> = EventNotice<Body> | ConnectedNotice | MissedNotice | RejectedNotice;

/** Who is called with the notices of a subscription. */
export interface NoticeHandlers<Body = any> {
  event?(event: EventNotice<Body>): void;
  connected?(notice: ConnectedNotice): void;
  missed?(notice: MissedNotice): void;
  rejected?(notice: RejectedNotice): void;
  /** Topics that will bring nothing any more, since the login failed or the platform refuses. */
  error?(error: PureCloudError, topics: readonly string[]): void;
  /** The subscription has ended: it or the session was closed, or every topic was given up. */
  end?(): void;
}

/** Topics that are subscribed to. Without handlers it is read with `for await`. */
export interface NotificationSubscription<Body = any> extends AsyncIterableIterator<Notice<Body>> {
  /** Adds topics. */
  add(topics: string | readonly string[]): void;
  /** Removes topics. Events that wait can still be read. */
  remove(topics: string | readonly string[]): void;
  /** Ends the subscription. */
  close(): void;
}

/** What the driver of the channels tells a subscription. */
export interface Inbox {
  notice(notice: Notice): void;
  failed(error: PureCloudError, topics: readonly string[]): void;
  end(): void;
}

/** Calls handlers with the notices as they come. What a handler throws is reported as an uncaught exception. */
export function handlerInbox(handlers: NoticeHandlers): Inbox {
  const call = (name: keyof NoticeHandlers, ...args: unknown[]) => {
    try {
      (handlers[name] as ((...args: unknown[]) => void) | undefined)?.call(handlers, ...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  return {
    notice: (notice) => call(notice.type, notice),
    failed: (error, topics) => call("error", error, topics),
    end: () => call("end"),
  };
}

/** Keeps notices until they are read. Events that find no room become a gap. */
export class QueueInbox implements Inbox {
  readonly #room: number;
  readonly #now: () => number;
  readonly #waiting: { resolve(result: IteratorResult<Notice>): void; reject(error: unknown): void }[] = [];
  #queue: (Notice | PureCloudError)[] = [];
  #events = 0;
  /** Topics of events that found no room, and when the first of them came. */
  #lost: { readonly since: number; readonly topics: Set<string> } | undefined;
  #ended = false;

  constructor(room: number, now: () => number) {
    this.#room = Math.max(1, room);
    this.#now = now;
  }

  notice(notice: Notice): void {
    if (this.#ended) return;
    if (notice.type == "event" && !this.#waiting.length && this.#events >= this.#room) {
      this.#lost ??= { since: this.#now(), topics: new Set() };
      this.#lost.topics.add(notice.topic);
      return;
    }
    this.#push(notice);
  }

  failed(error: PureCloudError): void {
    this.#push(error);
  }

  end(): void {
    this.#ended = true;
    if (this.#queue.length) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<Notice>> {
    return new Promise((resolve, reject) => {
      const next = this.#queue.shift();
      if (next instanceof Error) reject(next);
      else if (next) {
        if (next.type == "event") this.#events--;
        this.#tellGap();
        resolve({ done: false, value: next });
      } else if (this.#ended) resolve({ done: true, value: undefined });
      else this.#waiting.push({ resolve, reject });
    });
  }

  #push(entry: Notice | PureCloudError): void {
    const reader = this.#waiting.shift();
    if (reader && entry instanceof Error) reader.reject(entry);
    else if (reader) reader.resolve({ done: false, value: entry as Notice });
    else {
      this.#queue.push(entry);
      if (!(entry instanceof Error) && entry.type == "event") this.#events++;
    }
  }

  /** The gap follows what was queued before it: from here on there is room again. */
  #tellGap(): void {
    if (!this.#lost) return;
    const { since, topics } = this.#lost;
    this.#lost = undefined;
    this.#queue.push({ type: "missed", since: new Date(since), until: new Date(this.#now()), topics: [...topics] });
  }
}
