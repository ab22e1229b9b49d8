/**
 * Follows a listing: from a request and its answer to the next request, in each of the platform's nine styles. A pager
 * sends nothing: it reads each answer and says what to ask next, and it refuses to read a page twice.
 */
import { PureCloudError } from "./error.js";
import { encode } from "./prepare.js";
import { resolveUrl } from "./send.js";

/** How a listing continues, in the order of the letters that tables use for them. */
export const PAGING_STYLES = [
  "pageNumber",
  "nextUri",
  "nextPage",
  "after",
  "cursor",
  "body",
  "job",
  "execution",
  "scim",
] as const;

export type PagingStyle = (typeof PAGING_STYLES)[number];

/** How far a listing that begins with a POST has come: it makes a job, asks for its state, reads its results. */
export type Stage = "submit" | "poll" | "results";

/** One request of a listing. */
export interface PageRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The JSON value that is sent. */
  readonly body?: any;
}

/**
 * Where a listing can be resumed. It survives `JSON.stringify`, holds no token, and is the same in the Rust SDK. It
 * holds the address and the body of the next request, so it is as private as these are.
 */
export interface ListingPosition {
  readonly style: PagingStyle;
  readonly stage: Stage;
  readonly request: PageRequest;
}

/** What an answer means: a page, with the request for the page after it; or wait, then send another request. */
export type Step =
  | { readonly isPage: true; readonly next: PageRequest | undefined }
  | { readonly isPage: false; readonly request: PageRequest; readonly wait: number };

/** Names of the member that holds the items, the most frequent first. */
const ITEM_NAMES = [
  "entities",
  "results",
  "Resources",
  "conversations",
  "userDetails",
  "items",
  "values",
  "users",
  "auditMessages",
];
/** The longest wait between two questions for the state of a job, in milliseconds. */
const LONGEST_WAIT = 5_000;
/** Questions for the state of a job until it is given up: an hour and a half with these waits. */
const MOST_POLLS = 1_000;
/** The page size of the platform when neither side names one. */
const DEFAULT_PAGE_SIZE = 25;

/** A listing that is being followed. */
export class Pager {
  /** The address of the API, without a slash at its end. */
  readonly base: string;
  readonly style: PagingStyle;
  stage: Stage;
  /** Items in a page of the results of a job or an execution; the platform's default without it. */
  readonly #resultsPageSize: number | undefined;
  #polls = 0;
  #lastText: string | undefined;
  readonly #seen = new Set<string>();

  constructor(base: string, style: PagingStyle, stage: Stage = "submit", resultsPageSize?: number) {
    this.base = base;
    this.style = style;
    this.stage = stage;
    this.#resultsPageSize = resultsPageSize;
  }

  /**
   * What the answer to `request` means.
   *
   * @param answer The content of the answer, parsed.
   * @param text The content as it came, which tells whether two pages are the same.
   * @throws {PureCloudError} whose `code` begins with `paging.`: `loop` and `standstill` for a page that was read
   * before, `address` and `foreign-host` for the address of the next page, `answer` for an answer that does not say how
   * to continue, `failed` and `slow` for a job.
   */
  advance(request: PageRequest, answer: any, text?: string): Step {
    const members = answer ?? {};
    if (typeof members != "object" || Array.isArray(members)) throw unreadablePage("it is not a JSON object");
    const isJob = this.style == "job";
    if (this.stage != "results" && (isJob || this.style == "execution")) {
      const step = isJob ? this.#advanceJob(request, members) : this.#advanceExecution(request, members);
      if (step) return step;
      this.stage = "results";
    }
    const next = this.#next(request, members);
    this.#refuseRepetition(request, next, members, text);
    return { isPage: true, next };
  }

  /** The request for the page after this one. */
  #next(request: PageRequest, members: any): PageRequest | undefined {
    switch (this.style) {
      case "pageNumber":
        return this.#nextNumber(request, members);
      case "nextUri":
      case "nextPage":
        return this.#follow(members[this.style], request);
      case "body":
        return nextInBody(request, members);
      case "scim":
        return nextStart(request, members);
      case "cursor":
      case "job":
        return withQuery(request, "cursor", memberText(members.cursor));
      default:
        return (
          this.#follow(members.nextUri, request) ??
          withQuery(request, "after", memberText(members.cursors?.after) || memberText(members.after))
        );
    }
  }

  #nextNumber(request: PageRequest, members: any): PageRequest | undefined {
    const number = memberCount(queryValue(request, "pageNumber")) ?? memberCount(members.pageNumber) ?? 1;
    const size = memberCount(members.pageSize) || memberCount(queryValue(request, "pageSize"));
    const total = memberCount(members.total);
    const pages = memberCount(members.pageCount) ?? (size && total != null ? Math.ceil(total / size) : undefined);
    if (pages == null && memberText(members.nextUri)) return this.#follow(members.nextUri, request);
    const length = itemCount(members);
    // Where nothing says how long the listing is, a page that is not full is the last.
    const continues = pages == null ? length > 0 && length >= (size || 0) : number < pages;
    return continues ? withQuery(request, "pageNumber", `${number + 1}`) : undefined;
  }

  #advanceJob(request: PageRequest, members: any): Step | undefined {
    if (this.stage == "submit") {
      const id = memberText(members.jobId) || memberText(members.id);
      if (!id) throw unreadablePage("`jobId` is missing");
      this.stage = "poll";
      return askFor(requestBelow(request, id));
    }
    const state = memberText(members.state);
    if (!state) throw unreadablePage("`state` is missing");
    if (/^fulfilled$/i.test(state)) {
      this.stage = "results";
      return askFor(this.#sized(requestBelow(request, "results")));
    }
    if (/^(failed|cancelled|expired)$/i.test(state)) throw jobFailed(state, members);
    return this.#askLater(request);
  }

  #sized(request: PageRequest): PageRequest {
    return withQuery(request, "pageSize", memberText(this.#resultsPageSize)) ?? request;
  }

  /** The step of an execution; `undefined` once it is complete, when the answer is its first page. */
  #advanceExecution(request: PageRequest, members: any): Step | undefined {
    if (this.stage == "submit") {
      this.stage = "poll";
      const results = this.#follow(members.resultsUri, request)?.target;
      const id = memberText(members.executionId);
      if (!results && !id) throw unreadablePage("`executionId` is missing");
      const target = results ? { method: "GET", target: results } : requestBelow(request, id, "results");
      return askFor(this.#sized(target));
    }
    const state = memberText(members.queryStatus);
    if (!state) throw unreadablePage("`queryStatus` is missing");
    if (/^complete$/i.test(state)) return undefined;
    if (/^failed$/i.test(state)) throw jobFailed(state, members);
    return this.#askLater(request);
  }

  /** Waits of one, two, four and then five seconds. */
  #askLater(request: PageRequest): Step {
    if (this.#polls >= MOST_POLLS) throw pagingError("slow", `the job has not ended after ${MOST_POLLS} polls`);
    return askFor(request, Math.min(1_000 * 2 ** this.#polls++, LONGEST_WAIT));
  }

  /** The address that an answer names, on the session's own host; a query alone belongs to the path of the request. */
  #follow(address: unknown, request: PageRequest): PageRequest | undefined {
    const text = memberText(address);
    if (!text) return undefined;
    let url: string;
    try {
      url = resolveUrl(text[0] == "?" ? pathOf(request) + text : text, this.base);
    } catch (error) {
      const what = error instanceof PureCloudError ? "foreign-host" : "address";
      throw pagingError(what, `the address of the next page is refused: ${(error as Error).message}`);
    }
    return { ...request, target: url.slice(this.base.length) };
  }

  #refuseRepetition(request: PageRequest, next: PageRequest | undefined, members: any, text?: string): void {
    const isNumbered = /pageNumber|body|scim/.test(this.style);
    if (isNumbered && text && text === this.#lastText && itemCount(members)) {
      throw pagingError("standstill", `the same page came twice for ${request.target}`);
    }
    this.#lastText = text;
    this.#seen.add(keyOf(request));
    if (!next) return;
    const key = keyOf(next);
    if (this.#seen.has(key)) throw pagingError("loop", `${next.target} was already read`);
    this.#seen.add(key);
  }
}

/** The items of a page, and where it has `null` in their place: `entities[3]`. */
export function readItems(members: any): { readonly items: readonly any[]; readonly unreadable: readonly string[] } {
  const [name, list] = listOf(members);
  const places = list.flatMap((item, index) => (item == null ? `${name}[${index}]` : []));
  return { items: places.length ? list.filter((item) => item != null) : list, unreadable: places };
}

/** The list in a page that holds its items, with its name. */
function listOf(members: any): readonly [name: string, list: readonly any[]] {
  if (!members || typeof members != "object") return ["", []];
  const lists = Object.keys(members).filter((one) => Array.isArray(members[one]));
  // Two lists and no known name: a guess could give the wrong items without a word.
  const name = ITEM_NAMES.find((one) => one in members) ?? (lists.length == 1 ? lists[0]! : "");
  const list = name ? members[name] : undefined;
  if (list != null && !Array.isArray(list)) throw unreadablePage(`\`${name}\` is not a list`);
  return [name, list ?? []];
}

const itemCount = (members: any) => listOf(members)[1].length;

/** The style that an answer shows, where no table names it. */
export function detectStyle({ method }: PageRequest, answer: any): PagingStyle | undefined {
  if (!answer || typeof answer != "object") return undefined;
  const has = (name: string) => name in answer;
  if (has("Resources") && has("totalResults")) return "scim";
  if (method != "GET") {
    if (has("jobId")) return "job";
    if (has("executionId")) return "execution";
    return has("totalHits") || has("pageCount") ? "body" : undefined;
  }
  if (has("pageCount") || has("pageNumber")) return "pageNumber";
  if (has("nextPage") || has("currentPage")) return "nextPage";
  if (has("cursors") || has("after")) return "after";
  if (has("cursor")) return "cursor";
  return has("nextUri") ? "nextUri" : undefined;
}

function nextInBody(request: PageRequest, members: any): PageRequest | undefined {
  const isObject = (value: unknown) => typeof value == "object" && value !== null && !Array.isArray(value);
  const body = request.body ?? {};
  if (!isObject(body)) throw unreadablePage("the body of the request is not an object");
  // Analytics has `paging` in its bodies; searches have both numbers beside the query.
  const isFlat = !("paging" in body) && ("pageNumber" in body || "pageSize" in body);
  const paging = isFlat ? body : (body.paging ?? {});
  if (!isObject(paging)) throw unreadablePage("`paging` in the request is not an object");
  const number = memberCount(paging.pageNumber) ?? 1;
  const size = memberCount(paging.pageSize) || memberCount(members.pageSize) || DEFAULT_PAGE_SIZE;
  const length = itemCount(members);
  const pages = memberCount(members.pageCount);
  const total = memberCount(members.totalHits) ?? memberCount(members.total);
  const continues =
    pages != null ? number < pages : total != null ? length > 0 && number * size < total : length >= size;
  if (!continues) return undefined;
  const next = { ...paging, pageNumber: number + 1 };
  if (isFlat) return { ...request, body: next };
  // The size is written down, so that the platform's default cannot change between two pages.
  return { ...request, body: { ...body, paging: { ...next, pageSize: paging.pageSize ?? size } } };
}

function nextStart(request: PageRequest, members: any): PageRequest | undefined {
  const start = (memberCount(queryValue(request, "startIndex")) ?? memberCount(members.startIndex)) || 1;
  const length = itemCount(members);
  const total = memberCount(members.totalResults);
  const next = start + length;
  return length && (total == null || next <= total) ? withQuery(request, "startIndex", `${next}`) : undefined;
}

const askFor = (request: PageRequest, wait = 0): Step => ({ isPage: false, request, wait });

const pathOf = ({ target }: PageRequest) => target.split("?")[0]!;

/** A request for what is below the path of another, without its query. */
function requestBelow(request: PageRequest, ...segments: string[]): PageRequest {
  return { method: "GET", target: [pathOf(request).replace(/\/+$/, ""), ...segments.map(encode)].join("/") };
}

/** The request with one parameter of its query set, in its place if it is there; `undefined` without a value. */
function withQuery(request: PageRequest, name: string, value: string): PageRequest | undefined {
  if (!value) return undefined;
  const written = `${name}=${encode(value)}`;
  const [path, query = ""] = request.target.split("?", 2) as [string, string?];
  const parts = query.split("&").filter(Boolean);
  const isOther = (part: string) => part.split("=")[0] != name;
  const place = parts.findIndex((part) => !isOther(part));
  const others = parts.filter(isOther);
  others.splice(place < 0 ? others.length : place, 0, written);
  return { ...request, target: `${path}?${others.join("&")}` };
}

const queryValue = ({ target }: PageRequest, name: string) =>
  new URLSearchParams(target.split("?")[1] ?? "").get(name) ?? undefined;

/** A text that is not empty; numbers count as their digits, and everything else as an empty text. */
const memberText = (value: unknown) => (typeof value == "string" || typeof value == "number" ? `${value}` : "");

/** A count from a number or its digits. */
function memberCount(value: unknown): number | undefined {
  const text = memberText(value);
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const keyOf = ({ method, target, body }: PageRequest) => `${method} ${target} ${body ? JSON.stringify(body) : ""}`;

const pagingError = (what: string, text: string) => new PureCloudError(`paging: ${text}`, { code: `paging.${what}` });

const unreadablePage = (text: string) => pagingError("answer", `the answer does not say how to continue: ${text}`);

const jobFailed = (state: string, { errorMessage }: any) =>
  pagingError("failed", `the platform ended the job with ${state}${errorMessage ? `: ${errorMessage}` : ""}`);
