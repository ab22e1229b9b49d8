/** The HTTP clients of the third generation: what a program puts in their place, and what its hooks see. */
import { PureCloudError } from "./error.js";
import type { Answer, Sink, Stop, Transport, Wire } from "./host.js";
import { isJson, isPlain } from "./prepare.js";

const METHODS_OF_V2 = /^(GET|POST|PUT|DELETE|PATCH|OPTIONS|HEAD)$/i;

/** Says that a value does not fit, in the words that programs of that generation know. */
function check(fits: unknown, problem: string): void {
  if (!fits) throw new PureCloudError(problem);
}

/** A request as an {@link AbstractHttpClient} gets it. */
export class HttpRequestOptions {
  declare url: string;
  declare method: string;
  declare headers?: Record<string, any>;
  declare params?: Record<string, any>;
  declare data?: any;
  /** Milliseconds. */
  timeout = TIMEOUT_OF_V2;

  constructor(
    url: string,
    method: string,
    headers?: Record<string, any> | null,
    params?: Record<string, any> | null,
    data?: any,
    timeout?: number | null,
  ) {
    this.setUrl(url);
    this.setMethod(method);
    if (headers) this.setHeaders(headers);
    if (params) this.setParams(params);
    if (data != null) this.setData(data);
    if (timeout != null) this.setTimeout(timeout);
  }

  setUrl(url: string): void {
    check(url, "The 'url' property is required");
    this.url = url;
  }

  setMethod(method: string): void {
    check(METHODS_OF_V2.test(method), "The 'method' property is invalid or missing");
    this.method = method.toUpperCase();
  }

  setData(data: any): void {
    check(data != null, "The 'data' property is required");
    this.data = data;
  }

  setParams(params: Record<string, any>): void {
    check(!params || typeof params == "object", "The 'params' property must be an object");
    this.params = params;
  }

  setHeaders(headers: Record<string, any>): void {
    check(!headers || typeof headers == "object", "The 'headers' property must be an object");
    this.headers = headers;
  }

  setTimeout(timeout: number): void {
    check(typeof timeout == "number", "The 'timeout' property must be a number");
    this.timeout = timeout;
  }
}

/** Milliseconds that an attempt may take unless the program says otherwise, as in every face. */
export const TIMEOUT_OF_V2 = 30_000;

/** An answer as hooks and HTTP clients of that generation hand it on. */
export interface HttpResponse {
  readonly status: number;
  readonly statusText?: string;
  readonly headers?: Readonly<Record<string, any>>;
  readonly data?: any;
  readonly text?: any;
}

type Hook = (value: any) => any;

/** What sends the requests of an `ApiClient`. A program may derive its own. */
export class AbstractHttpClient {
  timeout = TIMEOUT_OF_V2;
  declare httpsAgent: any;
  declare preHook: Hook | undefined;
  declare postHook: Hook | undefined;

  setTimeout(timeout: number): void {
    check(typeof timeout == "number", "The 'timeout' property must be a number");
    this.timeout = timeout;
  }

  setHttpsAgent(httpsAgent: any): void {
    check(!httpsAgent || typeof httpsAgent == "object", "The 'httpsAgent' property must be an object");
    this.httpsAgent = httpsAgent;
  }

  /** Sends a request; resolves with the answer, rejects with an error whose `response` is the answer of a failure. */
  request(_options: HttpRequestOptions): Promise<HttpResponse> {
    throw new PureCloudError("method must be implemented");
  }

  enableHooks(): void {
    throw new PureCloudError("method must be implemented");
  }

  /** Looks at each request before it is sent, and returns it, as it is or changed. It takes the place of the one before. */
  setPreHook(hook: Hook): void {
    check(typeof hook == "function" && hook.length == 1, "preHook must be a function that accepts (config)");
    this.preHook = hook;
    this.enableHooks();
  }

  /** Looks at each answer of a success, and returns it, as it is or changed. It takes the place of the one before. */
  setPostHook(hook: Hook): void {
    check(typeof hook == "function" && hook.length == 1, "postHook must be a function that accepts (response)");
    this.postHook = hook;
    this.enableHooks();
  }
}

/**
 * The client of a program that brings none of its own: the hooks around the transport of the session.
 *
 * @param transport Gives the transport for an `https.Agent`, or the usual one without.
 */
export function defaultHttpClient(transport: (agent?: any) => Transport) {
  return class DefaultHttpClient extends AbstractHttpClient {
    constructor(timeout?: number | null, httpsAgent?: any) {
      super();
      if (timeout != null) this.setTimeout(timeout);
      if (httpsAgent != null) this.setHttpsAgent(httpsAgent);
    }

    override enableHooks(): void {}

    /** The request as hooks see it. */
    toAxiosConfig({ url, method, params, headers, data }: HttpRequestOptions): Record<string, any> {
      check(url && method, "Mandatory fields 'url' and 'method' must be set before making a request");
      const { timeout, httpsAgent } = this;
      const config: Record<string, any> = { url, method, params, headers, data, timeout, httpsAgent };
      for (const name in config) if (config[name] == null) delete config[name];
      return config;
    }

    override async request(options: HttpRequestOptions): Promise<HttpResponse> {
      check(options instanceof HttpRequestOptions, "httpRequestOptions must be instance of HttpRequestOptions ");
      let config = this.toAxiosConfig(options);
      try {
        if (this.preHook) config = (await this.preHook(config)) || config;
      } catch (cause: any) {
        // Nothing was sent, and the hook would throw again.
        throw new PureCloudError(`preHook: ${cause?.message}`, {}, cause);
      }
      const { url, method, headers = {}, data, params, httpsAgent } = config;
      const query = params ? new URLSearchParams(Object.entries(params).filter(([, value]) => value != null) as any).toString() : "";
      const wire: Wire = {
        method,
        url: query ? `${url}${url.includes("?") ? "&" : "?"}${query}` : url,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), `${value}`])),
        body: isPlain(data) || Array.isArray(data) ? JSON.stringify(data) : data,
        limit: 2 ** 28,
      };
      const response = await new Promise<HttpResponse>((resolve, reject) => {
        transport(httpsAgent)(wire, { answered: (answer) => resolve(responseOf(answer)), failed: reject });
      });
      if (response.status < 200 || response.status > 299) {
        throw Object.assign(new Error(`Request failed with status code ${response.status}`), { response });
      }
      return this.postHook ? this.postHook(response) : response;
    }
  };
}

/** An answer as hooks see it. */
function responseOf({ status, statusText, headers, responseText, response, cut }: Answer): HttpResponse {
  if (cut) throw cut;
  let data: any = responseText ?? response;
  try {
    if (responseText) data = JSON.parse(responseText);
  } catch {
    // Not JSON, so a text.
  }
  return { status, statusText, headers: { ...headers }, data };
}

/** Whether an HTTP client does more than the transport of the session does by itself. */
export function isSpecial(client: AbstractHttpClient, usual: Function): boolean {
  return client.constructor != usual || !!client.preHook || !!client.postHook;
}

/** A transport that hands each attempt to a program's own client. */
export function transportThrough(client: AbstractHttpClient): Transport {
  return (wire: Wire, sink: Sink): Stop => {
    const { url, method, headers, body } = wire;
    const answered = ({ status, statusText = "", headers = {}, data, text }: HttpResponse) => {
      const content = data ?? text;
      const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), `${value}`]));
      const responseText = textOf(content, plain["content-type"]);
      const response = responseText === undefined ? content : undefined;
      sink.answered({ status, statusText, headers: plain, responseText, response });
    };
    (async () => {
      try {
        answered(await client.request(new HttpRequestOptions(url, method, { ...headers }, null, body, client.timeout)));
      } catch (error: any) {
        if (error?.response?.status) answered(error.response);
        else sink.failed(error);
      }
    })();
    return () => {};
  };
}

/** Content that a client has read, as the text that it was; `undefined` for content that is not text. */
function textOf(content: any, type = ""): string | undefined {
  if (typeof content == "string" && !(isJson(type) && content)) return content;
  try {
    if (typeof content == "string") JSON.parse(content);
    else if (!isPlain(content) && !Array.isArray(content) && !/^[nb]/.test(typeof content)) return undefined;
    else content = JSON.stringify(content);
    return content;
  } catch {
    return JSON.stringify(content);
  }
}
