import { LRUCache } from "lru-cache";
import { z } from "zod";
import { usableKeys } from "../client-metadata/index.ts";
import type { Clock, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { JWKS_LIMIT, OutboundError, type SafeFetch } from "../outbound/index.ts";

/** Seconds a key set is used before it is fetched again. */
const KEPT = 600;
/** Seconds between two fetches asked for because of an unknown kid: made-up kids must not make us hammer somebody's server. */
const REFRESH_AFTER = 30;
/** Seconds a set may still be used when its server is away (P7). */
const STALE = 3_600;
const MAX_SETS = 1_000;

const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });
type KeySet = { readonly keys: readonly Readonly<Record<string, unknown>>[] };

/** Makes `OAuthContext.fetchJwks`: the keys at clients' jwks_uri, fetched safely, weak and private ones left out, in a bounded cache. */
export function createJwksFetcher({
  fetcher,
  clock,
}: {
  readonly fetcher: SafeFetch;
  readonly clock: Clock;
}): NonNullable<OAuthContext["fetchJwks"]> {
  const cache = new LRUCache<string, { readonly jwks: KeySet; readonly at: number }>({ max: MAX_SETS });
  return async (uri, options = {}) => {
    const cached = cache.get(uri);
    const age = cached === undefined ? Infinity : clock.now() - cached.at;
    if (cached !== undefined && age < (options.refresh === true ? REFRESH_AFTER : KEPT)) return cached.jwks;
    try {
      const jwks = parseJwks((await fetcher.fetch(uri, { maxBytes: JWKS_LIMIT })).text);
      cache.set(uri, { jwks, at: clock.now() });
      return jwks;
    } catch (error) {
      if (cached !== undefined && age < STALE && error instanceof OutboundError && error.temporary) return cached.jwks;
      if (error instanceof OutboundError) throw unavailable(error);
      throw error;
    }
  };
}

function parseJwks(text: string): KeySet {
  try {
    return { keys: usableKeys(jwksSchema.parse(JSON.parse(text)).keys) };
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unavailable(cause: unknown): OAuthError {
  const detail = cause instanceof OutboundError ? `${cause.failure}: ${cause.message}` : "not a JWKS";
  return new OAuthError("invalid_client", "client-keys-unavailable", "The keys of the client could not be fetched from its jwks_uri.", {
    cause,
    detail,
  });
}
