/** What every method takes besides the options of its operation. */
interface Options {
  /** Headers of this call, over those of the client. */
  customHeaders?: { [name: string]: string };
}
declare class Api {
  constructor(apiClient?: ApiClientClass);
  readonly apiClient: ApiClientClass;
}
export const ApiClient: ApiClientClass;
export const PureCloudRegionHosts: { [region: string]: string };

/** Where everything of a program goes through. The first that is made is `instance` from then on. */
export class ApiClientClass {
  static instance: ApiClientClass;
  instance: ApiClientClass;
  readonly config: Configuration;
  readonly CollectionFormatEnum: { [name: string]: string };
  authentications: { [name: string]: any };
  authData: AuthData;
  clientId?: string;
  defaultHeaders: { [name: string]: string };
  readonly hasLocalStorage: boolean;
  httpClient: AbstractHttpClient;
  persistSettings: boolean;
  proxyAgent: any;
  returnExtended: boolean;
  /** How calls that failed are sent again; `false` for attempts of one only. Times are in milliseconds. */
  retry?: { attempts?: number; base?: number; cap?: number; limit?: number } | false;
  settingsPrefix: string;
  /** Milliseconds that each attempt of a call may take. @default 30000 */
  timeout: number;
  useLegacyParameterFilter: boolean;
  onAuthPopupStatus: ((status: AuthPopupStatus, msg: string, identifier?: string) => void) | null;
  /** Sends a request: what every method of the APIs does. */
  callApi(path: string, httpMethod: string, pathParams?: { [name: string]: any } | null, queryParams?: { [name: string]: any } | null, headerParams?: { [name: string]: any } | null, formParams?: { [name: string]: any } | null, bodyParam?: any, authNames?: string[] | null, contentTypes?: string[] | null, accepts?: string[] | null, customHeaders?: { [name: string]: string }): Promise<any>;
  /** Outside of pages. */
  loginClientCredentialsGrant(clientId: string, clientSecret: string): Promise<AuthData>;
  loginSaml2BearerGrant(clientId: string, clientSecret: string, orgName: string, assertion: string): Promise<AuthData>;
  loginCodeAuthorizationGrant(clientId: string, clientSecret: string, authCode: string, redirectUri: string): Promise<AuthData>;
  refreshCodeAuthorizationGrant(clientId: string, clientSecret: string, refreshToken: string): Promise<AuthData>;
  /** In a page. Uses a code with PKCE where the login refuses the implicit grant to the client. */
  loginImplicitGrant(clientId: string, redirectUri: string, opts?: LoginImplicitGrantOptions): Promise<AuthData>;
  /** In a page. */
  loginPKCEGrant(clientId: string, redirectUri: string, opts?: LoginPKCEGrantOptions, codeVerifier?: string): Promise<AuthData>;
  authorizePKCEGrant(clientId: string, codeVerifier: string, authCode: string, redirectUri: string): Promise<AuthData>;
  generatePKCECodeVerifier(nChar: number): string;
  computePKCECodeChallenge(code: string): Promise<string>;
  logout(logoutRedirectUri?: string): void;
  setAccessToken(token: string): void;
  clearAccessToken(): void;
  setAuthData(authData: AuthData): void;
  clearAuthData(): void;
  /** A domain, a region's host, or the origin of an emulator. @default `mypurecloud.com` */
  setEnvironment(environment?: string): void;
  setGateway(gateway?: GatewayConfiguration): void;
  setPersistSettings(doPersist: boolean, prefix?: string): void;
  setStorageKey(storageKey: string): void;
  setReturnExtendedResponses(returnExtended: boolean): void;
  setDefaultHeaders(newHeaders: { [name: string]: string }): void;
  getDefaultHeaders(): { [name: string]: string };
  setGenesysAppHeader(headerValue: string): void;
  getGenesysAppHeader(): string | null;
  /** In Node. */
  setProxyAgent(agent: any): void;
  /** In Node. */
  setMTLSCertificates(certPath?: string, keyPath?: string, caPath?: string): void;
  /** In Node. */
  setMTLSContents(certContent?: string, keyContent?: string, caContent?: string): void;
  setHttpClient(httpClient: AbstractHttpClient): void;
  getHttpClient(): AbstractHttpClient;
  setPreHook(hook: (config: any) => any): void;
  setPostHook(hook: (response: any) => any): void;
  /** Accepted; `config.logger` has more. */
  setDebugLog(debugLog?: any, maxLines?: number): void;
  getUseLegacyParameterFilter(): boolean;
  setUseLegacyParameterFilter(useLegacyParameterFilter: boolean): void;
  buildCollectionParam(param: any, collectionFormat: string): any;
  setAuthPopupConfiguration(authPopupConfiguration: AuthPopupConfiguration): void;
  updateAuthPopupConfiguration(authPopupConfiguration: AuthPopupConfiguration): void;
  getAuthPopupConfiguration(): AuthPopupConfiguration;
  addAuthPopupStatusListener(listener: (status: AuthPopupStatus, msg: string, identifier?: string) => void): void;
  removeAuthPopupStatusListener(listener: (status: AuthPopupStatus, msg: string, identifier?: string) => void): void;
  removeAllAuthPopupStatusListeners(): void;
}

export type AuthPopupMsgName = "gc_auth_popup";
export type AuthPopupMsgType = "notify" | "message";
export type AuthPopupStatus = "INIT" | "ERROR" | "TIMEOUT" | "AUTHENTICATED" | "AUTH_ERROR" | "ABORTED" | "REDIRECTING";
export interface AuthPopupMessage {
  name: AuthPopupMsgName;
  type: "message";
  hash?: string;
  search?: string;
  auth?: object;
  identifier?: string;
}
export interface AuthPopupNotify {
  name: AuthPopupMsgName;
  type: "notify";
  identifier?: string;
}
export interface AuthPopupConfiguration {
  usePopup?: boolean;
  popupTimeout?: number;
  notifyPopup?: boolean;
  autoClosePopup?: boolean;
  autoClosePopupDelay?: number;
  popupTarget?: string;
  popupWindowFeatures?: string;
  overridePopupUrl?: string;
  overridePopupUrlParameters?: { [name: string]: string };
  overridePopupUrlAuthParameters?: boolean;
  useWindowReplace?: boolean;
  overrideWindowReplaceUri?: string;
  waitForLoginPromise?: boolean;
  usePopupIdentifier?: boolean;
}
export interface LoginImplicitGrantOptions {
  state?: string;
  org?: string;
  provider?: string;
  prompt?: string;
  login_hint?: string;
  target?: string;
  authPopupConfiguration?: AuthPopupConfiguration;
}
export interface LoginPKCEGrantOptions extends LoginImplicitGrantOptions {}
export interface AuthData {
  accessToken: string;
  state?: string;
  error?: string;
  error_description?: string;
  /** Milliseconds since 1970. */
  tokenExpiryTime: number;
  tokenExpiryTimeString: string;
  refreshToken?: string;
}
export interface ProxyConfig {
  host: string;
  port: number;
  protocol: string;
}
export interface GatewayConfiguration {
  host: string;
  /** @default `https` */
  protocol?: string;
  port?: number;
  path_params_login?: string;
  path_params_api?: string;
  username?: string;
  password?: string;
}
export class Configuration {
  instance: Configuration;
  configPath: string;
  refresh_access_token: boolean;
  refresh_token_wait_max: number;
  live_reload_config: boolean;
  host: string;
  environment: string;
  basePath: string;
  authUrl: string;
  readonly logger: Logger;
  config: any;
  gateway?: GatewayConfiguration;
  authPopupConfiguration?: AuthPopupConfiguration;
  setEnvironment(environment?: string): void;
  setGateway(gateway?: GatewayConfiguration): void;
  getConfUrl(pathType: string, regionUrl: string): string;
  setConfigPath(path: string): void;
  setAuthPopupConfiguration(authPopupConfiguration: AuthPopupConfiguration): void;
  mergeWithAuthPopupConfiguration(authPopupConfiguration: AuthPopupConfiguration): AuthPopupConfiguration;
  updateAuthPopupConfiguration(authPopupConfiguration: AuthPopupConfiguration): void;
  getAuthPopupConfiguration(): AuthPopupConfiguration;
}
export class HttpRequestOptions {
  url: string;
  method: string;
  headers?: { [name: string]: any };
  params?: { [name: string]: any };
  data?: any;
  timeout: number;
  constructor(url: string, method: string, headers?: { [name: string]: any } | null, params?: { [name: string]: any } | null, data?: any, timeout?: number);
  setUrl(url: string): void;
  setMethod(method: string): void;
  setData(data: any): void;
  setParams(params: { [name: string]: any }): void;
  setHeaders(headers: { [name: string]: any }): void;
  setTimeout(timeout: number): void;
}
export abstract class AbstractHttpClient {
  timeout: number;
  httpsAgent: any;
  constructor();
  setTimeout(timeout: number): void;
  setHttpsAgent(httpsAgent: any): void;
  abstract request(httpRequestOptions: HttpRequestOptions): Promise<any>;
  setPreHook(hookFunction: (config: any) => any): void;
  setPostHook(hookFunction: (response: any) => any): void;
  abstract enableHooks(): void;
}
export class DefaultHttpClient extends AbstractHttpClient {
  constructor(timeout?: number, httpsAgent?: any);
  request(httpRequestOptions: HttpRequestOptions): Promise<any>;
  toAxiosConfig(httpRequestOptions: HttpRequestOptions): any;
  enableHooks(): void;
}
export class Logger {
  log_level: string;
  log_format: string;
  log_file_path: string;
  log_to_console: boolean;
  log_response_body: boolean;
  log_request_body: boolean;
  logLevels: any;
  logLevelEnum: any;
  logFormatEnum: any;
  setLogger(): void;
}
