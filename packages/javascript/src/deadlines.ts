import type { Host } from "./host.js";

/** What ends at a time unless it is over before. */
export interface Timed {
  /** In the milliseconds of {@link Host.now}; `Infinity` for never. */
  readonly deadline: number;
  /** Where it is among the deadlines, from 1; nothing while it is not there. For the deadlines alone. */
  place?: number | undefined;
  expire(): void;
}

/** The deadlines of a session's calls. */
export interface Deadlines {
  add(call: Timed): void;
  delete(call: Timed): void;
}

/**
 * Keeps the deadlines of all calls of a session with one timer. It is set to the earliest deadline that it knew of: a
 * call that ends in time, as nearly all do, costs an entry in an array and its removal. It keeps no Node process alive;
 * the connection of what waits does.
 */
export function createDeadlines({ after, now }: Host): Deadlines {
  // Not a set: where entries come and go, V8 leaves behind tables of a set's earlier days that refer to its later ones,
  // and a young collection takes all calls in them for live. Each call then costs a third more.
  const calls: Timed[] = [];
  let next = Infinity;
  let stop = () => {};

  const arm = (deadline: number) => {
    if (deadline < next) {
      next = deadline;
      stop();
      // A timer cannot be set further ahead than this.
      stop = after(Math.min(deadline - now(), 2 ** 31 - 1), sweep, true);
    }
  };

  const remove = (call: Timed) => {
    if (!call.place) return;
    const last = calls.pop()!;
    last.place = call.place;
    if (last != call) calls[call.place - 1] = last;
    call.place = undefined;
  };

  const sweep = () => {
    // Calls that begin meanwhile are not due, however little time they have.
    const time = now();
    let earliest = Infinity;
    for (const call of [...calls]) {
      if (call.deadline > time) {
        earliest = Math.min(earliest, call.deadline);
      } else if (call.place) {
        remove(call);
        call.expire();
      }
    }
    next = Infinity;
    arm(earliest);
  };

  return {
    add(call) {
      call.place ||= calls.push(call);
      arm(call.deadline);
    },
    delete: remove,
  };
}
