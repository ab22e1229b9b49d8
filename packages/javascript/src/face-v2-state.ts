/** What of a client of the third generation no program sees: its session, and its token before there is one. */
import type { LoginContext } from "./authorize.js";
import { environmentOf } from "./face-v2-configuration.js";
import type { ApiClient, AuthData } from "./face-v2-client.js";
import { isSpecial, transportThrough } from "./face-v2-http.js";
import type { makePopups } from "./face-v2-popup.js";
import type { StatusListener } from "./face-v2-popup.js";
import type { Transport } from "./host.js";
import type { Operation } from "./operation.js";
import { entry } from "./page.js";
import { prepare } from "./prepare.js";
import { send } from "./send.js";
import { contextOf } from "./session.js";
import type { SessionConstructor } from "./session.js";
import type { StoredToken, TokenStorage } from "./token.js";

/** The state of one client. */
export interface ClientState {
  /** The session, once there is a call or a login. */
  context?: LoginContext;
  /** The token in use while there is no session. */
  token: StoredToken | null;
  /** Whether a login in a page is at work, which may take the token that the browser keeps. */
  loggingIn: boolean;
  popups?: ReturnType<typeof makePopups>;
  readonly listeners: Set<StatusListener>;
}

/** Whose token the calls have. */
export const OAUTH = "PureCloud OAuth";

const STATE = Symbol();

/** Asks whether the platform knows the token. */
const TOKEN_TEST: Operation = { id: "getTokensMe", method: "GET", path: "/api/v2/tokens/me", parameters: [] };

/** Gives a client its state. */
export function beginState(client: ApiClient): ClientState {
  const state: ClientState = { token: null, loggingIn: false, listeners: new Set() };
  // A function is what nothing wraps that wraps objects, such as Vue's `reactive`.
  Object.defineProperty(client, STATE, { value: () => state });
  return state;
}

export function clientStateOf(client: ApiClient): ClientState {
  return (client as any)[STATE]();
}

/** The token of a client. */
export function tokenOfV2({ context, token }: ClientState): string | undefined {
  return (context ? context.tokens.peek() : token)?.access_token;
}

/** The transport of a kind of session, through an agent if there is one. */
export function transportOf(Session: SessionConstructor, agent: any): Transport {
  const { core } = contextOf(new Session({ environment: "localhost", ...(agent && { agent }) }));
  return core.host.transport;
}

/**
 * The session of a client, as its settings are now. It is made when it is first needed, so that loading the module and
 * making a client touch nothing in a page.
 */
export function openSession(client: ApiClient): LoginContext {
  const state = clientStateOf(client);
  const { config } = client;
  if (!state.context) {
    const storage: TokenStorage = {
      load: () => (state.loggingIn ? readPersisted(client) : null),
      save: (token) => took(client, token),
      clear: () => blank(client),
    };
    const { Session } = client.constructor as typeof ApiClient;
    const context = contextOf(new Session({ environment: config.chosen, storage, jqueryEvents: false }));
    const { core, tokens } = context;
    // What a login has left in the address is for the login that asks for it.
    tokens.use(state.token);
    if (!config.chosen) config.setEnvironment(core.environment.name);
    const { transport } = core;
    core.transport = (wire, sink, call) => (currentTransport(client) || transport)(wire, sink, call);
    state.context = { ...context, test: () => send(core, prepare(TOKEN_TEST, [])) };
  }
  const { core, tokens } = state.context;
  const next = environmentOf(config);
  if (next.api != core.environment.api || next.login != core.environment.login) {
    core.environment = next;
    void tokens.bind({ environment: next.api });
  }
  return state.context;
}

/** The transports that agents make, so that each keeps its connections. */
const byAgent = new WeakMap<object, Transport>();

/** What sends a request of a client now: its own HTTP client, one with its agent, or the usual, `undefined`. */
function currentTransport(client: ApiClient): Transport | undefined {
  const { httpClient, proxyAgent } = client;
  const { Session, DefaultHttpClient } = client.constructor as typeof ApiClient;
  if (httpClient && isSpecial(httpClient, DefaultHttpClient)) return transportThrough(httpClient);
  const agent = httpClient?.httpsAgent || proxyAgent;
  if (!agent) return undefined;
  if (!byAgent.has(agent)) byAgent.set(agent, transportOf(Session, agent));
  return byAgent.get(agent)!;
}

/** Uses a token that the program has, or none. */
export function useToken(client: ApiClient, accessToken: string | null | undefined): void {
  const state = clientStateOf(client);
  state.token = accessToken ? { access_token: `${accessToken}` } : null;
  state.context?.tokens.use(state.token);
  client.authData.accessToken = accessToken;
}

/** Writes down a token that the login gave, also when it has been renewed. */
function took(client: ApiClient, { access_token, refresh_token, expires_at }: StoredToken): void {
  const { authData } = client;
  authData.accessToken = access_token;
  authData.error = authData.error_description = undefined;
  if (refresh_token) authData.refreshToken = refresh_token;
  if (expires_at) {
    authData.tokenExpiryTime = expires_at;
    authData.tokenExpiryTimeString = new Date(expires_at).toUTCString();
  }
  persist(client);
}

/** Empties the fields that there are, as programs look at them. */
function blank(client: ApiClient): void {
  const { authData } = client;
  for (const name of ["accessToken", "state", "error", "error_description", "tokenExpiryTimeString"] as const) {
    if (authData[name]) authData[name] = null;
  }
  if (authData.tokenExpiryTime) authData.tokenExpiryTime = 0;
  delete authData.refreshToken;
  persist(client);
}

/** Forgets the token of a client. */
export function forgetToken(client: ApiClient): void {
  useToken(client, client.authData.accessToken && null);
  blank(client);
}

/**
 * Keeps the token in the browser for the next page, where the program wants that. What renews it stays in memory, and so
 * does the state.
 */
export function persist(client: ApiClient): void {
  if (client.persistSettings !== true) return;
  const { state: _, refreshToken: __, ...kept } = client.authData;
  const owner = clientStateOf(client).context?.tokens.peek();
  const { environment, client_id, grant } = owner || {};
  entry(globalThis as any, "localStorage", `${client.settingsPrefix}_auth_data`, JSON.stringify({ ...kept, environment, client_id, grant }));
}

/** The token that the browser keeps. One without an environment was kept by the older SDK. */
function readPersisted(client: ApiClient): StoredToken | null {
  if (client.persistSettings !== true) return null;
  try {
    const kept: AuthData & StoredToken = JSON.parse(entry(globalThis as any, "localStorage", `${client.settingsPrefix}_auth_data`)!);
    const { accessToken, tokenExpiryTime, tokenExpiryTimeString, environment, client_id, grant } = kept;
    if (!accessToken) return null;
    Object.assign(client.authData, { accessToken, tokenExpiryTime, tokenExpiryTimeString });
    const known = environment && { environment, client_id, grant, obtained_at: 0, expires_at: tokenExpiryTime };
    return { access_token: accessToken, ...known };
  } catch {
    return null;
  }
}
