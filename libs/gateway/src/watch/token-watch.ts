import { StreamParked } from "@grantline/event-store";
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
  /** Milliseconds without an answer about its token after which a stream is cut: P7, never guess. */
  readonly patienceMs?: number;
}

interface Watched {
  readonly token: string;
  readonly exp: number;
  readonly over: (why: StreamEnd) => void;
  /** Since when it is asked in vain. */
  unansweredMs: number | undefined;
  judging: boolean;
}

const EVERY_MS = 500;
const PATIENCE_MS = 5_000;

/**
 * Asks of each open stream's token, again and again, what introspection would answer. One timer for all: a stream costs one look into memory twice a
 * second, and is closed within a second of a revocation wherever that was made (security case G-07). Trouble with one token, an error or no answer at
 * all, is no other's.
 */
export function createTokenWatch({ context, upToDate, everyMs = EVERY_MS, patienceMs = PATIENCE_MS }: TokenWatchOptions): TokenWatch {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | undefined;
  let looking = false;

  const end = (one: Watched, why: StreamEnd): void => {
    if (watched.delete(one)) one.over(why);
  };
  const judge = async (one: Watched): Promise<void> => {
    if (one.exp <= context.clock.now()) return end(one, "expired");
    if ((await findAccessToken(context, one.token).catch(unknownWhenParked)) === undefined) return end(one, "revoked");
    one.unansweredMs = undefined;
  };
  const look = async (): Promise<void> => {
    await upToDate?.();
    for (const one of watched) {
      if (one.judging) continue;
      one.judging = true;
      void judge(one)
        .catch(triedAgain)
        .finally(() => (one.judging = false));
    }
  };
  const tick = (): void => {
    const nowMs = performance.now();
    for (const one of watched) {
      one.unansweredMs ??= nowMs;
      if (nowMs - one.unansweredMs > patienceMs) end(one, "unknown");
    }
    if (looking) return;
    looking = true;
    void look()
      .catch(triedAgain)
      .finally(() => (looking = false));
  };
  const stopWhenAlone = (): void => {
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    watch(token, exp, over) {
      const one: Watched = { token, exp, over, unansweredMs: undefined, judging: false };
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

/** P11: what rests on a stream this release can't read is not vouched for. */
function unknownWhenParked(error: unknown): undefined {
  if (!(error instanceof StreamParked)) throw error;
}

/** The store does not answer: the next look may find it, and each stream's patience ends by itself. */
function triedAgain(): void {}
