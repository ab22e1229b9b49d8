/** What a signal stops. */
export interface Stoppable {
  abort(reason: unknown): void;
}

/** What each signal stops. One listener serves all of it: Node warns of a leak from the eleventh on. */
const STOPPED_BY = new WeakMap<AbortSignal, readonly [calls: Set<Stoppable>, listener: () => void]>();

/** Stops `call` when `signal` aborts, unless {@link unwatch} comes first. */
export function watch(signal: AbortSignal, call: Stoppable): void {
  const known = STOPPED_BY.get(signal);
  if (known) {
    known[0].add(call);
    return;
  }
  const calls = new Set([call]);
  const listener = () => calls.forEach((call) => call.abort(signal.reason));
  STOPPED_BY.set(signal, [calls, listener]);
  signal.addEventListener("abort", listener);
}

/** The call is over: the signal has nothing to do with it any more. */
export function unwatch(signal: AbortSignal, call: Stoppable): void {
  const [calls, listener] = STOPPED_BY.get(signal) || [];
  if (calls?.delete(call) && !calls.size) {
    STOPPED_BY.delete(signal);
    signal.removeEventListener("abort", listener!);
  }
}
