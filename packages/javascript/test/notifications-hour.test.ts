/** An hour of notifications by a clock that the test moves: two rollovers, a hundred cut sockets, and no event lost unsaid. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "../src/notifications.js";
import { part } from "../src/parts.js";
import type { Prepared } from "../src/prepare.js";

const HOUR = 3_600_000;
/** Milliseconds of one step of the clock, which is also how long a message is on its way. */
const STEP = 100;
/** How long a channel lives: half of it until another takes over. */
const LIFE = 2_800_000;
const CUTS = 100;
const TOPIC = "v2.users.x.presence";

/** Numbers in 0..1, the same ones in every run. */
function dice(seed: number): () => number {
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

interface Channel {
  readonly id: string;
  readonly expires: number;
  subscribed: boolean;
  socket: Socket | undefined;
}

/** A platform with channels; everything that goes over its sockets takes one step. */
class Platform {
  readonly channels = new Map<string, Channel>();
  readonly sockets = new Set<Socket>();
  /** Each event by its number: when it was published. */
  readonly published: number[] = [];

  readonly send = (prepared: Prepared) => {
    const answer = this.#answer(prepared);
    const promise: any = "status" in answer ? Promise.reject(answer) : Promise.resolve(answer);
    promise.catch(() => {});
    return Object.assign(promise, { abort() {}, getResponseHeader: () => null });
  };

  #answer({ method, url }: Prepared): object {
    if (method == "POST") {
      const id = `c${this.channels.size + 1}`;
      const channel = { id, expires: Date.now() + LIFE, subscribed: false, socket: undefined };
      this.channels.set(id, channel);
      return { id, connectUri: `wss://streaming.mypurecloud.ie/channels/${id}`, expires: new Date(channel.expires).toISOString() };
    }
    const channel = this.channels.get(/channels\/(c\d+)/.exec(url)![1]!)!;
    if (channel.expires <= Date.now()) return { status: 404 };
    channel.subscribed = true;
    return { entities: [] };
  }

  /** What the sockets do in one step: they bring what is on its way, and open. */
  step(): void {
    for (const socket of [...this.sockets]) socket.step();
    for (const { expires, socket } of this.channels.values()) if (expires <= Date.now()) socket?.cut();
  }

  publish(): void {
    const eventBody = { number: this.published.push(Date.now()) - 1 };
    this.say({ topicName: TOPIC, eventBody });
  }

  say(message: object): void {
    const text = JSON.stringify(message);
    for (const { subscribed, socket } of this.channels.values()) if (subscribed) socket?.outgoing.push(text);
  }
}

let platform: Platform;

/** One socket: the platform's end opens a step before the client's. */
class Socket {
  onopen: any = null;
  onmessage: any = null;
  onclose: any = null;
  onerror: any = null;
  readonly outgoing: string[] = [];
  readonly #channel: Channel;
  #age = 0;
  #isSilent = false;

  constructor(url: string) {
    this.#channel = platform.channels.get(url.split("/").at(-1)!)!;
    platform.sockets.add(this);
  }

  step(): void {
    if (this.#age++ == 0) {
      // A second socket of a channel drops the first.
      this.#channel.socket?.cut();
      this.#channel.socket = this;
    } else if (this.#age == 2) {
      this.onopen?.({});
    } else if (!this.#isSilent) {
      for (const data of this.outgoing.splice(0)) this.onmessage?.({ data });
    }
    if (this.#isSilent) this.outgoing.length = 0;
  }

  send(text: string): void {
    assert.equal(text, '{"message":"ping"}');
    this.outgoing.push('{"topicName":"channel.metadata","eventBody":{"message":"pong"}}');
  }

  /** The connection ends, and what is on its way is lost. */
  cut(): void {
    this.#leave();
    this.onclose?.({});
  }

  /** The connection lives and brings nothing any more. */
  silence(): void {
    this.#isSilent = true;
    if (this.#channel.socket == this) this.#channel.socket = undefined;
  }

  close(): void {
    this.#leave();
  }

  #leave(): void {
    platform.sockets.delete(this);
    if (this.#channel.socket == this) this.#channel.socket = undefined;
  }
}

for (const seed of [1, 2]) {
  test(`an hour with two rollovers and ${CUTS} cut sockets loses no event without notice (seed ${seed})`, async () => {
    const random = dice(seed);
    platform = new Platform();
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const spread = mock.method(Math, "random", random);
    const moments = Array.from({ length: CUTS }, () => Math.floor((random() * (HOUR - 120_000)) / STEP)).sort((a, b) => a - b);
    const came: number[] = [];
    const gaps: { since: number; until: number }[] = [];
    let isConnected = false;
    const session: any = { apiUrl: "https://api.mypurecloud.ie", send: platform.send };
    const subscription = part("events")
      .notifications(session, { WebSocket: Socket as any })
      .subscribe(TOPIC, {
        event: ({ body }) => void (came[body.number] = (came[body.number] ?? 0) + 1),
        missed: ({ since, until }) => gaps.push({ since: +since, until: +until }),
        connected: () => (isConnected = true),
        error: (error) => assert.fail(error.message),
      });
    let cuts = 0;
    for (let step = 0; step < HOUR / STEP; step++) {
      platform.step();
      await new Promise(setImmediate);
      if (isConnected && step % 3 == 0) platform.publish();
      if (step % 300 == 0) platform.say({ topicName: "channel.metadata", eventBody: { message: "WebSocket Heartbeat" } });
      while (moments[cuts]! <= step && platform.sockets.size) {
        const struck = [...platform.sockets].at(-1)!;
        cuts++;
        if (random() < 0.8) struck.cut();
        else if (random() < 0.7) struck.silence();
        else struck.outgoing.push('{"topicName":"v2.system.socket_closing","eventBody":{}}');
      }
      mock.timers.tick(STEP);
    }
    // What was published last is on its way.
    for (let step = 0; step < 900; step++) {
      platform.step();
      await new Promise(setImmediate);
      mock.timers.tick(STEP);
    }
    subscription.close();
    mock.timers.reset();
    spread.mock.restore();

    const { published } = platform;
    for (const [number, at] of published.entries()) {
      const times = came[number] ?? 0;
      assert.ok(times <= 1, `event ${number} came ${times} times`);
      const isTold = gaps.some(({ since, until }) => since <= at + STEP && at <= until);
      assert.ok(times || isTold, `event ${number} of ${at} ms neither came nor is in a gap: ${JSON.stringify(gaps)}`);
    }
    const delivered = Object.keys(came).length;
    assert.ok(published.length > 11_000 && delivered > published.length / 2, `${delivered} of ${published.length} events`);
    assert.deepEqual([cuts, platform.channels.size >= 3, gaps.length > 0, platform.sockets.size], [CUTS, true, true, 0]);
  });
}
