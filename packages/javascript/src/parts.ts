/**
 * Parts of the runtime that are loaded apart, so that a page pays only for those it uses. A part registers itself when
 * its file is loaded; what needs one asks here.
 */
import { PureCloudError } from "./error.js";
import type { FormPart } from "./form.js";
import type { Generation2Part } from "./generation2.js";
import type { HooksPart } from "./hooks.js";
import type { LoggingPart } from "./logging.js";
import type { EventsPart } from "./notifications.js";
import type { PagingPart } from "./pages.js";
import type { StatisticsPart } from "./statistics.js";
import type { TransferPart } from "./transfer.js";

/** Each part by its name, which is also that of its subpath and of its partial. */
export const parts: {
  events?: () => EventsPart;
  form?: () => FormPart;
  generation2?: () => Generation2Part;
  hooks?: () => HooksPart;
  logging?: () => LoggingPart;
  paging?: () => PagingPart;
  statistics?: () => StatisticsPart;
  transfer?: () => TransferPart;
} = {};

/** The part of this name. @throws {PureCloudError} saying how to load it. */
export function part<Name extends keyof typeof parts>(name: Name): ReturnType<NonNullable<(typeof parts)[Name]>> {
  const found = parts[name];
  // Without quotes, which would make tools that look for `import "…"` take a script for a module.
  if (!found) throw new PureCloudError(`${name} is not loaded; import purecloud/${name} or load partials/${name}.js`);
  return found() as ReturnType<NonNullable<(typeof parts)[Name]>>;
}
