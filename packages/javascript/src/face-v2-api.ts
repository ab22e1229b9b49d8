/** The classes of APIs in the third generation: required arguments by position, all others in `opts`. */
import type { ApiClient } from "./face-v2-client.js";
import { PureCloudError } from "./error.js";
import type { Operation, Parameter } from "./operation.js";
import { decode } from "./table.js";

/** The class of an API. Its methods are those of its table, by their modern names. */
export interface ApiClassOfV2 {
  new (apiClient?: ApiClient): { readonly apiClient: ApiClient; readonly [method: string]: any };
  readonly prototype: any;
}

/** The name of a parameter in that generation, whose generator put `_` before three words. */
function nameInV2({ name, wireName }: Parameter): string {
  if (/^(number|date|delete)$/.test(wireName)) return `_${wireName}`;
  return name.replace(/^doD(?=elete)/, "d");
}

/**
 * Makes the class of an API from its table, which is read when something looks at `prototype` or at a method.
 *
 * @param current Gives the client of instances that are made without one.
 * @param optional Required parameters, as the definition has them today, that this generation did not ask for.
 */
export function apiClassOfV2(
  name: string,
  table: string,
  current: () => ApiClient,
  optional: Readonly<Record<string, readonly string[]>>,
): ApiClassOfV2 {
  const Class = {
    [name]: function (this: any, apiClient?: ApiClient) {
      if (!new.target) throw new TypeError(`Class constructor ${name} cannot be invoked without 'new'`);
      this.apiClient = apiClient || current();
    },
  }[name] as any;
  const { prototype } = Class;
  const fill = () => {
    for (const [method, read] of decode(table, true)) {
      const made = {
        [method](this: any, ...args: unknown[]) {
          return callInV2(this.apiClient, read(), args, optional[method]);
        },
      }[method];
      Object.defineProperty(prototype, method, { value: made, configurable: true, writable: true });
    }
    table = "";
  };
  // Each way of looking at the prototype asks for its trap first; there is none, so what was asked happens to the
  // prototype itself.
  const traps = new Proxy<ProxyHandler<any>>({}, { get: () => void (table && fill()) });
  Class.prototype = new Proxy(prototype, traps);
  return Class;
}

/** The parameters in which a method has its required arguments: the body comes last. */
function requiredOf({ parameters }: Operation, optional: readonly string[] = []): Parameter[] {
  const required = parameters.filter(({ required, wireName }) => required && !optional.includes(wireName));
  return required.sort((a, b) => +(a.place == "body") - +(b.place == "body"));
}

/**
 * Calls an operation through the client's `callApi`, as that generation did, so that what a program puts in its place
 * sees each call.
 *
 * @throws {PureCloudError} at once, when a required argument is missing, with the text of that generation.
 */
function callInV2(client: ApiClient, operation: Operation, args: readonly unknown[], optional?: readonly string[]): Promise<any> {
  const { id, method, path, parameters, contentType = "application/json", accept = "application/json" } = operation;
  const required = requiredOf(operation, optional);
  const opts: any = args[required.length] || {};
  required.forEach((parameter, index) => {
    const value = args[index];
    if (value != null && !(parameter.place == "path" && value === "")) return;
    const name = nameInV2(parameter);
    throw new PureCloudError(`Missing the required parameter "${name}" when calling ${id}`, { operation: id, parameter: name });
  });
  const values: Partial<Record<Parameter["place"], Record<string, unknown>>> = { path: {}, query: {}, header: {}, body: {} };
  for (const parameter of parameters) {
    const { name, wireName, place } = parameter;
    const position = required.indexOf(parameter);
    (values[place] || values.query!)[wireName] =
      position < 0 ? (opts[nameInV2(parameter)] ?? opts[wireName] ?? opts[name]) : args[position];
  }
  const body = Object.values(values.body!)[0] ?? null;
  return client.callApi(
    path,
    method,
    values.path,
    values.query,
    values.header,
    {},
    body,
    ["PureCloud OAuth"],
    [contentType],
    [accept],
    opts["customHeaders"],
  );
}
