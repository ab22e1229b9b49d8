/** Certificates of a session in Node: whom it trusts, and what it shows to who asks for it. */
import type { SecureContext } from "node:tls";
import { builtin } from "./builtin.js";
import { PureCloudError } from "./error.js";

/** PEM: its text, or the bytes of its file. */
export type Pem = string | Uint8Array;

/** Certificates for encrypted connections. */
export interface TlsOptions {
  /** Authorities to trust, besides those that Node trusts. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** The certificate chain to show where a server asks for one; needs `key`. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** Of an encrypted `key`. */
  readonly passphrase?: string | undefined;
}

/**
 * What connections use of these options.
 *
 * @throws {PureCloudError} when they cannot be used. It says which, and repeats nothing of them.
 */
export function readTls({ ca, cert, key, passphrase }: TlsOptions): SecureContext {
  const own = [ca ?? []].flat() as Pem[];
  const named: [string, Pem | undefined][] = [...own.map((pem) => ["ca", pem] as [string, Pem]), ["cert", cert], ["key", key]];
  for (const [name, pem] of named) {
    const text = typeof pem == "string" ? pem : pem && Buffer.from(pem).toString("latin1");
    if (text != null && !text.includes("-----BEGIN ")) {
      throw new PureCloudError(`tls.${name} is not PEM; give the content of the file, not its name`);
    }
  }
  if (!cert != !key) throw new PureCloudError(`tls.${cert ? "cert" : "key"} is given without tls.${cert ? "key" : "cert"}`);
  const { createSecureContext } = builtin<typeof import("node:tls")>("node:tls");
  try {
    return createSecureContext({ ca: own[0] && [...trusted(), ...own], cert, key, passphrase } as any);
  } catch (error: any) {
    throw new PureCloudError(`tls cannot be used: ${error.message}; cert and key must belong together, and passphrase to key`);
  }
}

/** The authorities that Node trusts. */
function trusted(): Pem[] {
  const tls = builtin<typeof import("node:tls")>("node:tls");
  // Before Node 22.15 there is no list with those of the variable.
  const all = (tls as any).getCACertificates as undefined | (() => string[]);
  if (all) return all();
  const extra = process.env["NODE_EXTRA_CA_CERTS"];
  try {
    return [...tls.rootCertificates, ...(extra ? [builtin<typeof import("node:fs")>("node:fs").readFileSync(extra)] : [])];
  } catch {
    // Node has warned of it.
    return [...tls.rootCertificates];
  }
}
