import type { Outcome } from "./answer.js";
import type { Deadlines } from "./deadlines.js";
import type { Environment } from "./environment.js";
import type { WaitingCall } from "./governor.js";
import type { Answer, Host, Sink, Stop, Wire } from "./host.js";
import type { Prepared } from "./prepare.js";
import type { SessionOptions } from "./session.js";

/** What the parts of a session share. It never leaves the session's closures. */
export interface Core {
  readonly host: Host;
  readonly options: SessionOptions;
  environment: Environment;
  debug: boolean;
  readonly deadlines: Deadlines;
  /** What is done around each attempt of each call, in this order. Parts that are loaded apart add theirs. */
  readonly policies: Policy[];
  /** Sends an attempt: the host's transport, within what parts put around it. */
  transport: Layer;
  /** Stands in for `transport` where a program has hooks: they see a request before everything else, and hand it on. */
  hooked?: Layer;
  /** What a success without content gives, by its text status; absent for `undefined`. */
  blank?(textStatus: string): unknown;
  /** The token to send now, `null` for none; a promise while one is under way. Asked once for each attempt. */
  token(): string | null | Promise<string | null>;
  /**
   * Gets another token in place of `refused`, which the platform has answered with 401; resolves with whether there is
   * one. Asked once for each call; many calls may ask at the same time about the same token.
   */
  renew(refused: string): boolean | Promise<boolean>;
  /** Headers of every request with this `authorization`, checked and put together once. */
  headers?: readonly [authorization: string, headers: Readonly<Record<string, string>>];
}

/**
 * Begins to send an attempt of a call, like a `Transport`. A layer hands the request on to another one, as it is or
 * changed, at once or later, and may have a sink of its own before that of the call.
 */
export type Layer = (wire: Wire, sink: Sink, call: CallState) => Stop;

/**
 * Something that a session does around the attempts of its calls: repeating them, spacing them, looking at them. State
 * of a policy for one call belongs in a `WeakMap`. What `before` and `after` throw ends the call.
 */
export interface Policy {
  /**
   * Comes before each attempt, which waits for the promise if there is one. Here a call waits for its
   * turn. When it ends while it waits, `end` says so.
   */
  before?(call: CallState): void | Promise<unknown>;
  /**
   * Comes after each attempt, with what it came to and the answer, status 0 where there was none. A number is a wish for another attempt, after so many milliseconds;
   * the wish of the first policy that has one counts, while every policy sees every outcome.
   */
  after?(call: CallState, outcome: Outcome, answer: Answer): number | undefined | Promise<number | undefined>;
  /**
   * Comes when it is decided what follows an attempt: another one after `wait` milliseconds, or without that number the
   * end of the call, which waits for the promise if there is one.
   */
  decided?(call: CallState, outcome: Outcome, wait: number | undefined): void | Promise<unknown>;
  /**
   * Comes once for each call that has begun an attempt, however it ended. Here it gives back what `before` took. It must
   * not throw.
   */
  end?(call: CallState, outcome: Outcome, answer: Answer): void;
  /** The calls that it makes wait, in the order in which they will go. */
  queue?(): WaitingCall[];
}

/** A call, as policies see it. */
export interface CallState {
  readonly prepared: Prepared;
  /** Whether it goes to the login, with credentials in place of the token. */
  readonly isLogin: boolean;
  /** When it began, in the milliseconds of `Host.now`. */
  readonly began: number;
  /** Milliseconds that it waited behind other calls of the session; a policy that makes it wait adds to them. */
  queued: number;
  /** The moment of the rate budget that the attempt under way has taken; for the policy that gave it. */
  slot?: number | undefined;
  /** Attempts so far, with the one under way: 1 at the first. */
  readonly attempts: number;
  /**
   * When the call is given up whatever happens, in the milliseconds of `Host.now`; `Infinity` for never. No wait may go
   * beyond it.
   */
  readonly lastMoment: number;
  /** Whether the platform may have acted on an attempt that failed. */
  readonly mayHaveActed: boolean;
  /** Gives it up. */
  abort(reason: unknown): void;
  /** Whether it has ended: settled, stopped or timed out. */
  readonly over: boolean;
}
