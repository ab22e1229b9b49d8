import { call, checkSession } from "./call.js";
import type { Operation } from "./operation.js";
import type { Request } from "./request.js";
import type { Session } from "./session.js";
import { decode } from "./table.js";

/** The class of an API, which also works without `new`. Its methods are those of its table. */
export interface ApiConstructor {
  new (session: Session): Api;
  (session: Session): Api;
  readonly prototype: Api;
}

/**
 * An API of the platform, as a session sees it. Its methods work taken off it (`const { getMe } = users`), and
 * `Object.keys`, `{...users}` and the like see them as its own, as in the first generation, where they were closures.
 */
export interface Api {
  readonly [method: string]: (...args: any[]) => Request;
}

/** What an instance knows. Not a name, which a method might have. */
const OWN = Symbol();
interface Own {
  readonly session: Session;
  /** The methods that somebody has taken, by name. */
  bound?: Map<PropertyKey, unknown>;
}

/**
 * Makes the class of an API from its table, which is read when the class is first used: when an instance is made, or
 * when something looks at `prototype`, be it a subclass or a test that replaces a method.
 *
 * Instances share the methods of the prototype: what an instance shows as its own is made by a proxy when somebody
 * looks, so an instance takes 100 bytes, however many methods it has.
 */
export function apiClass(name: string, table: string): ApiConstructor {
  const methods = new Map<PropertyKey, unknown>();
  const Target = function (this: any, session: Session): any {
    if (!new.target) return new (Target as any)(session);
    Object.defineProperty(this, OWN, { value: { session: checkSession(session) } satisfies Own });
    prototype();
    return new Proxy(this, traps);
  };
  // Making the methods takes their names alone: an operation is read when it is first called.
  const prototype = () => {
    for (const [method, operation] of decode(table)) {
      const made = {
        [method](this: any, ...args: unknown[]) {
          const session = checkSession(this?.[OWN]?.session);
          const row = operation(session.isFirst);
          return call(session, row, ownArguments(row, args));
        },
      }[method];
      methods.set(method, (Target.prototype[method] = made));
    }
    table = "";
    return Target.prototype;
  };
  /** Whether an instance shows a property that is not its own. A frozen one must not. */
  const shows = (target: any, key: PropertyKey) =>
    methods.has(key) && !Object.hasOwn(target, key) && Object.isExtensible(target);
  const traps: ProxyHandler<any> = {
    // A method is bound to the instance when it is first taken, unless the program has put another in its place.
    get(target, key, receiver) {
      const value = Reflect.get(target, key, receiver);
      if (!value || value !== methods.get(key)) return value;
      const bound = ((target[OWN] as Own).bound ||= new Map());
      if (!bound.has(key)) bound.set(key, { [key]: (...args: unknown[]) => value.apply(target, args) }[key as string]);
      return bound.get(key);
    },
    getOwnPropertyDescriptor: (target, key) =>
      shows(target, key)
        ? { value: traps.get!(target, key, target), writable: true, enumerable: true, configurable: true }
        : Reflect.getOwnPropertyDescriptor(target, key),
    // A change begins with what was shown: an assignment says the value alone.
    defineProperty: (target, key, change) =>
      (!shows(target, key) || Reflect.defineProperty(target, key, traps.getOwnPropertyDescriptor!(target, key)!)) &&
      Reflect.defineProperty(target, key, change),
    ownKeys: (target) => [
      ...([...methods.keys()] as string[]).filter((key) => shows(target, key)),
      ...Reflect.ownKeys(target),
    ],
  };
  // A bound function has no `prototype` of its own, so there is room for one that fills itself.
  const Class = (Target.prototype.constructor = Target.bind(undefined));
  return Object.defineProperties(Class, { name: { value: name }, prototype: { get: prototype } }) as any;
}

/**
 * The arguments that are meant for an operation. A method that is itself a handler (`authorize(…).done(users.getMe)`)
 * gets what handlers get, `(data, textStatus, request)`: the last two are for no operation, and an object as the first is
 * for one that begins with a body.
 */
function ownArguments({ parameters }: Operation, args: unknown[]): unknown[] {
  const [data, textStatus, request] = args as [unknown, unknown, any];
  if (typeof textStatus != "string" || !request?.getResponseHeader) return args;
  return typeof data == "object" && parameters[0]?.place != "body" ? [] : [data];
}
