import { builtin } from "./builtin.js";
import type { TokenGrant } from "./oauth.js";

/**
 * What a stored token calls the login that gave it, in the Rust SDK too: half of the SHA-256 digest of the client and of
 * what it showed, in hexadecimal. `undefined` when the grant shows nothing of a login.
 */
export function loginOf({ type, clientId, clientSecret, code, assertion, refreshToken }: TokenGrant): string | undefined {
  const shown = { client_credentials: clientSecret, authorization_code: code, saml2: assertion, refresh_token: refreshToken }[type];
  const { createHash } = builtin<typeof import("node:crypto")>("node:crypto");
  return shown && createHash("sha256").update(`${clientId}\n${shown}`).digest("hex").slice(0, 32);
}
