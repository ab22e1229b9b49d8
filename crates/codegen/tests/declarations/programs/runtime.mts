// The runtime's own source against the declarations of it.
import * as runtime from "RUNTIME/session.ts";
import * as browser from "RUNTIME/browser.ts";
import type * as calls from "RUNTIME/call.ts";
import * as errors from "RUNTIME/error.ts";
import type * as requests from "RUNTIME/request.ts";
import * as declared from "purecloud/session";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_equal: Equal<A, B>): void {}

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
same<keyof declared.PureCloudSession, Exclude<keyof runtime.Session, "send">>(true);
same<keyof declared.Request, keyof requests.Request>(true);
same<keyof declared.PureCloudError, keyof errors.PureCloudError>(true);
same<keyof declared.ErrorFields, keyof errors.ErrorFields>(true);
same<keyof declared.SessionOptions, keyof runtime.SessionOptions>(true);
same<keyof declared.CallOptions, keyof calls.CallOptions>(true);

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
