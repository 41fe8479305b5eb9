import { findAccessToken, type TokenSources } from "@grantline/oauth/tokens";

export type StreamEnd = "expired" | "revoked" | "unknown";

/** Keeps an eye on the tokens of open streams. */
export interface TokenWatch {
  /** Calls back once, when the token is good no longer, or nobody can say; the function returned ends the watch. */
  watch(token: string, exp: number, over: (why: StreamEnd) => void): () => void;
  /** Streams watched now. */
  size(): number;
  close(): void;
}

export interface TokenWatchOptions {
  readonly context: TokenSources;
  /** Where other processes write too: what a request awaits before it is answered (P5). */
  readonly upToDate?: (() => Promise<void>) | undefined;
  readonly everyMs?: number;
  /** Milliseconds without an answer after which a stream is cut: P7, never guess. */
  readonly patienceMs?: number;
}

interface Watched {
  readonly token: string;
  readonly exp: number;
  readonly over: (why: StreamEnd) => void;
}

const EVERY_MS = 500;
const PATIENCE_MS = 5_000;

/**
 * Asks of each open stream's token, again and again, what introspection would answer. One timer for all: a stream costs one look into memory twice a
 * second, and is closed within a second of a revocation wherever that was made (security case G-07).
 */
export function createTokenWatch({ context, upToDate, everyMs = EVERY_MS, patienceMs = PATIENCE_MS }: TokenWatchOptions): TokenWatch {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let sureMs = performance.now();

  const end = (one: Watched, why: StreamEnd): void => {
    if (watched.delete(one)) one.over(why);
  };
  const judge = async (one: Watched): Promise<void> => {
    if (one.exp <= context.clock.now()) return end(one, "expired");
    if ((await findAccessToken(context, one.token)) === undefined) end(one, "revoked");
  };
  const look = async (): Promise<void> => {
    const startedMs = performance.now();
    try {
      await upToDate?.();
      for (const one of watched) await judge(one);
      sureMs = startedMs;
    } catch {
      // the store does not answer: the next look may find it
      if (performance.now() - sureMs > patienceMs) for (const one of watched) end(one, "unknown");
    }
  };
  const tick = (): void => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  };
  const stopWhenAlone = (): void => {
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    watch(token, exp, over) {
      const one: Watched = { token, exp, over };
      if (watched.size === 0) sureMs = performance.now();
      watched.add(one);
      timer ??= setInterval(tick, everyMs).unref();
      return () => {
        watched.delete(one);
        stopWhenAlone();
      };
    },
    size: () => watched.size,
    close() {
      clearInterval(timer);
      watched.clear();
    },
  };
}
