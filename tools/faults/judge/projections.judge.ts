import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventStore, Position } from "@grantline/event-store";
import { openPostgresEventStore } from "@grantline/event-store-postgres";
import { createProjector, projections, tableOf, type ReadModel, type ReadModelRow } from "@grantline/read-model";
import { openRedis } from "@grantline/read-model-redis";
import { openSqliteReadModel } from "@grantline/read-model-sqlite";

export interface ProjectionsVerdict {
  readonly rows: number;
  readonly wrong: readonly string[];
  /** Streams that are parked (P11). */
  readonly parked: number;
  /** Milliseconds they took to reach the head there was at the call. */
  readonly caughtUpMs: number;
}

const PATIENCE_MS = 40_000;
const PAGE = 1_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** I5, I6: what the projections show is what a rebuild from the first event shows, row by row. The rebuild goes into another technology. */
export async function judgeProjections(
  urls: { readonly postgres: string; readonly redis: string },
  keySpace: string,
): Promise<ProjectionsVerdict> {
  const store = await openPostgresEventStore({ url: urls.postgres });
  const redis = await openRedis({ urls: [urls.redis], keySpace });
  const folder = mkdtempSync(join(tmpdir(), "grantline-rebuild-"));
  const fresh = await openSqliteReadModel({ file: join(folder, "read-model.db") });
  try {
    const began = performance.now();
    const options = { store, projections, log: silent, patienceMs: PATIENCE_MS };
    const live = createProjector({ ...options, readModel: redis.readModel, active: false });
    await live.caughtUp(await store.head());
    const caughtUpMs = performance.now() - began;
    const rebuilt = createProjector({ ...options, readModel: fresh });
    rebuilt.start();
    const compared = await atOneHead(store, async (head) => {
      await Promise.all([rebuilt.caughtUp(head), live.caughtUp(head)]);
      return compare(redis.readModel, fresh);
    });
    const { projections: status } = await live.status();
    await rebuilt.stop();
    const parked = status.reduce((sum, one) => sum + one.parked, 0);
    return { ...compared, parked, caughtUpMs };
  } finally {
    await Promise.all([store.close(), redis.close(), fresh.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Services go on appending when the users have stopped (what strangers did is written each minute): a difference counts only if nothing came in between. */
async function atOneHead(store: EventStore, judge: (head: Position) => Promise<Compared>): Promise<Compared> {
  for (;;) {
    const head = await store.head();
    const compared = await judge(head);
    if (compared.wrong.length === 0 || (await store.head()) === head) return compared;
  }
}

interface Compared {
  readonly rows: number;
  readonly wrong: readonly string[];
}

async function compare(live: ReadModel, rebuilt: ReadModel): Promise<Compared> {
  const wrong: string[] = [];
  let rows = 0;
  for (const table of projections.map(tableOf)) {
    const [shown, expected] = [await rowsOf(live, table), await rowsOf(rebuilt, table)];
    rows += expected.size;
    for (const [key, row] of expected)
      if (shown.get(key) !== row) wrong.push(`${table} shows ${key} as ${shown.get(key)}, a rebuild as ${row}`);
    for (const key of shown.keys()) if (!expected.has(key)) wrong.push(`${table} shows ${key}, which a rebuild does not`);
  }
  return { rows, wrong: wrong.slice(0, 5) };
}

async function rowsOf(model: ReadModel, table: string): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  for (let cursor: string | undefined; ;) {
    const page = await model.list(table, { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const row of page.rows) rows.set(row.key, canonical(row));
    if (page.nextCursor === undefined) return rows;
    cursor = page.nextCursor;
  }
}

/** The same JSON for the same content. */
function canonical({ key: _key, ...row }: ReadModelRow): string {
  return JSON.stringify(row, (_name, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
