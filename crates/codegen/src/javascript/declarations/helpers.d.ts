// What programs around the platform write again and again, written by hand.

import type { PureCloudSession, Request, Upload } from "./session.js";

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
 * long before `until`, which is now unless it is given. Throws for what is not a moment, and for an interval that ends
 * before it begins.
 */
export declare function interval(from: Moment | Span, until?: Moment): string;

/** The type of a global class, where the DOM's or Node's types are loaded; `never` elsewhere. */
type Global<Name extends string> = typeof globalThis extends { [name in Name]: { prototype: infer Value } } ? Value : never;

/** How a job is waited for. Times are in milliseconds. */
export interface PollOptions<Job = any> {
  /** The wait before the second look. It grows by half with each look, up to ten times as long. Default: 1000. */
  readonly every?: number | undefined;
  /** When to give up; 0 for never. Default: 600000. */
  readonly timeout?: number | undefined;
  /** Ends the wait: an `AbortSignal`. Its reason is the `cause` of the error. */
  readonly signal?: Global<"AbortSignal"> | undefined;
  /** Whether the job has ended well. Default: by its `state` or `status`. */
  readonly isDone?: ((job: Job) => boolean) | undefined;
}

/**
 * Asks for a job until it has ended, and resolves with its last answer: `pollJob(() => api.getJob(id))`.
 *
 * Fails with a `PureCloudError` whose `code` is `job.failed` when the platform ended the job without success, with the job
 * as `body`; `timeout` or `abort` when it was given up; `job.state` when an answer has neither `state` nor `status`.
 */
export declare function pollJob<Job>(ask: () => PromiseLike<Job>, options?: PollOptions<Job>): Promise<Job>;

/** How content goes to an address or comes from it. */
export interface TransferOptions {
  /** Headers that belong to the address, such as those that were signed with it. */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** Stops it: an `AbortSignal`. */
  readonly signal?: Global<"AbortSignal"> | undefined;
  /** Milliseconds that each attempt may take; 0 for any time. Default: 0. */
  readonly timeout?: number | undefined;
}

/**
 * Sends content to an address that the platform gave for an upload. The token goes with it only when the address is one
 * of the session's API; anywhere else goes nothing of the session but how it connects. Throws for what is not such an
 * address, without repeating it.
 */
export declare function uploadTo(
  session: PureCloudSession,
  url: string,
  content: Upload,
  options?: TransferOptions & { /** Default: `PUT`. */ readonly method?: "PUT" | "POST" | undefined },
): Request<any>;

/**
 * Gets what is at an address that the platform gave for a download, like `uploadTo`. With `.raw()` it is handed over as
 * bytes or as a stream.
 */
export declare function downloadFrom(session: PureCloudSession, url: string, options?: TransferOptions): Request<any>;

/** The domain of each region: `regionDomains["eu-west-1"]` is `mypurecloud.ie`. */
export declare const regionDomains: { readonly [region: string]: string };

/** How a condition of a search compares. */
export type SearchComparison =
  | "EXACT"
  | "STARTS_WITH"
  | "CONTAINS"
  | "REGEX"
  | "TERM"
  | "TERMS"
  | "REQUIRED_FIELDS"
  | "MATCH_ALL"
  | "QUERY_STRING"
  | "RANGE"
  | "LESS_THAN"
  | "LESS_THAN_EQUAL_TO"
  | "GREATER_THAN"
  | "GREATER_THAN_EQUAL_TO";

/** A condition of a search. */
export interface SearchClause {
  type: SearchComparison;
  fields?: string[];
  value?: string;
  values?: string[];
  startValue?: string;
  endValue?: string;
  operator?: "AND" | "OR" | "NOT";
  group?: SearchClause[];
}

/** The body of a search. */
export interface SearchBody {
  query: SearchClause[];
  pageSize?: number;
  pageNumber?: number;
  sortBy?: string;
  sortOrder?: "ASC" | "DESC" | "SCORE";
  expand?: string[];
}

/**
 * The body of a search, put together by its methods, each of which gives another builder. It is itself such a body:
 * `users.postUsersSearch(userSearch().contains("name", "ada").orderBy("name"))`.
 */
export interface Search extends SearchBody {
  /** With one more condition; all of them must hold. */
  where(clause: SearchClause): Search;
  /** A field has exactly this value, or one of several. */
  equals(fields: string | readonly string[], value: string | readonly string[]): Search;
  contains(fields: string | readonly string[], value: string | readonly string[]): Search;
  startsWith(fields: string | readonly string[], value: string | readonly string[]): Search;
  /** The field is within two values, both included. */
  between(field: string, startValue: Moment, endValue: Moment): Search;
  /** The fields have some value. */
  has(...fields: string[]): Search;
  /** One of the searches fits, which `userSearch()` and its methods make. */
  anyOf(...searches: SearchBody[]): Search;
  /** The search does not fit. */
  not(search: SearchBody): Search;
  /** The order of the results. Default: ascending. */
  orderBy(sortBy: string, sortOrder?: "ASC" | "DESC" | "SCORE"): Search;
  page(pageSize: number, pageNumber?: number): Search;
  /** Parts of the entities that the answer is to hold, such as `presence`. */
  expanding(...expand: string[]): Search;
}

/** A search that everything fits, for `POST /api/v2/users/search`. */
export declare function userSearch(): Search;
