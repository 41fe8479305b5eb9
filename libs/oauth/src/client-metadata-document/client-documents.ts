import { LRUCache } from "lru-cache";
import type { Clock, OAuthSettings } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { DOCUMENT_LIMIT, OutboundError, type FetchedDocument, type SafeFetch } from "../outbound/index.ts";
import { freshSeconds } from "./cache-policy.ts";
import { checkDocumentUrl } from "./document-url.ts";
import { parseDocument } from "./parse-document.ts";
import type { ClientDocument, ClientDocuments } from "./types.ts";

/** Seconds a document is kept at least, whatever its headers say: a document server is not ours to hammer. */
const SHORTEST = 60;
/** And at most: a domain may be sold, and its new owner must not live off the old owner's headers (F-11). */
const LONGEST = 3_600;
/** A document that is no good is looked at again soon: its author is probably mending it. */
const BAD_SECONDS = 15;
const MAX_DOCUMENTS = 2_000;

export interface ClientDocumentsParts {
  readonly fetcher: SafeFetch;
  readonly clock: Clock;
  readonly settings: Pick<OAuthSettings, "cimd" | "dcr">;
}

/** Metadata documents by client_id, in a bounded cache; good ones as long as their headers say, bad ones for seconds. */
export function createClientDocuments({ fetcher, clock, settings }: ClientDocumentsParts): ClientDocuments {
  const cache = new LRUCache<string, { readonly document: ClientDocument; readonly until: number }>({ max: MAX_DOCUMENTS });
  const rules = { redirectSchemes: settings.dcr.redirectSchemes, allowInsecureLoopback: settings.cimd.allowInsecureLoopback };
  const bad = new LRUCache<string, { readonly error: OAuthError; readonly until: number }>({ max: MAX_DOCUMENTS });

  const parseOrRemember = (clientId: string, text: string): ClientDocument => {
    try {
      return parseDocument(clientId, text, rules);
    } catch (error) {
      if (error instanceof OAuthError) bad.set(clientId, { error, until: clock.now() + BAD_SECONDS });
      throw error;
    }
  };

  return {
    async get(clientId) {
      const cached = cache.get(clientId);
      if (cached !== undefined && cached.until > clock.now()) return cached.document;
      checkDocumentUrl(clientId, rules);
      const known = bad.get(clientId);
      if (known !== undefined && known.until > clock.now()) throw known.error;
      const fetched = await fetchDocument(fetcher, clientId);
      const document = parseOrRemember(clientId, fetched.text);
      cache.set(clientId, {
        document,
        until: clock.now() + Math.min(LONGEST, Math.max(SHORTEST, freshSeconds(clientId, fetched.headers))),
      });
      return document;
    },
  };
}

async function fetchDocument(fetcher: SafeFetch, clientId: string): Promise<FetchedDocument> {
  try {
    return await fetcher.fetch(clientId, { maxBytes: DOCUMENT_LIMIT });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const refused = error.failure === "url-refused" || error.failure === "address-refused";
    throw new OAuthError(
      "invalid_client",
      refused ? "document-fetch-refused" : "document-fetch-failed",
      refused
        ? "The client metadata document is at an address that is not fetched from."
        : "The client metadata document could not be fetched.",
      { detail: `${error.failure}: ${error.message}`, cause: error },
    );
  }
}
