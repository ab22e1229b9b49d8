import { PureCloudError } from "./error.js";
import { beginRequest } from "./request.js";
import type { Request } from "./request.js";

/** Makes a request of work in several steps, which succeeds with the arguments for the handlers of success. */
export function requestFor<T = any>(act: (request: Request<T>) => Promise<readonly unknown[]>): Request<T> {
  return beginRequest<T>({}, (settle, request) => {
    const fail = (error: any) => settle(false, [error, error.status ? "error" : error.statusText || "error", ""]);
    act(request).then((args) => settle(true, args), fail);
    return () => fail(new PureCloudError("aborted", { kind: "abort", code: "abort", statusText: "abort" }));
  });
}
