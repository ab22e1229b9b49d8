import { builtin } from "./builtin.js";
import { isLoopback } from "./environment.js";
import { PureCloudError } from "./error.js";

/** The proxy that a session names itself, in place of the variables. */
export interface ProxyOptions {
  /** Address of the proxy, with name and password where it asks for them; `false` for none. */
  readonly proxy?: string | false | undefined;
  /** The exceptions, in the form of `NO_PROXY`. */
  readonly noProxy?: string | undefined;
}

/**
 * The proxy for an address, or `undefined` for none.
 *
 * The session's own serves every address that `noProxy` does not list. Without it the variables decide, in capitals or
 * small letters: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the address, then `ALL_PROXY`, except for this machine
 * and for what `noProxy` or `NO_PROXY` lists: hosts, which stand for the hosts below them too, with or without a dot or
 * `*.` before them and a port behind; networks, such as `10.0.0.0/8`; and `*` for everything.
 *
 * @throws {PureCloudError} when the address of the proxy cannot be understood. It may have a password in it and is not
 * repeated.
 */
export function chooseProxy(
  { protocol, hostname, port }: URL,
  { proxy: own, noProxy }: ProxyOptions,
  variable: (name: string) => string | undefined,
): URL | undefined {
  const read = (name: string) => variable(name) || variable(name.toLowerCase());
  const secure = protocol == "https:";
  const exceptions = noProxy ?? (own ? undefined : read("NO_PROXY"));
  if (own === false || (!own && isLoopback(hostname)) || isExcepted(hostname, port || (secure ? "443" : "80"), exceptions)) {
    return undefined;
  }
  const text = own || read(secure ? "HTTPS_PROXY" : "HTTP_PROXY") || read("ALL_PROXY");
  if (!text) return undefined;
  let proxy: URL | undefined;
  try {
    proxy = new URL(text.includes("://") ? text : `http://${text}`);
  } catch {
    // The error below says so, without the text.
  }
  if (!proxy || !/^https?:$/.test(proxy.protocol)) {
    throw new PureCloudError("the address of the proxy must be like http://proxy.example.com:3128; set the option proxy, to false for none");
  }
  return proxy;
}

function isExcepted(hostname: string, port: string, list = ""): boolean {
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((item) => {
      if (item.includes("/")) return isInNetwork(hostname, item);
      // An address of IPv6 is in brackets in a `URL`.
      if (/^[^[].*:.*:/.test(item)) item = `[${item}]`;
      const [, host, onlyPort] = /^(?:\*?\.)?(\*|\[.*?\]|[^:]+)(?::(\d+))?$/.exec(item) || [];
      return (
        host && (!onlyPort || onlyPort == port) && (host == "*" || host == hostname || hostname.endsWith(`.${host}`))
      );
    });
}

/** Whether a host is an address of a network such as `10.0.0.0/8`. */
function isInNetwork(hostname: string, network: string): boolean {
  const { BlockList, isIP } = builtin<typeof import("node:net")>("node:net");
  const [start = "", bits = ""] = network.split("/");
  const address = hostname.replace(/^\[|\]$/g, "");
  const version = isIP(address);
  if (!version || isIP(start) != version || !/^\d+$/.test(bits) || +bits > (version == 4 ? 32 : 128)) return false;
  const addresses = new BlockList();
  addresses.addSubnet(start, +bits, `ipv${version as 4 | 6}`);
  return addresses.check(address, `ipv${version as 4 | 6}`);
}

/** What a proxy with a name and password in its address is sent. */
export function proxyHeaders({ username, password }: URL): Record<string, string> {
  const credentials = `${decodeCredential(username)}:${decodeCredential(password)}`;
  return username ? { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` } : {};
}

/** A percent sign in a password that nobody has encoded stands for itself. */
function decodeCredential(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
