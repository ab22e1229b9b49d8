/** The `config` of a client of the third generation: where its platform is, its popups and its logger. */
import { readEnvironment, readGateway } from "./environment.js";
import type { Environment } from "./environment.js";
import { Logger } from "./face-v2-logger.js";
import { POPUP_DEFAULTS, mergePopup } from "./face-v2-popup.js";
import type { AuthPopupConfiguration } from "./face-v2-popup.js";

/** A gateway before the platform. Nothing counts without its host. */
export interface GatewayConfiguration {
  host: string;
  /** @default `https` */
  protocol?: string;
  port?: number;
  /** The path before `/oauth/token` and its like. */
  path_params_login?: string;
  /** The path before `/api/v2`. */
  path_params_api?: string;
  username?: string;
  password?: string;
}

export class Configuration {
  /** Where a program says that its settings are; read by nothing here, see `docs/migrating.md`. */
  configPath: string | undefined = undefined;
  live_reload_config = false;
  /** Whether the token is renewed by itself where its grant allows. */
  refresh_access_token = true;
  refresh_token_wait_max = 10;
  host: string | undefined = undefined;
  environment = "";
  basePath = "";
  authUrl = "";
  gateway: GatewayConfiguration | undefined = undefined;
  authPopupConfiguration: AuthPopupConfiguration = { ...POPUP_DEFAULTS };
  readonly logger = new Logger();
  /** What the program has called its environment; empty until it has. */
  declare readonly chosen: string;

  constructor() {
    this.setEnvironment();
    Object.defineProperty(this, "chosen", { value: "", writable: true });
  }

  get instance(): Configuration {
    return this;
  }

  /** Takes a domain, an address of the platform, a region, or the origin of an emulator. @default `mypurecloud.com` */
  setEnvironment(environment?: string): void {
    const name = (environment || this.host || "mypurecloud.com").replace(/\/+$/, "");
    const { api, login } = readEnvironment(/^https?:\/\/(?=api\.)/.test(name) ? name.replace(/^https?:\/\/api\./, "") : name);
    this.environment = name.replace(/^https?:\/\/(?!127|localhost)/, "").replace(/^api\./, "");
    this.basePath = api;
    this.authUrl = login;
    (this as any).chosen = environment;
  }

  setGateway(gateway?: GatewayConfiguration): void {
    const path = (text = "") => text.replace(/\/+$/, "");
    this.gateway = gateway && {
      ...gateway,
      protocol: gateway.protocol || "https",
      host: gateway.host || "",
      port: +gateway.port! > -1 ? gateway.port! : -1,
      path_params_login: path(gateway.path_params_login),
      path_params_api: path(gateway.path_params_api),
    };
  }

  /** The address of the API or of the login (`login`): the gateway's, or without one `regionUrl`. */
  getConfUrl(pathType: string, regionUrl: string): string {
    const { host, protocol, port, path_params_login, path_params_api } = this.gateway || {};
    if (!host) return regionUrl;
    const path = pathType == "login" ? path_params_login : path_params_api;
    return `${protocol}://${host}${port! > -1 ? `:${port}` : ""}${path && path[0] != "/" ? "/" : ""}${path || ""}`;
  }

  setConfigPath(path: string): void {
    this.configPath = path;
  }

  getAuthPopupConfiguration(): AuthPopupConfiguration {
    return this.authPopupConfiguration;
  }

  setAuthPopupConfiguration(configuration: AuthPopupConfiguration): void {
    this.authPopupConfiguration = mergePopup(POPUP_DEFAULTS, configuration);
  }

  mergeWithAuthPopupConfiguration(configuration: AuthPopupConfiguration): AuthPopupConfiguration {
    return mergePopup(this.authPopupConfiguration, configuration);
  }

  updateAuthPopupConfiguration(configuration: AuthPopupConfiguration): void {
    this.authPopupConfiguration = mergePopup(this.authPopupConfiguration, configuration);
  }
}

/** Where the platform is by a configuration, however it was set. */
export function environmentOf(config: Configuration): Environment {
  const gateway = { api: config.getConfUrl("api", config.basePath), login: config.getConfUrl("login", config.authUrl) };
  return { ...readGateway(gateway, config.gateway?.protocol == "http"), name: config.environment };
}
