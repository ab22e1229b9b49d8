import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { ConnectionOptions } from "node:tls";
import { PureCloudError } from "./error.js";
import { isText } from "./host.js";
import type { Answer, Transport } from "./host.js";
import { chooseProxy, proxyHeaders } from "./proxy.js";
import { nextHop } from "./redirect.js";

/** A module of Node's own, got when it is first needed: loading this package must load nothing else. */
function builtin<T>(name: string): T {
  return process.getBuiltinModule ? (process.getBuiltinModule(name) as T) : require(name);
}

/**
 * Sends over connections that are kept alive, which takes a third of the processor time of Node's `fetch`. Follows
 * redirects, reads gzip, and goes through the proxy that {@link chooseProxy} names.
 *
 * @param explicit Address of a proxy for everything, in place of those of the environment's variables.
 */
export function makeNodeTransport(explicit?: string): Transport {
  const agents = new Map<string, Agent>();
  const proxies = new Map<string, URL | undefined>();

  function agentFor(protocol: string, proxy: URL | undefined): Agent {
    const key = protocol + (proxy ? proxy.href : "");
    let agent = agents.get(key);
    if (!agent) {
      const { Agent } = builtin<typeof import("node:https")>(protocol == "https:" ? "node:https" : "node:http");
      agent = new Agent({ keepAlive: true });
      if (proxy) (agent as any).createConnection = tunnelThrough(proxy);
      agents.set(key, agent);
    }
    return agent;
  }

  function open(method: string, url: URL, headers: Record<string, string>): ClientRequest {
    const { origin, protocol } = url;
    if (!proxies.has(origin))
      proxies.set(
        origin,
        chooseProxy(url, explicit, (name) => process.env[name]),
      );
    const proxy = proxies.get(origin);
    const secure = protocol == "https:";
    // An encrypted connection goes through the proxy in a tunnel; any other request is handed to the proxy whole.
    const peer = proxy && !secure ? proxy : url;
    const options: RequestOptions = {
      ...addressOf(peer),
      method,
      path: peer == url ? url.pathname + url.search : url.href,
      headers: peer == url ? headers : { ...headers, ...proxyHeaders(peer), host: url.host },
      agent: agentFor(peer.protocol, secure ? proxy : undefined),
    };
    return builtin<typeof import("node:http")>(peer.protocol == "https:" ? "node:https" : "node:http").request(options);
  }

  return async ({ method, url, headers, body, signal }) => {
    let at = new URL(url);
    let [data, type] = await bytesOf(body);
    headers = { "accept-encoding": "gzip", ...(type && { "content-type": type }), ...headers };
    for (let hops = 0; ; hops++) {
      const length = data === undefined ? undefined : { "content-length": `${Buffer.byteLength(data)}` };
      const message = await exchange(() => open(method, at, { ...headers, ...length }), data, signal);
      const hop = nextHop(hops, message.statusCode!, message.headers.location, method, at);
      if (!hop) return read(message);
      message.resume();
      ({ url: at, method } = hop);
      if (!hop.keepsBody) {
        data = undefined;
        delete headers["content-type"];
      }
      if (!hop.keepsCredentials) {
        delete headers["authorization"];
        delete headers["cookie"];
      }
    }
  };
}

/** Host and port of an address, as `http.request` and `tls.connect` take them. */
function addressOf({ protocol, hostname, port }: URL): { host: string; port: number } {
  return { host: hostname.replace(/^\[|\]$/g, ""), port: +port || (protocol == "https:" ? 443 : 80) };
}

/** A body as `http` takes it, and the media type that a form states itself. */
async function bytesOf(body: any): Promise<[data: string | Uint8Array | undefined, type?: string | null]> {
  if (body === undefined || typeof body == "string" || body instanceof Uint8Array) return [body];
  if (ArrayBuffer.isView(body)) return [new Uint8Array(body.buffer, body.byteOffset, body.byteLength)];
  if (body instanceof URLSearchParams) return [`${body}`, "application/x-www-form-urlencoded"];
  // Node's own `fetch` knows how forms and blobs are written.
  const written = new Response(body);
  return [new Uint8Array(await written.arrayBuffer()), written.headers.get("content-type")];
}

/**
 * Sends a request and resolves with the head of its answer. The platform may close an idle connection in the moment in
 * which it is used again; a request that does no harm when it comes twice is then sent over another one.
 */
function exchange(
  open: () => ClientRequest,
  data: string | Uint8Array | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = open();
    let answered = false;
    // Not the option `signal` of `http.request`, which would go to the connection, and outlive this request there.
    signal.addEventListener("abort", () => request.destroy());
    request.on("response", (message) => {
      answered = true;
      resolve(message);
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && !answered && !signal.aborted && /^(ECONNRESET|EPIPE)$/.test(error.code!);
      if (stale && /^(GET|HEAD|OPTIONS|PUT|DELETE)$/.test(request.method)) {
        exchange(open, data, signal).then(resolve, reject);
      } else {
        reject(error);
      }
    });
    request.end(data);
  });
}

/** Reads the content of an answer to its end, or to where it was cut off. */
function read(message: IncomingMessage): Promise<Answer> {
  return new Promise((resolve) => {
    const headers: Record<string, string> = {};
    for (const name in message.headers) headers[name] = `${message.headers[name]}`;
    const answer: Answer = { status: message.statusCode!, statusText: message.statusMessage!, headers };
    const finish = (cut: unknown, content?: Uint8Array) => {
      if (cut) answer.cut = cut;
      else if (isText(headers["content-type"])) answer.responseText = new TextDecoder().decode(content);
      else answer.response = content;
      resolve(answer);
    };
    const chunks: Uint8Array[] = [];
    message.on("data", (chunk) => chunks.push(chunk));
    message.on("error", (error) => finish(error));
    message.on("end", () => {
      const content = Buffer.concat(chunks);
      if (headers["content-encoding"] == "gzip" && content.length) {
        builtin<typeof import("node:zlib")>("node:zlib").gunzip(content, finish);
      } else {
        finish(null, content);
      }
    });
  });
}

/** How long a proxy may take for a tunnel, in milliseconds; by then the request that asked has been given up. */
const TUNNEL_TIMEOUT = 30_000;

/** How an agent connects through a proxy: with a tunnel to the host, and TLS within it. */
function tunnelThrough(proxy: URL) {
  return (options: ConnectionOptions, done: (error: unknown, socket?: unknown) => void): void => {
    const { host, port } = options;
    const target = `${host!.includes(":") ? `[${host}]` : host}:${port}`;
    const headers = { host: target, ...proxyHeaders(proxy) };
    const request = builtin<typeof import("node:http")>(proxy.protocol == "https:" ? "node:https" : "node:http")
      .request({ ...addressOf(proxy), method: "CONNECT", path: target, headers, agent: false, timeout: TUNNEL_TIMEOUT })
      .on("connect", ({ statusCode }, socket) => {
        if (statusCode == 200) {
          done(null, builtin<typeof import("node:tls")>("node:tls").connect({ ...options, socket }));
        } else {
          socket.destroy();
          done(new PureCloudError(`the proxy ${proxy.host} answered ${statusCode}`));
        }
      })
      .on("timeout", () => request.destroy())
      .on("error", done);
    request.end();
  };
}
