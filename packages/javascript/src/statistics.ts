/** What a session has done, in numbers. */
import type { CallState, Core, Policy } from "./core.js";
import type { Answer, Host } from "./host.js";
import { parts } from "./parts.js";
import { countPieces, sizeOf } from "./pieces.js";

/** What calls have come to. Times are in milliseconds, bytes those of contents, unpacked. */
export interface CallCounts {
  /** Calls that have ended. */
  readonly calls: number;
  /** Of these, those that failed, whatever the reason. */
  readonly errors: number;
  /** Attempts after the first ones of their calls. */
  readonly retries: number;
  /** Time that calls waited for their turn, behind others of the session or for the rate limit. */
  readonly queued: number;
  /** Time between attempts. */
  readonly waited: number;
  /** Time of all calls from beginning to end, waits included. */
  readonly elapsed: number;
  /** Time of the longest call. */
  readonly longest: number;
  /** Bytes of the contents that were sent, streams aside. */
  readonly sent: number;
  /** Bytes of the contents that were received. */
  readonly received: number;
}

/** What a session has done since somebody first asked. */
export interface SessionStatistics extends CallCounts {
  /** When counting began. */
  readonly since: Date;
  /** Calls that have been sent at least once, and not ended. */
  readonly underWay: number;
  /** How often calls failed, by the `kind` of the error; refusals by their status. */
  readonly errorsBy: Readonly<Record<string, number>>;
  /**
   * By operation. Bare requests are named by their method and path: when there are more than 500 names, what comes is
   * counted under `other`.
   */
  readonly operations: Readonly<Record<string, CallCounts>>;
}

/** What sessions ask of this part. */
export interface StatisticsPart {
  /** The numbers of a session, which are counted from the first time on that somebody asks. */
  statistics(core: Core): SessionStatistics;
}

type Counts = { -readonly [Name in keyof CallCounts]: number };

/** Names that are counted apart. */
const MOST_OPERATIONS = 500;

function zeros(): Counts {
  return { calls: 0, errors: 0, retries: 0, queued: 0, waited: 0, elapsed: 0, longest: 0, sent: 0, received: 0 };
}

/** Counts what the calls of one session come to. */
class Counter implements Policy {
  readonly #host: Host;
  readonly #since: Date;
  readonly #began: number;
  readonly #total = zeros();
  readonly #operations = new Map<string, Counts>();
  readonly #errors = new Map<string, number>();
  /** When the attempt of a call that is under way began, or when its next one is due. */
  readonly #due = new WeakMap<CallState, number>();
  #count = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#since = new Date(host.time());
    this.#began = host.now();
  }

  snapshot(): SessionStatistics {
    const operations = [...this.#operations].map(([name, counts]) => [name, { ...counts }] as const);
    return {
      ...this.#total,
      since: this.#since,
      underWay: this.#count,
      errorsBy: Object.fromEntries(this.#errors),
      operations: Object.fromEntries(operations),
    };
  }

  /** Adds to the numbers of an operation and to those of the session. */
  add({ prepared }: CallState, name: keyof Counts, amount: number): void {
    let { id } = prepared;
    if (!this.#operations.has(id) && this.#operations.size >= MOST_OPERATIONS) id = "other";
    let counts = this.#operations.get(id);
    if (!counts) this.#operations.set(id, (counts = zeros()));
    for (const each of [counts, this.#total]) {
      if (name == "longest") each[name] = Math.max(each[name], amount);
      else each[name] += amount;
    }
  }

  before(call: CallState): void {
    if (call.began < this.#began) return;
    const now = this.#host.now();
    const due = this.#due.get(call);
    if (due == null) this.#count++;
    this.add(call, "queued", now - (due ?? call.began));
    this.#due.set(call, now);
  }

  decided(call: CallState, _: unknown, wait: number | undefined): void {
    if (wait == null || !this.#due.has(call)) return;
    this.#due.set(call, this.#host.now() + wait);
    this.add(call, "retries", 1);
    this.add(call, "waited", wait);
  }

  end(call: CallState, [, , error]: readonly unknown[]): void {
    if (call.began < this.#began) return;
    const elapsed = this.#host.now() - call.began;
    if (this.#due.delete(call)) this.#count--;
    else this.add(call, "queued", elapsed);
    this.add(call, "calls", 1);
    this.add(call, "elapsed", elapsed);
    this.add(call, "longest", elapsed);
    if (!error) return;
    this.add(call, "errors", 1);
    const { kind, status } = error as { kind: string; status: number };
    const name = kind == "refused" ? `${status}` : kind;
    this.#errors.set(name, (this.#errors.get(name) || 0) + 1);
  }
}

const COUNTERS = new WeakMap<Core["policies"], Counter>();

/** Counts the bytes of what is sent and received. */
function countBytes(core: Core, counter: Counter): void {
  const next = core.transport;
  core.transport = (wire, sink, call) => {
    counter.add(call, "sent", sizeOf(wire.body) ?? 0);
    const took = (bytes: number) => counter.add(call, "received", bytes);
    return next(
      wire,
      {
        answered(answer: Answer) {
          if (answer.stream) answer.stream = countPieces(answer.stream, took);
          else took(sizeOf(answer.responseText ?? answer.response) ?? 0);
          sink.answered(answer);
        },
        failed: (error, unsent) => sink.failed(error, unsent),
        streams: () => !!sink.streams?.(),
      },
      call,
    );
  };
}

parts.statistics = () => ({
  statistics(core) {
    let counter = COUNTERS.get(core.policies);
    if (!counter) {
      COUNTERS.set(core.policies, (counter = new Counter(core.host)));
      core.policies.push(counter);
      countBytes(core, counter);
    }
    return counter.snapshot();
  },
});
