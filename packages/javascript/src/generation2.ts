/**
 * What the second generation of this SDK (2017) had beyond today's sessions, over the same core: `login` by a strategy,
 * `options` that can be read and written, a log by function, a handler of every 401, a query in `get` and `makeRequest`, and
 * what its promises gave for empty answers. It sends nothing by itself.
 */
import type { Core } from "./core.js";
import { readEnvironment } from "./environment.js";
import { PureCloudError } from "./error.js";
import type { Operation, Parameter } from "./operation.js";
import { parts } from "./parts.js";
import { prepare } from "./prepare.js";
import type { Request } from "./request.js";
import type { Session, SessionOptions } from "./session.js";
import type { Tokens } from "./tokens.js";
import { requestFor } from "./work.js";

/** What this part adds to a session that was made with an object. */
export interface Generation2 {
  /** Gets a token by the `strategy` of the options; `implicit` succeeds with the user, and stays pending while the page leaves. */
  login(): Request;
  /** The options, to read and to write. What prints or serializes them leaves out `token` and `clientSecret`. */
  options: { -readonly [name in keyof SessionOptions]: SessionOptions[name] };
  /** The address of the login, without a slash at its end. */
  readonly authUrl: string;
  /** Changes the environment, to `mypurecloud.com` when none is given. */
  setEnvironment(environment?: string): void;
  /** Is called with each request, the headers of its answer and the content of that; of logins it hears nothing. */
  debugLog: ((entry: any) => void) | undefined;
  /** Sets what is called with the error of each request that is refused with 401. */
  setUnauthenticatedErrorHandler(handler: (error: PureCloudError) => void): void;
}

/** The part that adds the members of the second generation to a session that was made with an object. */
export interface Generation2Part {
  extend(session: Session, core: Core, tokens: Tokens): void;
}

/** The options of that generation, besides the two that are secrets. */
const OPTIONS = ["clientId", "environment", "proxy", "redirectUrl", "state", "storageKey", "strategy", "timeout"] as const;

parts.generation2 = () => ({
  extend(session: any, core, tokens) {
    const given: { -readonly [name in keyof SessionOptions]?: any } = core.options;
    const { get, logout, makeRequest } = session as Session;
    const isStrategic = given.strategy !== undefined;
    given.timeout ??= 30_000;

    const options = {};
    const option = (name: string, get: () => unknown, set: (value: any) => void, enumerable: boolean) =>
      Object.defineProperty(options, name, { get, set, enumerable, configurable: true });
    for (const name of OPTIONS) option(name, () => given[name], (value) => (given[name] = value), true);
    option("environment", () => session.environment(), (name) => (given.environment = name), true);
    option("state", () => session.getState() ?? given.state, (state) => (given.state = state), true);
    // What prints or serializes the options leaves these two out.
    option("token", () => tokens.peek()?.access_token, (token) => tokens.use(token ? { access_token: token } : null), false);
    option("clientSecret", () => given.clientSecret, (secret) => (given.clientSecret = secret), false);

    const withQuery = (method: string, url: string, query: any, body?: unknown): Request => {
      const id = `${method} ${url.split("?")[0]}`;
      const names = typeof query == "string" ? [] : Object.keys(query || {});
      const parameters = names.map((name): Parameter => ({ name, wireName: name, place: "query", required: false }));
      parameters.push({ name: "body", wireName: "body", place: "body", required: false });
      const path = names[0] || !query ? url : `${url}${url.includes("?") ? "&" : "?"}${query}`;
      const operation = { id, method: method as Operation["method"], path, parameters };
      return session.send(prepare(operation, [...names.map((name) => query[name]), body]));
    };
    const address = (kind: "api" | "login") => ({
      get: () => core.environment[kind],
      set(origin: string) {
        core.environment = { ...core.environment, [kind]: readEnvironment(origin, given.allowHttp).api };
      },
      configurable: true,
    });

    Object.defineProperties(session, {
      options: { get: () => options, set: (more) => Object.assign(options, more), configurable: true },
      apiUrl: { ...address("api"), enumerable: true },
      authUrl: address("login"),
    });
    Object.assign(session, {
      debugLog: undefined,
      unauthenticatedErrorHandler: undefined,

      setEnvironment(environment?: string) {
        session.environment(environment || "mypurecloud.com");
      },

      setUnauthenticatedErrorHandler(handler: (error: PureCloudError) => void) {
        session.unauthenticatedErrorHandler = handler;
      },

      login() {
        const { strategy } = given;
        if (strategy == "implicit") return session.authorize({ grant: strategy });
        if (strategy != "token" && strategy != "client-credentials") {
          throw new PureCloudError(`Authentication strategy "${strategy}" is not supported.`, { operation: "login" });
        }
        // One that is there is not tried.
        if (tokens.peek()) return requestFor<void>(async () => []);
        if (strategy == "token") {
          const message = 'Options requires a "token" key for the "token" strategy';
          throw new PureCloudError(message, { operation: "login", parameter: "token" });
        }
        return session.authorizeWithClientCredentialsGrant();
      },

      logout: (redirectUrl = given.strategy && given.redirectUrl) => logout(redirectUrl),

      get: (url: string, query?: unknown) => (query ? withQuery("GET", url, query) : get(url)),

      // The third argument was the query; a session without a strategy is one of today, where it is the body.
      makeRequest: (method: string, url: string, ...rest: unknown[]) =>
        isStrategic || rest.length > 1
          ? withQuery(method.toUpperCase(), url, rest[0], rest[1])
          : makeRequest(method, url, rest[0]),
    });

    if (isStrategic) core.blank = (textStatus) => (textStatus != "nocontent" ? "" : core.host.page ? null : {});
    core.policies.push({
      before({ prepared: { method, url, data }, isLogin }) {
        // A login shows credentials.
        if (isLogin) return;
        const body = typeof data == "string" ? `\nBody: ${data}` : "";
        session.debugLog?.(`${method} ${url.replace(/^(?=\/)/, core.environment.api)}${body}`);
      },
      after({ isLogin }, [, data, error], { headers }) {
        if (isLogin) return undefined;
        session.debugLog?.(headers);
        session.debugLog?.(error || data);
        return undefined;
      },
      end({ isLogin }, [, , error]) {
        if (!error) return;
        const { status, statusCode, headers, body, responseText: text } = error;
        const value = { status, statusCode, header: headers, headers, body, text };
        Object.defineProperty(error, "response", { value, configurable: true });
        if (status != 401 || isLogin) return;
        try {
          session.unauthenticatedErrorHandler?.(error);
        } catch (fault) {
          // The fault of a handler, which is no reason to keep the answer from the program.
          queueMicrotask(() => {
            throw fault;
          });
        }
      },
    });
  },
});
