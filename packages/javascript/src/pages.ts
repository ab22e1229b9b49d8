/** Listings as async iterators: the pages of a listing as they come, or the items in them. */
import { PureCloudError } from "./error.js";
import { detectStyle, Pager, PAGING_STYLES, readItems } from "./paging.js";
import type { PageRequest, ListingPosition } from "./paging.js";
import { parts } from "./parts.js";
import type { Prepared } from "./prepare.js";
import type { Request } from "./request.js";
import type { Session } from "./session.js";

/** One page of a listing. */
export interface ListingPage<Data = any, Item = any> {
  /** The content of the answer. */
  readonly data: Data;
  readonly items: readonly Item[];
  /** Where the page has `null` in place of an item, such as `entities[3]`; almost always empty. */
  readonly unreadable: readonly string[];
  /** Where the listing continues after this page, to keep for `session.resume`; `undefined` after the last. */
  readonly next: ListingPosition | undefined;
}

/** How pages are fetched. */
export interface PagesOptions {
  /** How many pages are fetched ahead of the one in use, at most 16. @default 0 */
  readonly prefetch?: number;
  /** Items in a page of the results of a job or an execution. @default The platform's. */
  readonly resultsPageSize?: number;
}

/** The pages of a listing, in order. */
export interface ListingPages<Data = any, Item = any> extends AsyncIterableIterator<ListingPage<Data, Item>> {
  /** The items of all pages. */
  items(): AsyncIterableIterator<Item>;
}

/** What requests and sessions ask of this part. */
export interface PagingPart {
  pages(source: ListingSource, first: Request | undefined, options?: PagesOptions): ListingPages;
  all(pages: ListingPages, limit?: number): Promise<any[]>;
}

/** What every request of a listing has in common with the first. */
export interface ListingSource {
  readonly session: Session;
  readonly prepared: Prepared;
  /** An index of `PAGING_STYLES`, where the definition tells the style. */
  readonly paging?: number | undefined;
  /** Where to begin instead of with the first request. */
  readonly position?: ListingPosition | undefined;
}

const MOST_PREFETCHED = 16;

/** What is under way for a listing, so that a reader who leaves can stop it. */
interface UnderWay {
  stop?: () => void;
}

/** Follows a listing whose first request may be under way already. */
async function* followPages(
  source: ListingSource,
  first: Request | undefined,
  underWay: UnderWay,
  resultsPageSize: number | undefined,
): AsyncGenerator<ListingPage> {
  const { session, prepared, position } = source;
  const base = session.apiUrl;
  const style = position ? position.style : source.paging == null ? undefined : PAGING_STYLES[source.paging];
  let pager = style && new Pager(base, style, position?.stage, resultsPageSize);
  let request = position ? position.request : requestOf(prepared);
  for (let current: Request | undefined = first; ; current = undefined) {
    current ??= session.send(prepareNext(prepared, request));
    underWay.stop = current.abort;
    const data = await current;
    const found = pager ? undefined : detectStyle(request, data);
    if (found) pager = new Pager(base, found, "submit", resultsPageSize);
    if (!pager) {
      yield { data, ...readItems(data), next: undefined };
      return;
    }
    const step = pager.advance(request, data, current.responseText);
    if (step.isPage) {
      const { next } = step;
      yield {
        data,
        ...readItems(data),
        next: next && { style: pager.style, stage: pager.stage, request: next },
      };
      if (!next) return;
      request = next;
    } else {
      await pause(step.wait, underWay, prepared.signal);
      request = step.request;
    }
  }
}

/** The request that a listing begins with, in the form that positions keep. */
function requestOf({ id, method, url, data }: Prepared): PageRequest {
  if (data === undefined) return { method, target: url };
  try {
    // What is not a text becomes what is not JSON.
    return { method, target: url, body: JSON.parse(typeof data == "string" ? data : "") };
  } catch {
    throw new PureCloudError(`${id}: a listing sends its body with each page, so the body must be JSON`, {
      operation: id,
    });
  }
}

/** A later request of a listing: the headers and options of the first, another address and body. */
function prepareNext(prepared: Prepared, { method, target, body }: PageRequest): Prepared {
  const { "content-type": type, ...headers } = prepared.headers;
  return {
    ...prepared,
    method: method as Prepared["method"],
    url: target,
    headers: body === undefined ? headers : { ...headers, "content-type": type || "application/json" },
    data: body === undefined ? undefined : JSON.stringify(body),
  };
}

/** Waits before the state of a job is asked for again. */
function pause(milliseconds: number, underWay: UnderWay, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    const stop = (underWay.stop = () => {
      end();
      reject(signal?.reason ?? new PureCloudError("the listing was stopped", { code: "abort", statusText: "abort" }));
    });
    const timer = setTimeout(() => {
      end();
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop);
  });
}

/** Fetches up to `count` pages ahead of those that were taken; after an error, or once the reader stops, no more. */
async function* prefetchPages(
  source: AsyncGenerator<ListingPage>,
  count: number,
  underWay: UnderWay,
): AsyncGenerator<ListingPage> {
  const ahead: Promise<IteratorResult<ListingPage>>[] = [];
  const fetchNext = () => {
    const next = source.next();
    // A failure is the reader's to handle when its turn comes.
    next.catch(() => {});
    ahead.push(next);
  };
  try {
    while (ahead.length < count) fetchNext();
    for (;;) {
      fetchNext();
      const result = await ahead.shift()!;
      if (result.done) return;
      yield result.value;
    }
  } finally {
    void source.return(undefined);
    underWay.stop?.();
  }
}

async function* itemsOfPages(pages: AsyncIterable<ListingPage>): AsyncGenerator<any> {
  for await (const { items } of pages) yield* items;
}

/** All items, or the first `limit` of them. */
async function collectItems(pages: ListingPages, limit = Infinity): Promise<any[]> {
  const collected: any[] = [];
  if (limit <= 0) return collected;
  for await (const item of pages.items()) {
    collected.push(item);
    if (collected.length >= limit) break;
  }
  return collected;
}

parts.paging = () => ({
  pages(source, first, { prefetch = 0, resultsPageSize } = {}) {
    const underWay: UnderWay = {};
    const followed = followPages(source, first, underWay, resultsPageSize);
    const count = Math.min(prefetch, MOST_PREFETCHED);
    const pages = count > 0 ? prefetchPages(followed, count, underWay) : followed;
    return Object.assign(pages, { items: () => itemsOfPages(pages) }) as ListingPages;
  },
  all: collectItems,
});
