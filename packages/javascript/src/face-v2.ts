/**
 * The face of the third generation, `purecloud-platform-client-v2` of 2026: what a program gets that asks for that package.
 * Everything is sent through sessions of this one.
 */
import { regions } from "./environment.js";
import { apiClassOfV2 } from "./face-v2-api.js";
import { ApiClient } from "./face-v2-client.js";
import { AbstractHttpClient, HttpRequestOptions, defaultHttpClient } from "./face-v2-http.js";
import { openSession, transportOf } from "./face-v2-state.js";
import type { SessionConstructor } from "./session.js";

/** What a class of that generation is made from. */
export interface FaceTables {
  /** The table of each class by its name. */
  readonly tables: Readonly<Record<string, string>>;
  /** By method, what the definition requires today and that generation did not. */
  readonly optional: Readonly<Record<string, readonly string[]>>;
}

/** Makes the object that is the module. Its one side is `ApiClient`, the first client. */
export function makePlatformClient(Session: SessionConstructor, { tables, optional }: FaceTables): Record<string, any> {
  class ApiClientClass extends ApiClient {}
  const DefaultHttpClient = defaultHttpClient((agent) =>
    agent ? transportOf(Session, agent) : openSession(ApiClientClass.instance).core.host.transport,
  );
  Object.assign(ApiClientClass, { Session, DefaultHttpClient });
  const platformClient: Record<string, any> = { ApiClient: new ApiClientClass(), ApiClientClass };
  for (const name in tables) {
    platformClient[name] = apiClassOfV2(name, tables[name]!, () => ApiClientClass.instance, optional);
  }
  const hosts = Object.entries(regions).map(([region, domain]) => [region.replace(/-/g, "_"), domain]);
  return Object.assign(platformClient, {
    ...{ PureCloudRegionHosts: Object.fromEntries(hosts), AbstractHttpClient, DefaultHttpClient, HttpRequestOptions },
  });
}
