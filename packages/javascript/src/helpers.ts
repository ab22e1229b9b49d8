/** What programs around the platform write again and again; a module that they load when they want it. */
import { regions } from "./environment.js";
import { PureCloudError } from "./error.js";
import { watch, unwatch } from "./signals.js";
import { createSession, hostOf } from "./session.js";
import type { Session } from "./session.js";
import type { Request } from "./request.js";
import { after } from "./transport-fetch.js";

/** A moment: a `Date`, milliseconds since 1970, or a text that `Date` reads, such as `2026-12-01T08:00:00Z`. */
export type Moment = Date | number | string;

/** A span of time; its parts are added up. */
export interface Span {
  readonly days?: number | undefined;
  readonly hours?: number | undefined;
  readonly minutes?: number | undefined;
  readonly seconds?: number | undefined;
}

/**
 * An interval as the platform wants it, `2026-12-01T00:00:00.000Z/2026-12-02T00:00:00.000Z`: from a moment, or from so
 * long before `until`.
 *
 * @param until Default: now.
 * @throws {PureCloudError} for what is not a moment, and for an interval that ends before it begins.
 */
export function interval(from: Moment | Span, until: Moment = Date.now()): string {
  const end = momentOf(until, "until");
  const start = isSpan(from) ? end - lengthOf(from) : momentOf(from, "from");
  if (!(start < end)) throw new PureCloudError("interval: `from` is not before `until`", { parameter: "from" });
  return [start, end].map((time) => new Date(time).toISOString()).join("/");
}

const isSpan = (value: Moment | Span): value is Span => typeof value == "object" && !(value instanceof Date);

function momentOf(value: Moment, parameter: string): number {
  const time = new Date(value).getTime();
  if (Number.isNaN(time)) {
    throw new PureCloudError(`interval: \`${parameter}\` is not a moment; give a Date or a text like 2026-12-01T08:00:00Z`, { parameter });
  }
  return time;
}

const SPAN_LENGTHS: { readonly [part: string]: number } = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000 };

function lengthOf(span: Span): number {
  let sum = 0;
  for (const [part, count] of Object.entries(span)) {
    if (!Object.hasOwn(SPAN_LENGTHS, part) || !Number.isFinite(count ?? 0)) {
      throw new PureCloudError(`interval: a span has numbers of ${Object.keys(SPAN_LENGTHS).join(", ")}`, { parameter: "from" });
    }
    sum += SPAN_LENGTHS[part]! * (count ?? 0);
  }
  return sum;
}

/** How a job is waited for. Times are in milliseconds. */
export interface PollOptions<Job = any> {
  /** The wait before the second look. It grows by half with each look, up to ten times as long. @default 1000 */
  readonly every?: number | undefined;
  /** When to give up; 0 for never. @default 600000 */
  readonly timeout?: number | undefined;
  /** Ends the wait; its reason is the `cause` of the error. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the job has ended well. @default By its `state` or `status` */
  readonly isDone?: ((job: Job) => boolean) | undefined;
}

/** What the platform calls the states of jobs that have ended, in capitals and without `_`. */
const GOOD_END = /^(FULFILLED|FINISHED|READY|SUCC\w+|APPROVED|MATCHED|\w*COMPLETE(D)?(WITHPARTIALRESULTS|WITHERRORS)?)$/;
const BAD_END = /^(\w*FAIL(ED|URE)|\w*ERROR|CANCEL(L?ED)?|EXPIRED|ABORTED|TERMINATED|DENIED|UNMATCHED|DELETED|ROLLBACKCOMPLETE|INCOMPLETE)$/;

/**
 * Asks for a job until it has ended, and resolves with its last answer.
 *
 * @param ask Gets the job: `() => api.getAnalyticsConversationsDetailsJob(id)`.
 * @throws {PureCloudError} `code` is `job.failed` when the platform ended the job without success, with the job as
 * `body`; `timeout` or `abort` when it was given up; `job.state` when an answer has neither `state` nor `status`.
 */
export async function pollJob<Job>(ask: () => PromiseLike<Job>, options: PollOptions<Job> = {}): Promise<Job> {
  const { every = 1_000, timeout = 600_000, signal, isDone } = options;
  const end = timeout > 0 ? Date.now() + timeout : Infinity;
  for (let wait = every; ; wait = Math.min(wait * 1.5, every * 10)) {
    if (signal?.aborted) throw givenUp("abort", signal.reason);
    const job: any = await ask();
    const state = stateOf(job);
    if (BAD_END.test(state)) {
      const { errorMessage } = job;
      const reason = typeof errorMessage == "string" ? `: ${errorMessage}` : "";
      throw new PureCloudError(`the platform ended the job with ${state}${reason}`, { kind: "refused", code: "job.failed", body: job });
    }
    if (isDone ? isDone(job) : GOOD_END.test(state)) return job;
    if (!isDone && !state) {
      throw new PureCloudError("the answer has neither `state` nor `status`; say with `isDone` when the job has ended", { code: "job.state", body: job });
    }
    if (Date.now() + wait > end) throw givenUp("timeout", new Error(`the job did not end within ${timeout} ms`));
    await pauseFor(wait, signal);
  }
}

function stateOf(job: any): string {
  const state = job?.state ?? job?.status ?? job?.queryStatus ?? job?.jobState;
  return typeof state == "string" ? state.toUpperCase().replace(/_/g, "") : "";
}

const givenUp = (code: "abort" | "timeout", reason: any) =>
  new PureCloudError(`pollJob: ${reason?.message ?? reason}`, { kind: code, code, statusText: code }, reason);

function pauseFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = {
      abort(reason: unknown) {
        cancel();
        reject(givenUp("abort", reason));
      },
    };
    const cancel = after(ms, () => {
      if (signal) unwatch(signal, watcher);
      resolve();
    });
    if (signal) watch(signal, watcher);
  });
}

/** How content goes to an address or comes from it. */
export interface TransferOptions {
  /** Headers that belong to the address, such as those that were signed with it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that each attempt may take; 0 for any time. @default 0 */
  readonly timeout?: number | undefined;
}

/**
 * Sends content to an address that the platform gave for an upload. The token goes with it only when the address is one
 * of the session's API; anywhere else goes nothing of the session but how it connects.
 *
 * @throws {PureCloudError} for what is not such an address. It may be signed, which is a secret, and is not repeated.
 */
export function uploadTo(
  session: Session,
  url: string,
  content: unknown,
  { method = "PUT", ...options }: TransferOptions & { readonly method?: "PUT" | "POST" | undefined } = {},
): Request {
  return transfer(session, method, url, options, content);
}

/**
 * Gets what is at an address that the platform gave for a download, like `uploadTo`. With `.raw()` it is handed over as
 * bytes or as a stream.
 */
export function downloadFrom(session: Session, url: string, options: TransferOptions = {}): Request {
  return transfer(session, "GET", url, options);
}

function transfer(session: Session, method: string, url: string, options: TransferOptions, data?: unknown): Request {
  const host = hostOf.get(session);
  if (!host) throw new PureCloudError("the first argument is not a session");
  let address: URL;
  try {
    address = new URL(url);
  } catch {
    throw new PureCloudError("the address is not a URL; give the one of the platform's answer as it is");
  }
  const { href, origin, pathname } = address;
  const isOwn = href.startsWith(`${session.apiUrl}/`);
  // Another session, which has no token, and no page whose login it could take.
  const sender = isOwn
    ? session
    : createSession({ ...host, page: undefined }, Object.prototype, { environment: origin, rateLimit: false });
  const { headers = {}, signal, timeout = 0 } = options;
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return sender.send({
    id: `${method} ${origin}${pathname}`,
    method,
    url: href,
    headers: { accept: "*/*", ...lower },
    data,
    signal: signal as any,
    timeout,
    // What stands in the query of a signed address opens it.
    secrets: [...address.searchParams.values()].filter((value) => value.length > 7),
  });
}

/** The domain of each region: `regionDomains["eu-west-1"]` is `mypurecloud.ie`. */
export const regionDomains: { readonly [region: string]: string } = { ...regions };

/** A condition of a search: a `UserSearchCriteria` and its kin. */
export interface SearchClause {
  readonly type: string;
  readonly fields?: readonly string[];
  readonly value?: string;
  readonly values?: readonly string[];
  readonly startValue?: string;
  readonly endValue?: string;
  readonly operator?: "AND" | "OR" | "NOT";
  readonly group?: readonly SearchClause[];
}

/** The body of a search. */
export interface SearchBody {
  readonly query: readonly SearchClause[];
  readonly pageSize?: number;
  readonly pageNumber?: number;
  readonly sortBy?: string;
  readonly sortOrder?: "ASC" | "DESC" | "SCORE";
  readonly expand?: readonly string[];
}

/**
 * The body of a search, put together by its methods, each of which gives another builder. It is itself such a body:
 * `users.postUsersSearch(userSearch().contains("name", "ada").orderBy("name"))`.
 */
export class Search implements SearchBody {
  declare readonly query: readonly SearchClause[];
  declare readonly pageSize?: number;
  declare readonly pageNumber?: number;
  declare readonly sortBy?: string;
  declare readonly sortOrder?: "ASC" | "DESC" | "SCORE";
  declare readonly expand?: readonly string[];

  constructor(body: SearchBody) {
    Object.assign(this, body);
  }

  /** With one more condition; all of them must hold. */
  where(clause: SearchClause): this {
    return this.with({ query: [...this.query, clause] });
  }

  /** The fields have exactly this value, or one of several. */
  equals(fields: string | readonly string[], value: string | readonly string[]): this {
    return this.where(textClause("EXACT", fields, value));
  }

  contains(fields: string | readonly string[], value: string | readonly string[]): this {
    return this.where(textClause("CONTAINS", fields, value));
  }

  startsWith(fields: string | readonly string[], value: string | readonly string[]): this {
    return this.where(textClause("STARTS_WITH", fields, value));
  }

  /** The field is within two values, both included. */
  between(field: string, startValue: Moment, endValue: Moment): this {
    return this.where({ type: "RANGE", fields: [field], startValue: valueOf(startValue), endValue: valueOf(endValue) });
  }

  /** The fields have some value. */
  has(...fields: string[]): this {
    return this.where({ type: "REQUIRED_FIELDS", fields });
  }

  /** One of the searches fits, which `userSearch()` and its methods make. */
  anyOf(...searches: SearchBody[]): this {
    return this.where({ type: "EXACT", group: searches.map((search) => joined(search, "OR")) });
  }

  /** The search does not fit. */
  not(search: SearchBody): this {
    return this.where(joined(search, "NOT"));
  }

  orderBy(sortBy: string, sortOrder: "ASC" | "DESC" | "SCORE" = "ASC"): this {
    return this.with({ sortBy, sortOrder });
  }

  page(pageSize: number, pageNumber = 1): this {
    return this.with({ pageSize, pageNumber });
  }

  /** Parts of the entities that the answer is to hold, such as `presence`. */
  expanding(...expand: string[]): this {
    return this.with({ expand });
  }

  private with(more: Partial<SearchBody>): this {
    return new Search({ ...(this as SearchBody), ...more }) as this;
  }
}

/** A search that everything fits, for `POST /api/v2/users/search`, `…/groups/search` and the like. */
export function userSearch(): Search {
  return new Search({ query: [] });
}

/** A search as one clause, which says how it is joined to those before it. */
function joined({ query }: SearchBody, operator: "OR" | "NOT"): SearchClause {
  if (!query[0]) throw new PureCloudError("a search within a search has no conditions; add one");
  return query[1] ? { type: "EXACT", operator, group: query } : { ...query[0], operator };
}

function textClause(type: string, fields: string | readonly string[], value: string | readonly string[]): SearchClause {
  const names = [fields].flat() as string[];
  return typeof value == "string" ? { type, fields: names, value } : { type, fields: names, values: value };
}

const valueOf = (value: Moment) => (value instanceof Date ? value.toISOString() : `${value}`);
