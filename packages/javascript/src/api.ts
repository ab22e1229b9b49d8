import { call, checkSession } from "./call.js";
import type { Request } from "./request.js";
import type { Session } from "./session.js";
import { decode } from "./table.js";

/** The class of an API, which also works without `new`. Its methods are those of its table. */
export interface ApiConstructor {
  new (session: Session): Api;
  (session: Session): Api;
  readonly prototype: Api;
}

/** An API of the platform, as a session sees it. */
export interface Api {
  readonly [method: string]: (...args: any[]) => Request;
}

/** Not a name, which a method might have. */
const SESSION = Symbol();

/**
 * Makes the class of an API from its table, which is read when the class is first used: when an instance is made, or
 * when something looks at `prototype`, be it a subclass or a test that replaces a method.
 */
export function apiClass(name: string, table: string): ApiConstructor {
  const Target = function (this: any, session: Session): any {
    if (!new.target) return new (Target as any)(session);
    this[SESSION] = checkSession(session);
    prototype();
  };
  // Making the methods takes their names alone: an operation is read when it is first called.
  const prototype = () => {
    for (const [method, operation] of decode(table)) {
      Target.prototype[method] = {
        [method](this: any, ...args: unknown[]) {
          return call(checkSession(this?.[SESSION]), operation(), args);
        },
      }[method];
    }
    table = "";
    return Target.prototype;
  };
  // A bound function has no `prototype` of its own, so there is room for one that fills itself.
  const Class = (Target.prototype.constructor = Target.bind(undefined));
  return Object.defineProperties(Class, { name: { value: name }, prototype: { get: prototype } }) as any;
}
