import { isLoopback } from "./environment.js";
import { PureCloudError } from "./error.js";

/**
 * The proxy for an address, or `undefined` for none.
 *
 * The session's own (`explicit`) serves every address. Without it the variables decide, in capitals or small letters:
 * `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the address, except for this machine and for what `NO_PROXY` lists:
 * hosts, which stand for the hosts below them too, with or without a dot or `*.` before them and a port behind, and
 * `*` for everything.
 *
 * @throws {PureCloudError} when the address of the proxy cannot be understood. It may have a password in it and is not
 * repeated.
 */
export function chooseProxy(
  { protocol, hostname, port }: URL,
  explicit: string | undefined,
  variable: (name: string) => string | undefined,
): URL | undefined {
  const read = (name: string) => variable(name) || variable(name.toLowerCase());
  const secure = protocol == "https:";
  if (!explicit && (isLoopback(hostname) || isExcepted(hostname, port || (secure ? "443" : "80"), read("NO_PROXY")))) {
    return undefined;
  }
  const text = explicit || read(secure ? "HTTPS_PROXY" : "HTTP_PROXY");
  if (!text) return undefined;
  let proxy: URL | undefined;
  try {
    proxy = new URL(text.includes("://") ? text : `http://${text}`);
  } catch {
    // Told below, without the text.
  }
  if (!proxy || !/^https?:$/.test(proxy.protocol)) {
    throw new PureCloudError("the address of the proxy must be like http://proxy.example.com:3128");
  }
  return proxy;
}

function isExcepted(hostname: string, port: string, list = ""): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((item) => {
      const [, host, onlyPort] = /^(?:\*?\.)?(\*|\[.*?\]|[^:]+)(?::(\d+))?$/.exec(item) || [];
      return (
        host && (!onlyPort || onlyPort == port) && (host == "*" || host == hostname || hostname.endsWith(`.${host}`))
      );
    });
}

/** What a proxy with a name and password in its address is told. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return username ? { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` } : {};
}
