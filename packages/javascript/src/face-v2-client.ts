/** The `ApiClient` of the third generation: one mutable object that holds the login, over a session. */
import { PureCloudError } from "./error.js";
import { callOfV2 } from "./face-v2-call.js";
import { Configuration } from "./face-v2-configuration.js";
import type { GatewayConfiguration } from "./face-v2-configuration.js";
import { AbstractHttpClient, TIMEOUT_OF_V2 } from "./face-v2-http.js";
import { logIn, logInPage, randomText } from "./face-v2-login.js";
import type { LoginGrantOptions } from "./face-v2-login.js";
import { nodeModule } from "./face-v2-logger.js";
import type { AuthPopupConfiguration, StatusListener } from "./face-v2-popup.js";
import { OAUTH, beginState, forgetToken, openSession, persist, clientStateOf, tokenOfV2, useToken } from "./face-v2-state.js";
import { challengeOf, logoutAddress } from "./oauth.js";
import { entry } from "./page.js";
import type { RetryOptions } from "./retrying.js";
import type { SessionConstructor } from "./session.js";

/** What logins resolve with, and what `authData` has. */
export interface AuthData {
  accessToken?: string | null | undefined;
  /** The program's own state, as the login brought it back. */
  state?: string | null | undefined;
  error?: string | null | undefined;
  error_description?: string | null | undefined;
  /** Milliseconds since 1970. */
  tokenExpiryTime?: number | undefined;
  tokenExpiryTimeString?: string | null | undefined;
  refreshToken?: string | undefined;
}

/** Where everything of a program goes through. The first that is made is `instance` from then on. */
export class ApiClient {
  /** The client of APIs that are made without one. */
  static instance: ApiClient;
  /** What makes the sessions. */
  static Session: SessionConstructor;
  static DefaultHttpClient: new (timeout?: number | null, httpsAgent?: any) => AbstractHttpClient;

  readonly CollectionFormatEnum = { CSV: ",", SSV: " ", TSV: "\t", PIPES: "|", MULTI: "multi" };
  authentications: Record<string, any>;
  defaultHeaders: Record<string, string> = {};
  /** Milliseconds that each attempt of a call may take. */
  timeout = TIMEOUT_OF_V2;
  /** How calls that failed are sent again; `false` for attempts of one only. That generation had no such setting. */
  retry: RetryOptions | undefined = undefined;
  authData: AuthData = {};
  settingsPrefix = "purecloud";
  persistSettings = false;
  useLegacyParameterFilter = false;
  returnExtended = false;
  readonly config = new Configuration();
  httpClient: AbstractHttpClient | undefined = undefined;
  proxyAgent: any = undefined;
  clientId: string | undefined = undefined;
  onAuthPopupStatus: StatusListener | null = null;

  constructor() {
    const state = beginState(this);
    const oauth = Object.defineProperty({ type: "oauth2" }, "accessToken", {
      get: () => tokenOfV2(state),
      set: (token) => useToken(this, token),
      enumerable: true,
    });
    this.authentications = {
      "Guest Chat JWT": { type: "apiKey", in: "header", name: "Authorization" },
      [OAUTH]: oauth,
    };
    // Its name in older releases.
    Object.defineProperty(this.authentications, "PureCloud Auth", { value: oauth });
    const { constructor } = this as any;
    constructor.instance ||= this;
  }

  get instance(): ApiClient {
    return (this.constructor as typeof ApiClient).instance;
  }

  set instance(client: ApiClient) {
    (this.constructor as typeof ApiClient).instance = client;
  }

  /** Whether the browser keeps anything for this page. */
  get hasLocalStorage(): boolean {
    const key = "purecloud_local_storage_test";
    const touch = (value?: string | null) => entry(globalThis as any, "localStorage", key, value);
    touch(key);
    const kept = touch() == key;
    touch(null);
    return kept;
  }

  setReturnExtendedResponses(returnExtended: boolean): void {
    this.returnExtended = returnExtended;
  }

  /** Whether `localStorage` keeps the token, as `<prefix>_auth_data`, for the next page. */
  setPersistSettings(doPersist: boolean, prefix?: string): void {
    this.persistSettings = doPersist;
    this.settingsPrefix = prefix ? prefix.replace(/\W+/g, "_") : "purecloud";
  }

  /** Accepted; the key follows from the prefix of `setPersistSettings`. */
  setStorageKey(_storageKey: string): void {
    persist(this);
  }

  setEnvironment(environment?: string): void {
    this.config.setEnvironment(environment);
  }

  setGateway(gateway?: GatewayConfiguration): void {
    this.config.setGateway(gateway);
  }

  setAccessToken(token: string): void {
    useToken(this, token);
    persist(this);
  }

  clearAccessToken(): void {
    forgetToken(this);
  }

  setAuthData({ accessToken, state, error, error_description, tokenExpiryTime, tokenExpiryTimeString }: AuthData): void {
    useToken(this, accessToken);
    Object.assign(this.authData, { error, error_description }, state && { state });
    if (tokenExpiryTime) Object.assign(this.authData, { tokenExpiryTime, tokenExpiryTimeString });
    persist(this);
  }

  clearAuthData(): void {
    forgetToken(this);
  }

  setDefaultHeaders(headers: Record<string, string>): void {
    if (!headers || typeof headers != "object") throw new PureCloudError("default headers must be a map");
    this.defaultHeaders = headers;
  }

  getDefaultHeaders(): Record<string, string> {
    return this.defaultHeaders;
  }

  /** Names the program to the platform, in the header `Genesys-App`. */
  setGenesysAppHeader(value: string): void {
    if (!value || typeof value != "string") throw new PureCloudError("headerValue must be a non empty string");
    (this.defaultHeaders ||= {})["Genesys-App"] = value;
  }

  getGenesysAppHeader(): string | null {
    return this.defaultHeaders?.["Genesys-App"] || null;
  }

  /** Accepted, as in older releases; see `config.logger`. */
  setDebugLog(_log?: unknown, _maxLines?: number): void {
    openSession(this).core.debug = true;
  }

  setUseLegacyParameterFilter(use: boolean): void {
    this.useLegacyParameterFilter = use;
  }

  getUseLegacyParameterFilter(): boolean {
    return this.useLegacyParameterFilter;
  }

  setHttpClient(client: AbstractHttpClient): void {
    if (!(client instanceof AbstractHttpClient)) {
      throw new PureCloudError("httpclient must be an instance of AbstractHttpClient, such as DefaultHttpClient");
    }
    this.httpClient = client;
  }

  getHttpClient(): AbstractHttpClient {
    const { DefaultHttpClient } = this.constructor as typeof ApiClient;
    return (this.httpClient ||= new DefaultHttpClient(this.timeout, this.proxyAgent));
  }

  /** Looks at each request before it is sent; see `AbstractHttpClient`. */
  setPreHook(hook: (config: any) => any): void {
    this.getHttpClient().setPreHook(hook);
  }

  /** Looks at each answer of a success; see `AbstractHttpClient`. */
  setPostHook(hook: (response: any) => any): void {
    this.getHttpClient().setPostHook(hook);
  }

  /** Sends through an `https.Agent`, such as one that knows a proxy, in Node. */
  setProxyAgent(agent: any): void {
    this.proxyAgent = agent;
    this.httpClient?.setHttpsAgent(agent);
  }

  /** Shows a certificate to the platform, in Node, from files. */
  setMTLSCertificates(certPath?: string, keyPath?: string, caPath?: string): void {
    const { readFileSync } = nodeModule<typeof import("node:fs")>("node:fs");
    const [cert, key, ca] = [certPath, keyPath, caPath].map((path) => path && readFileSync(path, "utf8"));
    this.setMTLSContents(cert, key, ca);
  }

  /** Shows a certificate to the platform, in Node. */
  setMTLSContents(cert?: string, key?: string, ca?: string): void {
    const { Agent } = nodeModule<typeof import("node:https")>("node:https");
    const given = { ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) };
    this.setProxyAgent(new Agent({ ...given, keepAlive: true, rejectUnauthorized: true }));
  }

  getAuthPopupConfiguration(): AuthPopupConfiguration {
    return this.config.getAuthPopupConfiguration();
  }

  setAuthPopupConfiguration(configuration: AuthPopupConfiguration): void {
    this.config.setAuthPopupConfiguration(configuration);
  }

  updateAuthPopupConfiguration(configuration: AuthPopupConfiguration): void {
    this.config.updateAuthPopupConfiguration(configuration);
  }

  addAuthPopupStatusListener(listener: StatusListener): void {
    clientStateOf(this).listeners.add(listener);
  }

  removeAuthPopupStatusListener(listener: StatusListener): void {
    clientStateOf(this).listeners.delete(listener);
  }

  removeAllAuthPopupStatusListeners(): void {
    clientStateOf(this).listeners.clear();
  }

  /** Outside of pages, whose secrets everybody can read. */
  loginClientCredentialsGrant(clientId: string, clientSecret: string): Promise<AuthData> {
    return logIn(this, { type: "client_credentials", clientId, clientSecret }, "client credentials");
  }

  loginSaml2BearerGrant(clientId: string, clientSecret: string, organization: string, assertion: string): Promise<AuthData> {
    return logIn(this, { type: "saml2", clientId, clientSecret, organization, assertion }, "SAML2 bearer");
  }

  loginCodeAuthorizationGrant(clientId: string, clientSecret: string, code: string, redirectUrl: string): Promise<AuthData> {
    return logIn(this, { type: "authorization_code", clientId, clientSecret, code, redirectUrl }, "code authorization");
  }

  refreshCodeAuthorizationGrant(clientId: string, clientSecret: string, refreshToken: string): Promise<AuthData> {
    return logIn(this, { type: "refresh_token", clientId, clientSecret, refreshToken }, "code authorization");
  }

  authorizePKCEGrant(clientId: string, codeVerifier: string, code: string, redirectUrl: string): Promise<AuthData> {
    return logIn(this, { type: "authorization_code", clientId, code, codeVerifier, redirectUrl });
  }

  /**
   * Logs in by the implicit grant, in a page; where the login refuses that to the client, by a code with PKCE, and from
   * then on so for this client in this browser.
   */
  loginImplicitGrant(clientId: string, redirectUri: string, opts?: LoginGrantOptions): Promise<AuthData | null> {
    return logInPage(this, "implicit", clientId, redirectUri, opts);
  }

  /** Logs in by a code with PKCE, in a page. A verifier is for a code that the program has asked for itself. */
  loginPKCEGrant(clientId: string, redirectUri: string, opts?: LoginGrantOptions, codeVerifier?: string): Promise<AuthData | null> {
    return logInPage(this, "code", clientId, redirectUri, opts, codeVerifier);
  }

  /** 43 to 128 random characters. */
  generatePKCECodeVerifier(length: number): string {
    checkVerifier(length);
    return randomText(length);
  }

  computePKCECodeChallenge(verifier: string): Promise<string> {
    checkVerifier(verifier?.length);
    return challengeOf(crypto.subtle, verifier);
  }

  /** Forgets the token, and in a page goes to the platform's logout. */
  logout(logoutRedirectUri?: string): void {
    const { core } = openSession(this);
    forgetToken(this);
    core.host.page?.location.replace(logoutAddress(core.environment.login, this.clientId, logoutRedirectUri));
  }

  /** A list of values as `callApi` takes it: joined, or an array for `multi`. */
  buildCollectionParam(param: any, collectionFormat: string): any {
    if (!param) return undefined;
    const items = [param].flat().map((item) => (item instanceof Date ? item.toISOString() : `${item ?? ""}`));
    const separator = ({ csv: ",", ssv: " ", tsv: "\t", pipes: "|" } as Record<string, string>)[collectionFormat];
    if (collectionFormat != "multi" && !separator) throw new PureCloudError(`Unknown collection format: ${collectionFormat}`);
    return separator ? items.join(separator) : items;
  }

  /**
   * Sends a request: what every method of the APIs does. Resolves with the content of the answer, or with the whole
   * answer after `setReturnExtendedResponses(true)`.
   */
  callApi(
    path: string,
    httpMethod: string,
    pathParams?: Record<string, any> | null,
    queryParams?: Record<string, any> | null,
    headerParams?: Record<string, any> | null,
    formParams?: Record<string, any> | null,
    bodyParam?: any,
    authNames?: readonly string[] | null,
    contentTypes?: readonly string[] | null,
    accepts?: readonly string[] | null,
    customHeaders?: Record<string, string>,
  ): Promise<any> {
    return callOfV2(this, {
      ...{ path, httpMethod, pathParams, queryParams, headerParams, formParams, bodyParam },
      ...{ authNames, contentTypes, accepts, customHeaders },
    });
  }
}

function checkVerifier(length: number): void {
  if (!(length > 42 && length < 129)) throw new PureCloudError("PKCE Code Verifier (length) must be between 43 and 128 characters");
}
