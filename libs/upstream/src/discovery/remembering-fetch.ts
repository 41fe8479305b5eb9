import type { Clock } from "@grantline/oauth/context";
import type { SafeFetch } from "@grantline/oauth/outbound";
import { LRUCache } from "lru-cache";

/** Seconds a document is good for: a person who comes back, the page and the callback ask once; a server that moves is noticed soon. */
const GOOD_SECONDS = 60;
const MOST = 500;

export interface RememberingFetch {
  readonly fetcher: SafeFetch;
  /** Asks again whatever is remembered, and remembers what comes. */
  readonly afresh: SafeFetch;
}

/** The safe fetch, which remembers for a minute what it brought. What failed it forgets by its own rules. */
export function rememberingFetch(fetcher: SafeFetch, clock: Clock): RememberingFetch {
  const documents = new LRUCache<string, { readonly document: Awaited<ReturnType<SafeFetch["fetch"]>>; readonly until: number }>({
    max: MOST,
  });
  const check: SafeFetch["check"] = (url) => fetcher.check(url);
  const bring: SafeFetch["fetch"] = async (url, options) => {
    const document = await fetcher.fetch(url, options);
    documents.set(url, { document, until: clock.now() + GOOD_SECONDS });
    return document;
  };
  const recall: SafeFetch["fetch"] = async (url, options) => {
    const known = documents.get(url);
    return known !== undefined && known.until > clock.now() ? known.document : bring(url, options);
  };
  return { fetcher: { check, fetch: recall }, afresh: { check, fetch: bring } };
}
