import type { Clock } from "@grantline/oauth/context";
import type { SafeFetch } from "@grantline/oauth/outbound";
import { LRUCache } from "lru-cache";

/** Seconds a document is good for: a person who comes back, the page and the callback ask once; a server that moves is noticed soon. */
const GOOD_SECONDS = 60;
const MOST = 500;

/** The safe fetch, which remembers for a minute what it brought. What failed it forgets by its own rules. */
export function rememberingFetch(fetcher: SafeFetch, clock: Clock): SafeFetch {
  const documents = new LRUCache<string, { readonly document: Awaited<ReturnType<SafeFetch["fetch"]>>; readonly until: number }>({
    max: MOST,
  });
  return {
    check: (url) => fetcher.check(url),
    async fetch(url, options) {
      const known = documents.get(url);
      if (known !== undefined && known.until > clock.now()) return known.document;
      const document = await fetcher.fetch(url, options);
      documents.set(url, { document, until: clock.now() + GOOD_SECONDS });
      return document;
    },
  };
}
