/** The logins of the third generation, each of which resolves with the client's `authData`. */
import { authorizeInPage } from "./authorize.js";
import { PureCloudError } from "./error.js";
import type { ApiClient, AuthData } from "./face-v2-client.js";
import { withAnswer } from "./face-v2-call.js";
import { makePopups, mergePopup } from "./face-v2-popup.js";
import type { AuthPopupConfiguration, AuthPopupStatus, PopupMessage } from "./face-v2-popup.js";
import { openSession, clientStateOf, useToken } from "./face-v2-state.js";
import type { PageGrant } from "./login.js";
import { base64url } from "./oauth.js";
import type { TokenGrant } from "./oauth.js";
import { renewalOf } from "./token.js";

/** What else a login in a page takes. */
export interface LoginGrantOptions {
  state?: string;
  /** The short name of the organization, for a login through its own identity provider; needs `provider`. */
  org?: string;
  provider?: string;
  prompt?: string;
  login_hint?: string;
  target?: string;
  authPopupConfiguration?: AuthPopupConfiguration;
}

/** Random characters that need no escape anywhere. */
export function randomText(length: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(length))).slice(0, length);
}

/**
 * Asks the login for a token, and renews it from then on where its grant allows.
 *
 * @param secretGrant What it is called, if its client has a secret, which a page would show.
 */
export async function logIn(client: ApiClient, grant: TokenGrant, secretGrant?: string): Promise<AuthData> {
  const { core, tokens } = openSession(client);
  const { type, clientId: client_id, clientSecret } = grant;
  client.clientId = client_id;
  if (secretGrant && core.host.page) throw new PureCloudError(`The ${secretGrant} grant is not supported in a browser.`);
  if (secretGrant && !clientSecret) throw new PureCloudError(`The ${secretGrant} grant needs the secret of the client.`);
  try {
    const token = await tokens.obtain(grant, { environment: core.environment.api, client_id, grant: type });
    tokens.use(token, client.config.refresh_access_token ? renewalOf(grant, token.refresh_token) : undefined);
    await tokens.save();
    return client.authData;
  } catch (error) {
    throw withAnswer(error as PureCloudError);
  }
}

/** Logs in a person in a page. Stays pending while the page leaves. */
export async function logInPage(
  client: ApiClient,
  grant: PageGrant,
  clientId: string,
  redirectUrl: string,
  { authPopupConfiguration, ...more }: LoginGrantOptions = {},
  codeVerifier?: string,
): Promise<AuthData | null> {
  const { org, provider, state } = more;
  if (!org != !provider) {
    const [missed, given] = org ? ["provider", "org"] : ["org", "provider"];
    throw new PureCloudError(`opts.${missed} must be set if opts.${given} is set`);
  }
  const context = openSession(client);
  const { core, visit, tokens } = context;
  const { page } = core.host;
  if (!page) throw new PureCloudError(`the ${grant == "code" ? "PKCE" : "implicit"} grant needs a page`);
  client.clientId = clientId;
  const query = new URLSearchParams(page.location.search);
  if (codeVerifier && query.has("code") && !visit!.returned) {
    // The program has been at the login by itself. Its verifier is proof enough that the code is its own.
    page.history.replaceState(page.history.state, "", page.location.pathname + queryWithoutCode(query) + page.location.hash);
    return logIn(client, { type: "authorization_code", clientId, code: query.get("code")!, codeVerifier, redirectUrl });
  }
  const popup = mergePopup(client.config.getAuthPopupConfiguration(), authPopupConfiguration);
  const inner = clientStateOf(client);
  const identifier = randomText(16);
  const tell = (status: AuthPopupStatus, message: string, identifier: string) => {
    for (const listener of [client.onAuthPopupStatus, ...inner.listeners]) listener?.(status, message, identifier);
  };
  let handed: PopupMessage | undefined;
  const open = async (address: string) => {
    const message = await (inner.popups ||= makePopups(tell))(address, redirectUrl, identifier, popup);
    // What its own page has finished, or the page is to finish where the popup came back to.
    if (message.auth || popup.useWindowReplace) throw (handed = message);
    return message;
  };
  inner.loggingIn = true;
  try {
    const wanted = { ...more, grant, clientId, redirectUrl, ...(popup.usePopup && { open }) };
    await authorizeInPage(context, wanted);
    if (!client.config.refresh_access_token) tokens.use(tokens.peek());
  } catch (error: any) {
    if (handed && popup.useWindowReplace) {
      tell("REDIRECTING", "Authorization Popup Completed", identifier);
      page.location.replace(replacement(popup, page.location, handed));
      return null;
    }
    if (!handed) {
      client.authData.error = error.code;
      client.authData.error_description = error.message;
      if (popup.usePopup && !/^popup/.test(error.code)) tell("AUTH_ERROR", `Auth Error: ${error.message}`, identifier);
      throw withAnswer(error);
    }
    const { accessToken, error: code, error_description } = handed.auth!;
    if (code || !accessToken) {
      const message = `Auth Error: [${code || "InvalidAuthParams"}] ${error_description || "no access token"}`;
      tell("AUTH_ERROR", message, identifier);
      throw new PureCloudError(message, { code });
    }
    client.setAuthData(handed.auth!);
    try {
      await context.test();
    } catch (refused: any) {
      useToken(client, null);
      tell("AUTH_ERROR", `Auth Error: ${refused.message}`, identifier);
      throw withAnswer(refused);
    }
  } finally {
    inner.loggingIn = false;
  }
  if (popup.usePopup) tell("AUTHENTICATED", "Authorization Popup Completed", identifier);
  const returned = visit!.returned?.state ?? handed?.auth?.["state"] ?? state;
  if (returned) client.authData.state = returned;
  return client.authData;
}

/** A query without what an authorization code came with. */
function queryWithoutCode(query: URLSearchParams): string {
  const left = new URLSearchParams(query);
  for (const name of ["code", "state"]) left.delete(name);
  return `${`${left}` && "?"}${left}`;
}

/** Where a page goes with what a popup has brought back. */
function replacement(popup: AuthPopupConfiguration, { origin, pathname }: Location, { search, hash, auth }: PopupMessage): string {
  const query = auth ? `?${new URLSearchParams(auth)}` : search;
  return `${popup.overrideWindowReplaceUri || origin + pathname}${query}${hash}`;
}
