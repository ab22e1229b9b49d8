/**
 * The life of notification channels, as decisions: what happened goes in, what to do comes out. Nothing here has a
 * clock, a socket or a session; moments are milliseconds on any one clock.
 *
 * The rules are the platform's: a channel has at most 1,000 topics, lives 24 hours and has one socket; a caller has at
 * most 20 channels, of which one is left free here for the overlap when a channel takes over from an older one.
 */
import { PureCloudError } from "./error.js";

/** Most topics of one channel. */
export const MOST_TOPICS = 1_000;
/** Most channels that hold topics at one time. */
export const MOST_CHANNELS = 19;

/** Silence after which a socket is asked whether it lives; the platform sends a heartbeat every 30 s. */
const SILENCE = 40_000;
/** How long the answer to a ping may take. */
const PONG = 10_000;
/** How long before its end a channel is replaced. */
const REPLACE_AHEAD = 3_600_000;
/** How long an old socket stays open beside its successor. */
const OVERLAP = 5_000;
/** How long the successor may still bring what the old socket has brought. */
const REPEATS = 15_000;
/** A socket open for so long has recovered: the next failure counts as the first. */
const RECOVERED = 60_000;
/** First and longest bound of a wait between attempts. */
const FIRST_RECONNECT = 1_000;
const LONGEST_RECONNECT = 30_000;
/** Failed attempts with one channel before another is made. */
const ATTEMPTS_PER_CHANNEL = 3;

/** One socket and the channel behind it. Numbers count up and are not used again. */
export type Link = number;

/** What happened. Every event but `tick` concerns a link. */
export type ChannelEvent =
  | { readonly type: "created"; readonly link: Link; readonly id: string; readonly uri: string; readonly expires?: number | undefined }
  /** The topics of a channel are set. */
  | { readonly type: "subscribed" | "opened" | "closed"; readonly link: Link }
  /**
   * The channel, its topics or the socket did not work out. `gone`: the channel does not exist any more. `permanent`:
   * another attempt would fail alike.
   */
  | { readonly type: "failed"; readonly link: Link; readonly gone?: boolean | undefined; readonly permanent?: boolean | undefined }
  | { readonly type: "message"; readonly link: Link; readonly text: string }
  | { readonly type: "tick" };

/** What to do. */
export type ChannelAction =
  /** `POST /api/v2/notifications/channels`, answered with `created` or `failed`. */
  | { readonly type: "create"; readonly link: Link }
  /** `PUT /api/v2/notifications/channels/{id}/subscriptions`, answered with `subscribed` or `failed`. */
  | { readonly type: "subscribe"; readonly link: Link; readonly id: string; readonly topics: readonly string[] }
  /** Opens a socket, answered with `opened` or `failed`. */
  | { readonly type: "connect"; readonly link: Link; readonly uri: string }
  /** `ping` sends `{"message":"ping"}`; `disconnect` closes the socket, or gives up what is under way for it. */
  | { readonly type: "ping" | "disconnect"; readonly link: Link }
  /** An event for the caller, as it came. */
  | { readonly type: "deliver"; readonly text: string }
  /** The caller may have missed events of these topics between these moments; they come again from now on. */
  | { readonly type: "missed"; readonly since: number; readonly until: number; readonly topics: readonly string[] }
  /** Another attempt would fail alike: these topics are given up. */
  | { readonly type: "end"; readonly topics: readonly string[] };

interface Channel {
  readonly id: string;
  readonly uri: string;
  /** When another one is to take over. */
  readonly replaceAt: number | undefined;
}

/** How far a link is on its way to an open socket. */
type Phase =
  | { readonly name: "creating" | "subscribing" | "connecting" }
  | { readonly name: "open"; readonly opened: number; heard: number; pinged: number | undefined }
  /** Before another attempt. */
  | { readonly name: "waiting"; readonly until: number };

interface LinkState {
  topics: string[];
  phase: Phase;
  channel: Channel | undefined;
  /** The topics are being set. */
  setting: boolean;
  /** The topics changed, and are to be set again when they can be. */
  stale: boolean;
  /** Failures since the last recovery. */
  failures: number;
  /** When the old socket was last known to live, until the caller knows of the gap. */
  gap: number | undefined;
  /** The link that this one takes over from. */
  replaces: Link | undefined;
  repeats: Repeats | undefined;
}

/** What two sockets brought of the same events: more of the old one above zero, more of the new one below. */
interface Repeats {
  readonly balance: Map<string, number>;
  /** When the old socket is closed, and when this is forgotten; from the moment both are open. */
  ends: { readonly close: number; readonly forget: number } | undefined;
}

/** Every channel of a caller. */
export class Channels {
  readonly #links = new Map<Link, LinkState>();
  #nextLink: Link = 0;
  #actions: ChannelAction[] = [];

  /**
   * Adds topics: to channels that have room, and to new ones. Topics that are known already, in any letter case, are
   * left out.
   *
   * @throws {PureCloudError} when there would be more than all channels hold; then nothing is changed.
   */
  subscribe(topics: Iterable<string>): ChannelAction[] {
    const known = new Set(this.topics().map((topic) => topic.toLowerCase()));
    const held = known.size;
    const added: string[] = [];
    for (const topic of topics) {
      const key = topic.toLowerCase();
      if (!known.has(key)) added.push(topic);
      known.add(key);
    }
    if (held + added.length > MOST_TOPICS * MOST_CHANNELS) {
      throw new PureCloudError(
        `${held + added.length} topics are more than the ${MOST_TOPICS * MOST_CHANNELS} of one login; use fewer, or a second OAuth client`,
        { code: "notifications.topics" },
      );
    }
    for (const [link, state] of this.#heads()) {
      const fitting = added.splice(0, MOST_TOPICS - state.topics.length);
      if (fitting.length) this.#change(link, state, [...state.topics, ...fitting]);
    }
    while (added.length) {
      const link = this.#add({ topics: added.splice(0, MOST_TOPICS) });
      this.#actions.push({ type: "create", link });
    }
    return this.#take();
  }

  /** Removes topics. A channel without any is left to end by itself. */
  unsubscribe(topics: Iterable<string>): ChannelAction[] {
    const gone = new Set([...topics].map((topic) => topic.toLowerCase()));
    for (const [link, state] of this.#heads()) {
      const left = state.topics.filter((topic) => !gone.has(topic.toLowerCase()));
      if (!left.length) this.#dropWithOld(link);
      else if (left.length < state.topics.length) this.#change(link, state, left);
    }
    return this.#take();
  }

  /** Topics whose events come now. */
  live(): string[] {
    const open = this.#heads().filter(([, state]) => state.phase.name == "open" && !state.setting && !state.stale);
    return open.flatMap(([, state]) => state.topics);
  }

  /** Every topic. */
  topics(): string[] {
    return this.#heads().flatMap(([, state]) => state.topics);
  }

  /** What to do about an event. `random`, in 0..1, spreads attempts. */
  handle(now: number, random: number, event: ChannelEvent): ChannelAction[] {
    if (event.type == "tick") {
      this.#tick(now, random);
      return this.#take();
    }
    const { link } = event;
    const state = this.#links.get(link);
    if (!state) return [];
    switch (event.type) {
      case "created":
        state.channel = makeChannel(event.id, event.uri, event.expires, now);
        this.#setTopics(link, state);
        break;
      case "subscribed":
        this.#subscribed(link, state);
        break;
      case "opened":
        this.#opened(link, state, now);
        break;
      case "closed":
        this.#closed(link, state, now, random);
        break;
      case "message":
        this.#message(link, state, event.text, now, random);
        break;
      case "failed":
        if (event.permanent) {
          this.#actions.push({ type: "end", topics: state.topics });
          this.#dropWithOld(link);
        } else {
          this.#failed(link, state, !!event.gone, now, random);
        }
    }
    return this.#take();
  }

  /** When `tick` is due; `undefined` when nothing is. */
  wake(): number | undefined {
    const moments: number[] = [];
    const isRollingOver = this.#isRollingOver();
    for (const { phase, channel, repeats, replaces } of this.#links.values()) {
      if (phase.name == "waiting") moments.push(phase.until);
      if (phase.name == "open") {
        moments.push(phase.pinged == null ? phase.heard + SILENCE : phase.pinged + PONG);
        if (channel?.replaceAt != null && !isRollingOver) moments.push(channel.replaceAt);
      }
      if (repeats?.ends) moments.push(replaces == null ? repeats.ends.forget : repeats.ends.close);
    }
    return moments.length ? Math.min(...moments) : undefined;
  }

  /** Links that no other takes over from: each topic is on exactly one of them. */
  #heads(): [Link, LinkState][] {
    return [...this.#links].filter(([link]) => this.#successor(link) == null);
  }

  #successor(link: Link): Link | undefined {
    for (const [successor, { replaces }] of this.#links) if (replaces == link) return successor;
    return undefined;
  }

  #isRollingOver(): boolean {
    return [...this.#links.values()].some(({ replaces }) => replaces != null);
  }

  #take(): ChannelAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #add(state: Partial<LinkState>): Link {
    const link = this.#nextLink++;
    this.#links.set(link, {
      topics: [],
      phase: { name: "creating" },
      channel: undefined,
      setting: false,
      stale: false,
      failures: 0,
      gap: undefined,
      replaces: undefined,
      repeats: undefined,
      ...state,
    });
    return link;
  }

  /** Changes the topics of a link, and sets them again where they are set already. */
  #change(link: Link, state: LinkState, topics: string[]): void {
    state.topics = topics;
    if (state.phase.name == "open" && !state.setting) this.#put(link, state);
    // Those not set yet go with the first setting, the others follow it.
    else state.stale = true;
  }

  /** The way to an open socket: first the topics, so that the socket brings them from its first moment. */
  #setTopics(link: Link, state: LinkState): void {
    state.phase = { name: "subscribing" };
    this.#put(link, state);
  }

  #put(link: Link, state: LinkState): void {
    if (!state.channel) return;
    state.setting = true;
    state.stale = false;
    this.#actions.push({ type: "subscribe", link, id: state.channel.id, topics: state.topics });
  }

  #subscribed(link: Link, state: LinkState): void {
    state.setting = false;
    if (state.stale) {
      this.#put(link, state);
    } else if (state.phase.name == "subscribing" && state.channel) {
      this.#actions.push({ type: "connect", link, uri: state.channel.uri });
      state.phase = { name: "connecting" };
    }
  }

  #opened(link: Link, state: LinkState, now: number): void {
    state.phase = { name: "open", opened: now, heard: now, pinged: undefined };
    if (state.gap != null) {
      this.#actions.push({ type: "missed", since: state.gap, until: now, topics: state.topics });
      state.gap = undefined;
    }
    if (state.stale) this.#put(link, state);
    if (state.replaces == null) return;
    if (this.#shareAChannel(link, state.replaces)) {
      // One channel has one socket: the platform has taken it from the old one with this.
      this.#endOld(state);
    } else {
      state.repeats ??= { balance: new Map(), ends: undefined };
      state.repeats.ends = { close: now + OVERLAP, forget: now + REPEATS };
    }
  }

  #failed(link: Link, state: LinkState, gone: boolean, now: number, random: number): void {
    state.setting = false;
    if (state.phase.name == "open") {
      // The topics could not be set. The caller must not believe that they bring something.
      if (gone) state.channel = undefined;
      this.#actions.push({ type: "disconnect", link });
      this.#broken(link, state, now, now, random);
      return;
    }
    state.failures++;
    if (gone || state.failures % ATTEMPTS_PER_CHANNEL == 0) state.channel = undefined;
    state.phase = { name: "waiting", until: now + reconnectWait(state.failures, random) };
  }

  #message(link: Link, state: LinkState, text: string, now: number, random: number): void {
    if (state.phase.name == "open") {
      state.phase.heard = now;
      state.phase.pinged = undefined;
    }
    const topic = topicOf(text);
    // Heartbeats and pongs, answers to what was sent over the socket, and what is not JSON.
    if (topic == null || topic == "channel.metadata") return;
    if (topic == "v2.system.socket_closing") {
      this.#closing(link, state);
    } else if (/^v2\.system\.(no_longer_subscribed|token_revoked)\./.test(topic)) {
      const successor = this.#successor(link);
      if (successor == null) this.#lost(link, state, now, random);
      // The channel now belongs to our own successor.
      else if (this.#shareAChannel(link, successor)) this.#endOld(this.#links.get(successor)!);
    } else {
      this.#event(link, state, text);
    }
  }

  #event(link: Link, state: LinkState, text: string): void {
    // The successor keeps the account for both sockets.
    const successor = this.#successor(link);
    const { repeats } = successor == null ? state : this.#links.get(successor)!;
    if (!repeats || isNews(repeats, text, successor == null ? -1 : 1)) this.#actions.push({ type: "deliver", text });
  }

  /** The platform is about to close the socket: another one to the same channel, while this one still works. */
  #closing(old: Link, state: LinkState): void {
    const { channel, topics } = state;
    if (!channel || this.#successor(old) != null) return;
    const stale = state.stale || state.setting;
    // The link that this one takes over from is not needed any more: this one has opened.
    this.#endOld(state);
    const link = this.#add({
      topics,
      phase: { name: "connecting" },
      channel,
      stale,
      replaces: old,
      repeats: { balance: new Map(), ends: undefined },
    });
    this.#actions.push({ type: "connect", link, uri: channel.uri });
  }

  /** The channel is another's, or its token has been revoked: another channel with the same topics. */
  #lost(link: Link, state: LinkState, now: number, random: number): void {
    this.#actions.push({ type: "disconnect", link });
    state.channel = undefined;
    this.#broken(link, state, now, now, random);
  }

  #closed(link: Link, state: LinkState, now: number, random: number): void {
    if (state.phase.name != "open") {
      this.#failed(link, state, false, now, random);
      return;
    }
    const { heard } = state.phase;
    const successor = this.#successor(link);
    // The successor brings everything from the moment it is open.
    if (successor != null) this.#handOver(link, this.#links.get(successor)!, heard);
    else this.#broken(link, state, heard, now, random);
  }

  /** The old socket is gone before its time. */
  #handOver(old: Link, successor: LinkState, heard: number): void {
    this.#links.delete(old);
    successor.replaces = undefined;
    if (successor.phase.name != "open") successor.gap ??= heard;
  }

  /** A socket that was open is not any more: again at once the first time, later and later after that. */
  #broken(link: Link, state: LinkState, heard: number, now: number, random: number): void {
    if (state.phase.name == "open" && now - state.phase.opened >= RECOVERED) state.failures = 0;
    state.gap ??= heard;
    state.setting = false;
    const failures = state.failures++;
    if (failures) state.phase = { name: "waiting", until: now + reconnectWait(failures, random) };
    else this.#reconnect(link, state);
  }

  /** Opens the channel that there is, or makes one. */
  #reconnect(link: Link, state: LinkState): void {
    if (state.channel) {
      // Its topics too: they may be what failed, and setting them twice changes nothing.
      this.#setTopics(link, state);
    } else {
      state.phase = { name: "creating" };
      this.#actions.push({ type: "create", link });
    }
  }

  #tick(now: number, random: number): void {
    for (const link of [...this.#links.keys()]) {
      const state = this.#links.get(link);
      if (!state) continue;
      this.#lookAfter(link, state, now, random);
      const ends = state.repeats?.ends;
      if (ends && now >= ends.forget) state.repeats = undefined;
      if (ends && now >= ends.close) this.#endOld(state);
    }
    this.#rollOver(now);
  }

  #lookAfter(link: Link, state: LinkState, now: number, random: number): void {
    const { phase } = state;
    if (phase.name == "waiting" && now >= phase.until) {
      this.#reconnect(link, state);
    } else if (phase.name == "open" && phase.pinged != null) {
      if (now < phase.pinged + PONG) return;
      this.#actions.push({ type: "disconnect", link });
      this.#closed(link, state, now, random);
    } else if (phase.name == "open" && now >= phase.heard + SILENCE) {
      phase.pinged = now;
      this.#actions.push({ type: "ping", link });
    }
  }

  /** Replaces the channel that ends first. One at a time: more would need more channels than a caller may have. */
  #rollOver(now: number): void {
    if (this.#isRollingOver()) return;
    let first: { readonly link: Link; readonly at: number } | undefined;
    for (const [link, { phase, channel }] of this.#links) {
      const at = channel?.replaceAt;
      if (phase.name == "open" && at != null && now >= at && (!first || at < first.at)) first = { link, at };
    }
    if (!first) return;
    const { topics } = this.#links.get(first.link)!;
    const link = this.#add({ topics, replaces: first.link, repeats: { balance: new Map(), ends: undefined } });
    this.#actions.push({ type: "create", link });
  }

  /** Ends the link that this one takes over from. */
  #endOld(state: LinkState): void {
    const old = state.replaces;
    if (old == null) return;
    state.replaces = undefined;
    this.#links.delete(old);
    this.#actions.push({ type: "disconnect", link: old });
  }

  #shareAChannel(one: Link, other: Link): boolean {
    const id = this.#links.get(one)?.channel?.id;
    return id != null && id == this.#links.get(other)?.channel?.id;
  }

  /** Ends a link and the one that it takes over from. */
  #dropWithOld(link: Link): void {
    const state = this.#links.get(link);
    if (!state) return;
    this.#links.delete(link);
    this.#actions.push({ type: "disconnect", link });
    if (state.replaces != null) this.#dropWithOld(state.replaces);
  }
}

function makeChannel(id: string, uri: string, expires: number | undefined, now: number): Channel {
  // A channel that has ended when it is made is one whose clock differs from ours: it is not replaced ahead of its end,
  // which would be at once and for ever, but when the platform says so.
  const life = expires == null ? 0 : expires - now;
  return { id, uri, replaceAt: life > 0 ? now + life - Math.min(REPLACE_AHEAD, Math.floor(life / 2)) : undefined };
}

/** Whether the other socket has not brought this before. */
function isNews({ balance }: Repeats, text: string, side: 1 | -1): boolean {
  const before = balance.get(text) ?? 0;
  balance.set(text, before + side);
  return before * side >= 0;
}

/** The wait after so many failures: a share of a bound that doubles. */
function reconnectWait(failures: number, random: number): number {
  const bound = Math.min(FIRST_RECONNECT * 2 ** Math.max(failures - 1, 0), LONGEST_RECONNECT);
  return Math.floor(bound * Math.min(Math.max(random, 0), 1));
}

/** What a message is about; `undefined` when it is not an event. */
function topicOf(text: string): string | undefined {
  try {
    const { topicName } = JSON.parse(text);
    return typeof topicName == "string" ? topicName : undefined;
  } catch {
    return undefined;
  }
}
