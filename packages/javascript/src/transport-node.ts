import type { Agent, AgentOptions, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { ConnectionOptions, SecureContext } from "node:tls";
import type { Gunzip } from "node:zlib";
import { builtin } from "./builtin.js";
import { PureCloudError, tooLong } from "./error.js";
import { isText } from "./host.js";
import type { Answer, Sink, Transport, Wire } from "./host.js";
import { isStream } from "./prepare.js";
import { chooseProxy, proxyHeaders } from "./proxy.js";
import type { ProxyOptions } from "./proxy.js";
import { nextHop } from "./redirect.js";
import type { Hop } from "./redirect.js";
import { readTls } from "./tls.js";
import type { TlsOptions } from "./tls.js";

/** How a session connects. */
export interface ConnectionSettings extends ProxyOptions {
  readonly tls?: TlsOptions | undefined;
  /** What opens encrypted connections in place of `proxy` and `tls`. */
  readonly agent?: object | undefined;
}

/** How to reach an origin. */
interface Route {
  readonly request: (options: RequestOptions) => ClientRequest;
  /** What all requests to the origin have in common. */
  readonly options: RequestOptions;
  /** What comes before the path: the origin, where a proxy takes the request whole. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Finds the route to an origin. */
type Router = (origin: string) => Route;

/**
 * Sends over connections that are kept alive, which takes a third of the processor time of Node's `fetch`. Follows
 * redirects, reads gzip, and goes through the proxy that {@link chooseProxy} names.
 *
 * @throws {PureCloudError} when the settings cannot be used.
 */
export function makeNodeTransport(settings: ConnectionSettings = {}): Transport {
  const routes = new Map<string, Route>();
  const { tls, agent } = settings;
  // A proxy is not shown the certificate of the session.
  const certificates = tls && { platform: readTls(tls), proxy: readTls({ ca: tls.ca }) };
  const router: Router = (origin) => {
    let route = routes.get(origin);
    if (!route) {
      const url = new URL(origin);
      const own = url.protocol == "https:" ? (agent as Agent | undefined) : undefined;
      const proxy = own ? undefined : chooseProxy(url, settings, (name) => process.env[name]);
      routes.set(origin, (route = routeTo(url, proxy, certificates, own)));
    }
    return route;
  };
  return (wire, sink) => {
    const exchange = new Exchange(wire, sink, router);
    exchange.begin();
    return () => exchange.stop();
  };
}

/** What connections to the platform and to a proxy trust and show; without, what Node says. */
type Certificates = { readonly [peer in "platform" | "proxy"]: SecureContext } | undefined;

function routeTo(url: URL, proxy: URL | undefined, certificates: Certificates, own: Agent | undefined): Route {
  const secure = url.protocol == "https:";
  // An encrypted connection goes through the proxy in a tunnel; any other request is handed to the proxy whole.
  const peer = proxy && !secure ? proxy : url;
  const { Agent, request } = builtin<typeof import("node:http")>(peer.protocol == "https:" ? "node:https" : "node:http");
  const secureContext = certificates?.[peer == url ? "platform" : "proxy"];
  const agent: Agent = own || new Agent({ keepAlive: true, ...(secureContext && { secureContext }) } as AgentOptions);
  if (proxy && secure) (agent as any).createConnection = tunnelThrough(proxy, certificates?.proxy);
  return {
    request,
    options: { ...addressOf(peer), agent },
    prefix: peer == url ? "" : url.origin,
    headers: { host: url.host, "accept-encoding": "gzip", ...(peer != url && proxyHeaders(peer)) },
  };
}

/** Host and port of an address, as `http.request` and `tls.connect` take them. */
function addressOf({ protocol, hostname, port }: URL): { host: string; port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ""), port: +port || (protocol == "https:" ? 443 : 80) };
}

/** Bytes of content that are written at a time where somebody follows how much is sent. */
const WRITTEN_AT_ONCE = 1 << 16;

/** Where nobody waits for an answer any more. */
const NOBODY: Sink = { answered() {}, failed() {} };

/** One request on its way, through redirects and over a second connection where the first one had ended. */
class Exchange {
  readonly #wire: Wire;
  #sink: Sink;
  readonly #router: Router;
  #method: string;
  #url: string;
  #headers: Readonly<Record<string, string>>;
  /** The content, once it is as `http` takes it. */
  #data: any;
  #hops = 0;
  #request: ClientRequest | undefined;
  /** What else is under way for the request: a tunnel that opens, content that is unpacked. */
  #part: { destroy(): unknown } | undefined;
  #answered = false;
  #over = false;

  constructor(wire: Wire, sink: Sink, router: Router) {
    this.#wire = wire;
    this.#sink = sink;
    this.#router = router;
    this.#method = wire.method;
    this.#url = wire.url;
    this.#headers = wire.headers;
  }

  begin(): void {
    const { body } = this.#wire;
    if (body == null || typeof body == "string") return this.#send(body);
    const kind = {}.toString.call(body);
    if (/FormData|Blob|File/.test(kind) && !isStream(body)) {
      // Node's own `fetch` knows how forms and blobs are written.
      const written = new Response(body as BodyInit);
      const type = written.headers.get("content-type");
      if (type) this.#headers = { "content-type": type, ...this.#headers };
      written.arrayBuffer().then(
        (bytes) => this.#send(new Uint8Array(bytes)),
        (error) => this.#fail(error, true),
      );
    } else if (/URLSearchParams/.test(kind)) {
      this.#headers = { "content-type": "application/x-www-form-urlencoded", ...this.#headers };
      this.#send(`${body}`);
    } else if (ArrayBuffer.isView(body)) {
      this.#send(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
    } else if (/ArrayBuffer/.test(kind)) {
      this.#send(new Uint8Array(body as ArrayBuffer));
    } else {
      this.#send(body);
    }
  }

  /** Ends it; `false` when the request has not left this machine. */
  stop(): boolean {
    const sent = !!this.#request && !isUnsent(this.#request);
    this.#over = true;
    this.#request?.destroy();
    this.#part?.destroy();
    return sent;
  }

  #send(data: any): void {
    if (this.#over) return;
    try {
      this.#data = data;
      const start = this.#url.indexOf("/", 8);
      const route = this.#router(this.#url.slice(0, start));
      const headers = this.#headers;
      const streams = isStream(data);
      let length: string | undefined;
      if (data != null && !streams) length = `${Buffer.byteLength(data)}`;
      else if (!streams && /^P/.test(this.#method)) length = "0";
      // Names and values in turn are what `http` takes fastest.
      const list: string[] = [];
      for (const name in route.headers) if (!(name in headers)) list.push(name, route.headers[name]!);
      for (const name in headers) if (!length || name != "content-length") list.push(name, headers[name]!);
      if (length) list.push("content-length", length);
      else if (streams && !headers["content-length"]) list.push("transfer-encoding", "chunked");
      const options = {
        ...route.options,
        method: this.#method,
        path: route.prefix + this.#url.slice(start),
        headers: list,
        exchange: this,
      };
      const request = (this.#request = route.request(options as RequestOptions));
      request.on("response", (message) => this.#receive(message));
      request.on("error", (error) => this.#broke(request, error));
      // A connection that changes to another protocol ends without an error, or goes on without an answer.
      request.on("close", () => {
        if (request == this.#request && !this.#answered) this.#fail(new Error("the connection ended without an answer"));
      });
      request.on("information", refuseUpgrade);
      if (streams) this.#pipe(data, request);
      else if (data && this.#wire.sent) this.#write(Buffer.from(data), request, this.#wire.sent);
      // Node writes headers and a text as one, and would write a header's letters beyond ASCII in the text's encoding.
      else request.end(typeof data == "string" && /[^\0-\x7f]/.test(list.join("")) ? Buffer.from(data) : data);
    } catch (error) {
      this.#fail(error, true);
    }
  }

  /** Writes content in pieces, each when the system has taken the one before it. */
  #write(data: Buffer, request: ClientRequest, sent: (loaded: number, total?: number) => void): void {
    let loaded = 0;
    const next = () => {
      if (loaded >= data.length) {
        request.end();
        return;
      }
      const piece = data.subarray(loaded, loaded + WRITTEN_AT_ONCE);
      request.write(piece, (error) => {
        if (error) return;
        loaded += piece.length;
        sent(loaded, data.length);
        next();
      });
    };
    next();
  }

  #pipe(stream: any, request: ClientRequest): void {
    const source = stream.pipe ? stream : builtin<typeof import("node:stream")>("node:stream").Readable.fromWeb(stream);
    source.on("error", (error: unknown) => {
      this.#fail(error);
      request.destroy();
    });
    if (source.destroy) this.#part = source;
    const { sent } = this.#wire;
    let loaded = 0;
    if (sent) source.on("data", (piece: string | Uint8Array) => sent((loaded += Buffer.byteLength(piece))));
    source.pipe(request);
  }

  /** Takes what opens a connection for this request; nothing else of the request could stop it. */
  opening(tunnel: ClientRequest | undefined): void {
    this.#part = tunnel;
  }

  /**
   * The platform may close an idle connection in the moment in which it is used again; a request that does no harm when
   * it comes twice is then sent over another one.
   */
  #broke(request: ClientRequest, error: NodeJS.ErrnoException): void {
    if (request != this.#request) return;
    const stale = request.reusedSocket && !this.#answered && /^(ECONNRESET|EPIPE)$/.test(error.code!);
    // What Node could not read, and with it what the peer repeats of the request.
    delete (error as any).rawPacket;
    if (stale && /^(GET|HEAD|OPTIONS|PUT|DELETE)$/.test(request.method) && !isStream(this.#data)) {
      this.#send(this.#data);
    } else {
      this.#fail(error, isUnsent(request, error));
    }
  }

  #receive(message: IncomingMessage): void {
    this.#answered = true;
    try {
      const { location } = message.headers;
      const hop = location && nextHop(this.#hops++, message.statusCode!, location, this.#method, new URL(this.#url));
      if (hop) this.#follow(hop);
      else this.#read(message);
    } catch (error) {
      this.#fail(error);
      message.destroy();
    }
  }

  #follow({ url, method, keepsBody, keepsCredentials }: Hop): void {
    // What comes with a redirect may have no end, and is not read.
    this.#request!.destroy();
    this.#request = undefined;
    this.#answered = false;
    if (keepsBody && isStream(this.#data)) throw new PureCloudError("a stream cannot be sent again to where a redirect leads");
    const { "content-type": type, authorization, cookie, ...headers } = this.#headers as any;
    if (keepsBody && type) headers["content-type"] = type;
    if (keepsCredentials && authorization) headers["authorization"] = authorization;
    if (keepsCredentials && cookie) headers["cookie"] = cookie;
    this.#headers = headers;
    this.#method = method;
    this.#url = url.href.replace(/#.*/, "");
    this.#send(keepsBody ? this.#data : undefined);
  }

  /** Reads the content of an answer to its end, to where it is cut off, or to its limit. */
  #read(message: IncomingMessage): void {
    const headers = message.headers as Record<string, string>;
    const cookies = headers["set-cookie"];
    if (cookies) headers["set-cookie"] = `${cookies}`;
    const answer: Answer = { status: message.statusCode!, statusText: message.statusMessage!, headers };
    const { limit, received } = this.#wire;
    const chunks: Uint8Array[] = [];
    let size = 0;
    const finish = (cut?: unknown) => {
      if (this.#over) return;
      this.#over = true;
      try {
        if (cut) throw cut;
        const content = chunks.length == 1 ? chunks[0]! : Buffer.concat(chunks);
        if (isText(headers["content-type"])) answer.responseText = decodeText(content);
        else answer.response = content;
      } catch (error) {
        answer.cut = error;
      }
      this.#sink.answered(answer);
    };
    let source: IncomingMessage | Gunzip = message;
    if (headers["content-encoding"] == "gzip") {
      const gunzip = builtin<typeof import("node:zlib")>("node:zlib").createGunzip();
      source = this.#part = message.pipe(gunzip);
      // An answer to `HEAD` says how it would be packed, and has nothing in it.
      gunzip.on("error", (error) => finish(gunzip.bytesWritten ? error : undefined));
    }
    message.on("error", finish);
    if (answer.status > 199 && answer.status < 300 && this.#sink.streams?.()) {
      this.#handOver(answer, message, source);
      return;
    }
    source.on("data", (chunk: Uint8Array) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        received?.(size, headers);
      } else {
        finish(tooLong(limit));
        this.stop();
      }
    });
    source.on("end", () => finish());
  }

  /** Leaves the content to be read piece by piece. From here on nothing leads from the connection to the call. */
  #handOver(answer: Answer, message: IncomingMessage, source: IncomingMessage | Gunzip): void {
    const request = this.#request!;
    if (source != message) message.on("error", (error) => source.destroy(error));
    const pieces = source[Symbol.asyncIterator]();
    const cancel = () => {
      if (!message.complete) request.destroy();
      source.destroy();
    };
    answer.stream = {
      async read() {
        const { done, value } = await pieces.next();
        return done ? { done } : { value: new Uint8Array(value.buffer, value.byteOffset, value.length) };
      },
      cancel,
    };
    const sink = this.#sink;
    this.#over = true;
    this.#sink = NOBODY;
    sink.answered(answer);
  }

  #fail(error: unknown, unsent?: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#sink.failed(error, unsent);
  }
}

/** Ends a request that was answered with another protocol. */
function refuseUpgrade(this: ClientRequest, { statusCode }: { readonly statusCode: number }): void {
  if (statusCode == 101) this.destroy();
}

/** UTF-8 without its mark; what is not UTF-8 is U+FFFD. `TextDecoder` does the same, but jsdom has none. */
function decodeText(content: Uint8Array): string {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString();
  return text[0] == "\ufeff" ? text.slice(1) : text;
}

/** Whether a request certainly has not left this machine: its connection was never ready for it. */
function isUnsent(request: ClientRequest, error?: any): boolean {
  const socket: any = request.socket;
  const { syscall } = error?.errors?.[0] || error || {};
  return !request.reusedSocket && (!socket || socket.connecting || socket.secureConnecting || /^(connect|getaddrinfo)$/.test(syscall));
}

/** How an agent connects through a proxy: with a tunnel to the host, and TLS within it. */
function tunnelThrough(proxy: URL, secureContext: SecureContext | undefined) {
  return (options: ConnectionOptions & { exchange: Exchange }, done: (error: unknown, socket?: unknown) => void): void => {
    const { host, port, exchange } = options;
    const target = `${host!.includes(":") ? `[${host}]` : host}:${port}`;
    const headers = { host: target, ...proxyHeaders(proxy) };
    const request = builtin<typeof import("node:http")>(proxy.protocol == "https:" ? "node:https" : "node:http")
      .request({ ...addressOf(proxy), method: "CONNECT", path: target, headers, agent: false, ...(secureContext && { secureContext }) } as RequestOptions)
      .on("connect", ({ statusCode }, socket) => {
        exchange.opening(undefined);
        if (statusCode == 200) {
          done(null, builtin<typeof import("node:tls")>("node:tls").connect({ ...options, socket }));
        } else {
          socket.destroy();
          const remedy = statusCode == 407 ? "; its address needs valid credentials, like http://user:secret@proxy.example.com:3128" : "";
          done(new PureCloudError(`the proxy ${proxy.host} answered ${statusCode}${remedy}`, { kind: "unreached" }));
        }
      })
      .on("error", done);
    exchange.opening(request);
    request.end();
  };
}
