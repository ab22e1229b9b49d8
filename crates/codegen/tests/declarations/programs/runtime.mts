// The runtime's own source against the declarations of it.
import * as runtime from "RUNTIME/session.ts";
import * as browser from "RUNTIME/browser.ts";
import type * as calls from "RUNTIME/call.ts";
import * as errors from "RUNTIME/error.ts";
import type * as requests from "RUNTIME/request.ts";
import * as declared from "purecloud/session";

/** Refuses all but `never`, and so names what is on one side alone. */
type None<Difference extends never> = Difference;
type Same<A, B> = { declaredOnly: Exclude<A, B>; runtimeOnly: Exclude<B, A> };

// What is declared is there.
const constructor: typeof declared.PureCloudSession = browser.PureCloudSession;
declare const session: runtime.Session;
const declaredSession: declared.PureCloudSession = session;
declare const request: requests.Request<number>;
const declaredRequest: declared.Request<number> = request;
declare const error: errors.PureCloudError;
const declaredError: declared.PureCloudError = error;
const errorConstructor: new (message: string, fields?: Partial<declared.ErrorFields>) => declared.PureCloudError =
  errors.PureCloudError;

// What is there is declared. `send` is for calls alone.
type Session = Same<keyof declared.PureCloudSession, Exclude<keyof runtime.Session, "send">>;
type Request = Same<keyof declared.Request, keyof requests.Request>;
type PureCloudError = Same<keyof declared.PureCloudError, keyof errors.PureCloudError>;
type ErrorFields = Same<keyof declared.ErrorFields, keyof errors.ErrorFields>;
type SessionOptions = Same<keyof declared.SessionOptions, keyof runtime.SessionOptions>;
type CallOptions = Same<keyof declared.CallOptions, keyof calls.CallOptions>;
type All = Session | Request | PureCloudError | ErrorFields | SessionOptions | CallOptions;
export type OnlyDeclared = None<All["declaredOnly"]>;
export type OnlyInRuntime = None<All["runtimeOnly"]>;

// What callers give is taken.
declare const options: declared.SessionOptions;
const runtimeOptions: runtime.SessionOptions = options;
declare const callOptions: declared.CallOptions;
const runtimeCallOptions: calls.CallOptions = callOptions;
const back: declared.CallOptions = runtimeCallOptions;
declare const done: declared.DoneHandler<number>;
declare const fail: declared.FailHandler;
request.done(done).fail(fail);

export { back, constructor, declaredError, declaredRequest, declaredSession, errorConstructor, runtimeOptions };
