import { LRUCache } from "lru-cache";
import type { Clock } from "../context/index.ts";
import { download, type FetchedDocument } from "./download.ts";
import type { NamedPlaces } from "./named-places.ts";
import { OutboundError } from "./outbound-error.ts";
import { checkOutboundUrl } from "./outbound-url.ts";
import { resolveChecked, systemResolve, type Resolve } from "./resolve.ts";

/** Bytes a document of each kind may have. */
export const DOCUMENT_LIMIT = 5 * 1024;
export const JWKS_LIMIT = 64 * 1024;

const TOTAL_MS = 5_000;
/** Seconds a failure is remembered, so that a dead host is not asked by every request; far below the 30 s of mcp-auth.md §5. */
const FAILURE_SECONDS = 15;
const AT_ONCE = 64;

export interface SafeFetchOptions {
  readonly allowInsecureLoopback: boolean;
  /** What an operator named of our own network. Never for URLs of strangers. */
  readonly named?: NamedPlaces;
  readonly clock: Clock;
  /** How names become addresses; the operating system's way unless given. */
  readonly resolve?: Resolve;
  /** Total milliseconds for one fetch, name resolution included. */
  readonly timeoutMs?: number;
}

/** Fetches JSON documents from URLs that strangers named, without letting them reach into our network. Every failure is an OutboundError. */
export interface SafeFetch {
  /** One GET. Calls for one URL at the same time share it. */
  fetch(url: string, options: { readonly maxBytes: number }): Promise<FetchedDocument>;
  /** Throws what `fetch` would throw before its first packet; for URLs that are registered now and fetched later. */
  check(url: string): Promise<void>;
}

/** https only, addresses checked and pinned, no redirects, no compression, bounded in size and time (see README). */
export function createSafeFetch(options: SafeFetchOptions): SafeFetch {
  const resolve = options.resolve ?? systemResolve;
  const timeoutMs = options.timeoutMs ?? TOTAL_MS;
  const running = new Map<string, Promise<FetchedDocument>>();
  const failures = new LRUCache<string, { readonly error: OutboundError; readonly until: number }>({ max: 1_000 });

  const start = async (text: string, maxBytes: number): Promise<FetchedDocument> => {
    const url = checkOutboundUrl(text, options);
    // A flood of different URLs must not turn this server into a scanner or eat its sockets.
    if (running.size >= AT_ONCE) throw new OutboundError("busy", "too many fetches at once", { temporary: true });
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const addresses = await withinTime(resolveChecked(url, resolve, options.named), signal);
      return await download({ url, addresses, maxBytes, signal });
    } catch (cause) {
      const error = asOutboundError(cause, signal);
      failures.set(text, { error, until: options.clock.now() + FAILURE_SECONDS });
      throw error;
    }
  };

  return {
    fetch(text, { maxBytes }) {
      const failed = failures.get(text);
      if (failed !== undefined && failed.until > options.clock.now()) return Promise.reject(failed.error);
      const key = `${maxBytes} ${text}`;
      const shared = running.get(key);
      if (shared !== undefined) return shared;
      const fetching = start(text, maxBytes).finally(() => running.delete(key));
      running.set(key, fetching);
      return fetching;
    },
    async check(text) {
      await withinTime(resolveChecked(checkOutboundUrl(text, options), resolve, options.named), AbortSignal.timeout(timeoutMs));
    },
  };
}

export function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(timedOut()), { once: true });
  return Promise.race([work, over]);
}

export function asOutboundError(error: unknown, signal: AbortSignal): OutboundError {
  if (error instanceof OutboundError) return error;
  return signal.aborted ? timedOut() : new OutboundError("unreachable", "the host could not be reached", { temporary: true, cause: error });
}

function timedOut(): OutboundError {
  return new OutboundError("timed-out", "no complete answer in time", { temporary: true });
}
