import type { OnTrouble } from "./key-database.ts";

export interface CatchUpSources {
  /** Are today's keys in memory? */
  readonly ready: () => boolean;
  readonly refresh: () => Promise<void>;
  readonly onTrouble: OnTrouble;
}

/** So long a caller waits for the database; what needs no new key must not wait longer. */
const PATIENCE_MS = 1_000;
/** So long nobody asks again after a failure. */
const REST_MS = 1_000;

/**
 * Keys are made a day ahead, so a process lacks today's only when its clock has jumped, or when it has slept over two midnights (a paused container, a suspended
 * machine). The timer would notice within half a minute; this notices at the next request. Undefined when there is nothing to wait for.
 */
export function createCatchUp({ ready, refresh, onTrouble }: CatchUpSources): () => Promise<void> | undefined {
  let underWay: Promise<void> | undefined;
  let restsUntil = 0;

  const look = async (): Promise<void> => {
    try {
      await refresh();
    } catch (error) {
      restsUntil = performance.now() + REST_MS;
      onTrouble("the keys of today could not be had from PostgreSQL", error);
    }
  };

  return () => {
    if (ready()) return undefined;
    if (underWay === undefined && performance.now() < restsUntil) return undefined;
    underWay ??= look().finally(() => (underWay = undefined));
    return within(underWay, PATIENCE_MS);
  };
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
