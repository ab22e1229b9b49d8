/** `callApi` of the third generation: a request in its parts, and what comes of it. */
import { PureCloudError } from "./error.js";
import type { ApiClient } from "./face-v2-client.js";
import { OAUTH, openSession } from "./face-v2-state.js";
import type { Operation, Parameter, Place } from "./operation.js";
import { isJson, prepare } from "./prepare.js";
import { send } from "./send.js";

type Named = Readonly<Record<string, any>> | null | undefined;

/** The arguments of `callApi`. */
export interface CallOfV2 {
  readonly path: string;
  readonly httpMethod: string;
  readonly pathParams?: Named;
  readonly queryParams?: Named;
  readonly headerParams?: Named;
  readonly formParams?: Named;
  readonly bodyParam?: any;
  readonly authNames?: readonly string[] | null | undefined;
  readonly contentTypes?: readonly string[] | null | undefined;
  readonly accepts?: readonly string[] | null | undefined;
  readonly customHeaders?: Readonly<Record<string, string>> | null | undefined;
}

/** Sends a request with the settings of a client. */
export async function callOfV2(client: ApiClient, call: CallOfV2): Promise<any> {
  const { path, httpMethod, bodyParam, customHeaders } = call;
  const method = httpMethod.toUpperCase() as Operation["method"];
  const { core } = openSession(client);
  const contentType = preferredType(call.contentTypes);
  const parameters: Parameter[] = [];
  const values: unknown[] = [];
  const add = (place: Place, named: Named, drops = (value: unknown): boolean => value == null) => {
    for (const name in named) {
      if (drops(named[name])) continue;
      parameters.push({ name, wireName: name, place, required: false });
      values.push(named[name]);
    }
  };
  add("path", call.pathParams);
  add("queryComma", call.queryParams, (value) => value == null || (client.useLegacyParameterFilter && !value));
  add("header", call.headerParams);
  add("body", { body: contentInV2(contentType, call.formParams, bodyParam) });
  const prepared = prepare(
    {
      ...{ id: `${method} ${path}`, method, path, parameters },
      // Without a type, a text that is JSON goes out as it is.
      ...(contentType != "application/json" && contentType && { contentType }),
      accept: preferredType(call.accepts) || "application/json",
    },
    values,
  );
  if (customHeaders && typeof customHeaders != "object") throw new PureCloudError("Per-request headers must be a valid object");
  const headers: Record<string, string> = {};
  const secrets: string[] = [];
  for (const more of [{ ...keyHeader(client, call) }, client.defaultHeaders, prepared.headers, customHeaders, chosenTypes(prepared.headers, method)]) {
    for (const name in more) {
      const value = (headers[name.toLowerCase()] = (more as any)[name]);
      if (/^authorization$/i.test(name)) secrets.push(`${value}`.replace(/.* /, ""));
    }
  }
  const timeout = client.httpClient?.timeout ?? client.timeout;
  const isOwn = !call.authNames || call.authNames.some((name) => name == OAUTH || name == "PureCloud Auth");
  const sender = isOwn ? core : { ...core, token: () => null, renew: () => false };
  const request = send(sender, { ...prepared, headers, secrets, timeout, retry: client.retry });
  const log = (responseBody: unknown) =>
    client.config.logger.log({
      ...{ status: request.status, method, url: core.environment.api + prepared.url.replace(/\?.*/, "") },
      ...{ requestHeaders: headers, responseHeaders: request.headers, requestBody: bodyParam, responseBody },
    });
  try {
    const body = await request;
    log(body);
    const { status, statusText, headers, responseText: text } = request;
    return client.returnExtended === true ? { status, statusText, headers, body, text, error: null } : body;
  } catch (error: any) {
    log(error.body);
    throw withAnswer(error, client.returnExtended === true);
  }
}

/** The media type of several that is JSON, or else the first. */
function preferredType(types: readonly string[] | null | undefined): string | undefined {
  return types?.find(isJson) || types?.[0];
}

/** The headers that say what goes out and what may come back, over which no others count. */
function chosenTypes({ accept, "content-type": type }: Readonly<Record<string, string>>, method: string): Record<string, string> {
  // That generation names a type for requests without content, too.
  const named = type || (/GET|HEAD/.test(method) && "application/json");
  return { ...(accept && { accept }), ...(named && { "content-type": named }) };
}

/** What goes out: a form where the type is one, else the body. */
function contentInV2(type: string | undefined, form: Named, body: any): unknown {
  const Form = type == "multipart/form-data" ? FormData : type == "application/x-www-form-urlencoded" && URLSearchParams;
  if (!Form) return body === "" ? undefined : body;
  const written = new Form();
  for (const name in form) if (form[name] != null) written.append(name, form[name]);
  return written;
}

/** The header of a key, where a request is sent with one instead of the token. */
function keyHeader({ authentications }: ApiClient, { authNames }: CallOfV2): Record<string, string> | undefined {
  for (const name of authNames || []) {
    const { type, apiKey, apiKeyPrefix, name: header } = authentications[name] || {};
    if (type == "apiKey" && apiKey) return { [header]: apiKeyPrefix ? `${apiKeyPrefix} ${apiKey}` : apiKey };
  }
  return undefined;
}

/**
 * Lets an error answer to what handlers of that generation read: `text`, `response`, and with extended responses `error`.
 * They are not written out with it.
 */
export function withAnswer(error: PureCloudError, isExtended?: boolean): PureCloudError {
  const { status, statusText, headers, body: data } = error;
  const define = (name: string, value: unknown) =>
    Object.defineProperty(error, name, { value, configurable: true, writable: true });
  // What the platform says by these names stays; the second generation's `response` has another shape.
  if (!("text" in error)) define("text", error.responseText);
  if (status) define("response", { status, statusText, headers, data });
  if (isExtended && !("error" in error)) define("error", error);
  return error;
}
