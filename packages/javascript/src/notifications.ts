/** Notifications of a session: one set of channels serves all its subscriptions. What to do is decided in `channels.ts`. */
import { Channels } from "./channels.js";
import type { ChannelAction, ChannelEvent, Link } from "./channels.js";
import { PureCloudError } from "./error.js";
import type { Operation } from "./operation.js";
import { parts } from "./parts.js";
import { prepare } from "./prepare.js";
import type { Request } from "./request.js";
import type { Session } from "./session.js";
import { handlerInbox, QueueInbox } from "./subscription.js";
import type { EventNotice, Inbox, NoticeHandlers, NotificationSubscription } from "./subscription.js";

/** How notifications are received. */
export interface NotificationOptions {
  /** Events that may wait until `for await` takes them; more become a `missed` notice. @default 1000 */
  readonly buffer?: number;
  /** The class of sockets. @default The global `WebSocket`, which Node has from version 22. */
  readonly WebSocket?: SocketClass;
}

/** The part of `WebSocket` that is used. */
export type SocketClass = new (url: string) => {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(): void;
};

/** Begins subscriptions; they share the channels of the session. */
export interface Notifications {
  /**
   * Subscribes to topics, such as `v2.users.{id}.presence` with the id in its place. The combined form
   * `v2.users.{id}?presence&station` stands for its parts.
   *
   * @param handlers Called with each event, or with each kind of notice; without them, the subscription is read with
   * `for await`.
   */
  subscribe(
    topics: string | readonly string[],
    handlers?: NoticeHandlers | ((event: EventNotice) => void),
  ): NotificationSubscription;
  /** Ends all subscriptions. */
  close(): void;
}

/** What sessions ask of this part. */
export interface EventsPart {
  notifications(session: Session, options?: NotificationOptions): Notifications;
}

/** How long a socket may take to open. */
const OPENING = 30_000;
const DEFAULT_BUFFER = 1_000;

const CREATE_CHANNEL: Operation = {
  id: "postNotificationsChannels",
  method: "POST",
  path: "/api/v2/notifications/channels",
  parameters: [],
};

const SET_TOPICS: Operation = {
  id: "putNotificationsChannelSubscriptions",
  method: "PUT",
  path: "/api/v2/notifications/channels/{channelId}/subscriptions",
  parameters: [
    { name: "channelId", wireName: "channelId", place: "path", required: true },
    { name: "body", wireName: "body", place: "body", required: true },
    { name: "ignoreErrors", wireName: "ignoreErrors", place: "query", required: false },
  ],
};

/** What the subscribers of a topic know about it. */
interface TopicState {
  readonly subscribers: Set<Inbox>;
  connected: boolean;
  rejected: { readonly reason: string | undefined } | undefined;
}

/** What there is for one link. */
interface Lane {
  /** Gives up the request that is under way. */
  abandonRequest?: (() => void) | undefined;
  /** Closes the socket, or gives up opening it. */
  closeSocket?: (() => void) | undefined;
  /** The socket, once it is open. */
  socket?: InstanceType<SocketClass> | undefined;
}

/** Carries out what the channels decide, and keeps account of who wants which topics. */
class NotificationDriver implements Notifications {
  readonly #session: Session;
  readonly #options: NotificationOptions;
  readonly #channels = new Channels();
  readonly #lanes = new Map<Link, Lane>();
  /** By the topic in lower case, since the platform does not tell letter cases apart. */
  readonly #topics = new Map<string, TopicState>();
  readonly #inboxes = new Set<Inbox>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, options: NotificationOptions) {
    this.#session = session;
    this.#options = options;
  }

  subscribe(
    topics: string | readonly string[],
    handlers?: NoticeHandlers | ((event: EventNotice) => void),
  ): NotificationSubscription {
    const queue = handlers ? undefined : new QueueInbox(this.#options.buffer ?? DEFAULT_BUFFER, Date.now);
    const inbox = queue ?? handlerInbox(typeof handlers == "function" ? { event: handlers } : handlers!);
    const close = () => {
      if (!this.#inboxes.delete(inbox)) return;
      this.#removeTopics(inbox, [...this.#topics.keys()]);
      inbox.end();
    };
    const done = { done: true, value: undefined } as const;
    const subscription: NotificationSubscription = {
      add: (more) => this.#addTopics(inbox, unfoldTopics(more)),
      remove: (some) => this.#removeTopics(inbox, unfoldTopics(some)),
      close,
      next: () => {
        if (!queue) throw new PureCloudError("a subscription with handlers is not read with `for await`");
        return queue.next();
      },
      return: async () => {
        close();
        return done;
      },
      [Symbol.asyncIterator]: () => subscription,
    };
    this.#inboxes.add(inbox);
    this.#addTopics(inbox, unfoldTopics(topics));
    return subscription;
  }

  close(): void {
    const inboxes = [...this.#inboxes];
    this.#inboxes.clear();
    for (const inbox of inboxes) {
      this.#removeTopics(inbox, [...this.#topics.keys()]);
      inbox.end();
    }
  }

  #addTopics(inbox: Inbox, topics: readonly string[]): void {
    if (!this.#inboxes.has(inbox)) return;
    const added: string[] = [];
    const connected: string[] = [];
    for (const topic of topics) {
      const key = topic.toLowerCase();
      let state = this.#topics.get(key);
      if (!state) this.#topics.set(key, (state = { subscribers: new Set(), connected: false, rejected: undefined }));
      if (!state.subscribers.size) added.push(topic);
      if (state.subscribers.has(inbox)) continue;
      state.subscribers.add(inbox);
      if (state.rejected) inbox.notice({ type: "rejected", topic, reason: state.rejected.reason });
      else if (state.connected) connected.push(topic);
    }
    if (connected.length) inbox.notice({ type: "connected", topics: connected });
    try {
      this.#carryOut(this.#channels.subscribe(added));
    } catch (error) {
      this.#giveUp(added, error as PureCloudError);
    }
  }

  #removeTopics(inbox: Inbox, topics: readonly string[]): void {
    const gone: string[] = [];
    for (const topic of topics) {
      const key = topic.toLowerCase();
      const state = this.#topics.get(key);
      if (!state?.subscribers.delete(inbox) || state.subscribers.size) continue;
      this.#topics.delete(key);
      gone.push(topic);
    }
    this.#carryOut(this.#channels.unsubscribe(gone));
  }

  #handle(event: ChannelEvent, cause?: PureCloudError): void {
    this.#carryOut(this.#channels.handle(Date.now(), Math.random(), event), cause);
    if (event.type == "opened" || event.type == "subscribed") this.#announceConnected();
  }

  /** Begins what is to be done; nothing here waits. `cause` is why topics are given up, where they are. */
  #carryOut(actions: readonly ChannelAction[], cause?: PureCloudError): void {
    for (const action of actions) {
      switch (action.type) {
        case "create":
          this.#create(action.link);
          break;
        case "subscribe":
          this.#setTopics(action.link, action.id, action.topics);
          break;
        case "connect":
          this.#connect(action.link, action.uri);
          break;
        case "ping":
          this.#lanes.get(action.link)?.socket?.send('{"message":"ping"}');
          break;
        case "disconnect":
          this.#disconnect(action.link);
          break;
        case "deliver":
          this.#deliver(action.text);
          break;
        case "missed":
          this.#tell(action.topics, (topics) => ({
            type: "missed",
            since: new Date(action.since),
            until: new Date(action.until),
            topics,
          }));
          break;
        case "end":
          this.#giveUp(action.topics, cause ?? new PureCloudError("the subscription ended"));
      }
    }
    this.#setTimer();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const wake = this.#channels.wake();
    // A timer of more than 24 days would run at once; a channel lives one day.
    if (wake != null) {
      const wait = Math.min(Math.max(wake - Date.now(), 0), 86_400_000);
      this.#timer = setTimeout(() => this.#handle({ type: "tick" }), wait);
    }
  }

  #lane(link: Link): Lane {
    let lane = this.#lanes.get(link);
    if (!lane) this.#lanes.set(link, (lane = {}));
    return lane;
  }

  /** Sends a request for a link, in place of one that is under way: its outcome is not wanted any more. */
  #send(link: Link, request: Request, then: (data: any) => ChannelEvent, fail: (error: PureCloudError) => ChannelEvent): void {
    const lane = this.#lane(link);
    lane.abandonRequest?.();
    let isWanted = true;
    lane.abandonRequest = () => {
      isWanted = false;
      request.abort();
    };
    const settle = (event: ChannelEvent, cause?: PureCloudError) => {
      if (!isWanted) return;
      lane.abandonRequest = undefined;
      this.#handle(event, cause);
    };
    request.then(
      (data) => settle(then(data)),
      (error: PureCloudError) => settle(fail(error), error),
    );
  }

  #create(link: Link): void {
    const request = this.#session.send(prepare(CREATE_CHANNEL, []));
    const created = (data: any): ChannelEvent => {
      const { id, connectUri } = data ?? {};
      if (typeof id != "string" || typeof connectUri != "string") return { type: "failed", link };
      return { type: "created", link, id, uri: connectUri, expires: endOf(data.expires, request) };
    };
    this.#send(link, request, created, (error) => ({ type: "failed", link, permanent: isPermanent(error) }));
  }

  #setTopics(link: Link, id: string, topics: readonly string[]): void {
    const body = topics.map((topic) => ({ id: topic }));
    const subscribed = (data: any): ChannelEvent => {
      for (const entity of Array.isArray(data?.entities) ? data.entities : []) {
        if (entity?.state == "Rejected") this.#reject(`${entity.id}`, entity.rejectionReason);
      }
      return { type: "subscribed", link };
    };
    // One topic that the platform refuses must not take the others with it.
    this.#send(link, this.#session.send(prepare(SET_TOPICS, [id, body, true])), subscribed, (error) => {
      const gone = error.status == 404;
      return { type: "failed", link, gone, permanent: !gone && isPermanent(error) };
    });
  }

  #connect(link: Link, uri: string): void {
    const lane = this.#lane(link);
    const Socket: SocketClass | undefined = this.#options.WebSocket ?? (globalThis as any).WebSocket;
    if (!Socket) {
      const error = new PureCloudError(
        "notifications need a WebSocket: use Node 22 or later, or pass the class as the option `WebSocket`",
        { code: "notifications.socket" },
      );
      this.#handle({ type: "failed", link, permanent: true }, error);
      return;
    }
    const isPlain = this.#session.apiUrl.startsWith("http://");
    if (!(isPlain ? /^wss?:\/\//i : /^wss:\/\//i).test(uri)) {
      this.#handle({ type: "failed", link, gone: true });
      return;
    }
    let socket: InstanceType<SocketClass>;
    try {
      socket = new Socket(uri);
    } catch {
      this.#handle({ type: "failed", link, gone: true });
      return;
    }
    let isOpen = false;
    const release = () => {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      // A socket that is closed before it has opened says so with an error.
      socket.onerror = () => {};
      lane.socket = lane.closeSocket = undefined;
    };
    const end = () => {
      release();
      this.#handle(isOpen ? { type: "closed", link } : { type: "failed", link });
    };
    const timer = setTimeout(() => {
      socket.close();
      end();
    }, OPENING);
    lane.closeSocket = () => {
      release();
      socket.close();
    };
    socket.onopen = () => {
      isOpen = true;
      clearTimeout(timer);
      lane.socket = socket;
      this.#handle({ type: "opened", link });
    };
    socket.onmessage = ({ data }) => {
      if (typeof data == "string") this.#handle({ type: "message", link, text: data });
    };
    socket.onclose = end;
    // A close follows every error.
    socket.onerror = () => {};
  }

  #disconnect(link: Link): void {
    const lane = this.#lanes.get(link);
    this.#lanes.delete(link);
    lane?.abandonRequest?.();
    lane?.closeSocket?.();
  }

  #deliver(text: string): void {
    const message = JSON.parse(text);
    const event: EventNotice = { type: "event", topic: message.topicName, body: message.eventBody, message };
    const state = this.#topics.get(event.topic.toLowerCase());
    // Nobody asked for it by this name, and somebody did ask: better in every inbox than in none.
    const inboxes = state ? state.subscribers : event.topic.startsWith("v2.system.") ? [] : this.#inboxes;
    for (const inbox of [...inboxes]) inbox.notice(event);
  }

  /** Events of these topics come from now on; each subscriber hears it once of each topic. */
  #announceConnected(): void {
    const added = this.#channels.live().filter((topic) => {
      const state = this.#topics.get(topic.toLowerCase());
      if (!state || state.connected || state.rejected) return false;
      return (state.connected = true);
    });
    this.#tell(added, (topics) => ({ type: "connected", topics }));
  }

  #reject(topic: string, reason: unknown): void {
    const state = this.#topics.get(topic.toLowerCase());
    const text = typeof reason == "string" ? reason : undefined;
    if (!state || (state.rejected && state.rejected.reason === text)) return;
    state.rejected = { reason: text };
    for (const inbox of [...state.subscribers]) inbox.notice({ type: "rejected", topic, reason: text });
  }

  /** Gives topics up; a subscription ends with the last of its topics. */
  #giveUp(topics: readonly string[], error: PureCloudError): void {
    const affected = this.#subscribersOf(topics);
    for (const topic of topics) this.#topics.delete(topic.toLowerCase());
    for (const [inbox, own] of affected) {
      inbox.failed(error, own);
      if ([...this.#topics.values()].some(({ subscribers }) => subscribers.has(inbox))) continue;
      this.#inboxes.delete(inbox);
      inbox.end();
    }
  }

  #tell(topics: readonly string[], make: (topics: string[]) => Parameters<Inbox["notice"]>[0]): void {
    for (const [inbox, own] of this.#subscribersOf(topics)) inbox.notice(make(own));
  }

  /** Each subscriber with those of the topics that it wants. */
  #subscribersOf(topics: readonly string[]): Map<Inbox, string[]> {
    const split = new Map<Inbox, string[]>();
    for (const topic of topics) {
      for (const inbox of this.#topics.get(topic.toLowerCase())?.subscribers ?? []) {
        const own = split.get(inbox);
        if (own) own.push(topic);
        else split.set(inbox, [topic]);
      }
    }
    return split;
  }
}

/** Topics one by one: `v2.users.1?presence&station` is two, which count as two. */
function unfoldTopics(topics: string | readonly string[]): string[] {
  return [topics].flat().flatMap((topic) => {
    const [base, parts] = `${topic}`.split("?", 2) as [string, string?];
    if (parts == null) return base;
    return parts
      .split("&")
      .filter(Boolean)
      .map((name) => `${base}.${name}`);
  });
}

/**
 * When a channel ends on our clock: the platform's moment counts from the moment of its answer, so that the clocks need
 * not agree.
 */
function endOf(expires: unknown, request: Request): number | undefined {
  const end = typeof expires == "string" ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(end)) return undefined;
  const answered = Date.parse(request.getResponseHeader("date") ?? "");
  return Number.isNaN(answered) ? end : Date.now() + end - answered;
}

/** Whether another attempt would fail alike. */
const isPermanent = ({ status }: PureCloudError) => status > 399 && status < 500 && status != 408 && status != 429;

/** Each session has one driver, whose channels all its subscriptions share. */
const drivers = new WeakMap<Session, NotificationDriver>();

parts.events = () => ({
  notifications(session, options = {}) {
    let driver = drivers.get(session);
    if (!driver) drivers.set(session, (driver = new NotificationDriver(session, options)));
    return driver;
  },
});
