/** A world without sockets and clocks, for tests of what happens between them. */
import type { Answer, Host, Wire } from "../src/host.js";

/** A host whose platform answers with what `answer` resolves with; its clock stands still. */
export function scripted(answer: (wire: Wire) => Promise<Answer>): Host {
  return {
    transport: (wire, sink) => {
      answer(wire).then(
        (value) => sink.answered(value),
        (error) => sink.failed(error),
      );
      return () => {};
    },
    after: () => () => {},
    now: () => 0,
    time: () => 0,
  };
}
