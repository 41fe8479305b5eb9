import type { DatabaseSync } from "node:sqlite";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Position } from "@grantline/event-store";
import { CheckpointMoved, type ProjectionWrite, type ReadModel } from "@grantline/read-model";
import { openDisposable, watchingCorruption } from "./discard.ts";
import { createListing } from "./listing.ts";
import { createRowWriter } from "./row-writer.ts";
import { toRow, type StoredRow } from "./row-codec.ts";
import { READ_MODEL_SCHEMA } from "./schema.ts";
import { createTableIds } from "./table-ids.ts";

const START: Position = "0";
const SWEEP_EVERY_SECONDS = 60;
const DRAIN_ROWS = 500;

export interface SqliteReadModelOptions {
  /** A file of its own, shared by the worker processes of one machine. Made when absent. */
  readonly file: string;
  /** Epoch seconds, for expiry. */
  readonly clock?: { now(): number };
}

/**
 * The embedded read model: one SQLite file in WAL mode. Statements are short and synchronous (tens of microseconds); callers
 * keep the batches of `write` to about a thousand rows so that HTTP never waits long.
 */
export async function openSqliteReadModel(options: SqliteReadModelOptions): Promise<ReadModel> {
  const { database } = openDisposable(options.file, READ_MODEL_SCHEMA);
  return createReadModel(database, options.file, options.clock ?? { now: () => Math.floor(Date.now() / 1_000) });
}

function createReadModel(database: DatabaseSync, file: string, clock: { now(): number }): ReadModel {
  const tables = createTableIds(database);
  const writer = createRowWriter(database, tables);
  const listing = createListing(database);
  const find = database.prepare(
    `SELECT key, revision, value, columns, expires_at FROM rows WHERE table_id = (SELECT id FROM tables WHERE name = ?) AND key = ?
       AND value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?)`,
  );
  const findCheckpoint = database.prepare("SELECT position FROM checkpoints WHERE projection = ?");
  const setCheckpoint = database.prepare("INSERT INTO checkpoints (projection, position) VALUES (?, ?) ON CONFLICT (projection) DO UPDATE SET position = excluded.position");
  const dropCheckpoint = database.prepare("DELETE FROM checkpoints WHERE projection = ?");
  const moveCheckpoint = database.prepare("UPDATE checkpoints SET projection = ? WHERE projection = ?");
  let sweptAt = clock.now();
  let closed = false;

  function transaction<T>(work: () => T): T {
    return watchingCorruption(file, () => {
      // IMMEDIATE: a transaction that reads first and writes later could not wait for another process's write.
      database.exec("BEGIN IMMEDIATE");
      try {
        tables.forget();
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  function checkpointOf(projection: string): Position | undefined {
    return findCheckpoint.get(projection)?.["position"] as Position | undefined;
  }

  function writeAll(projection: string, writes: readonly ProjectionWrite[], checkpoint?: Position, after?: Position): void {
    const now = clock.now();
    if (after !== undefined && (checkpointOf(projection) ?? START) !== after) throw new CheckpointMoved(`The checkpoint of ${projection} has moved.`);
    for (const write of writes) writer.apply(projection, write, now);
    if (checkpoint !== undefined) setCheckpoint.run(projection, checkpoint);
    if (now - sweptAt < SWEEP_EVERY_SECONDS) return;
    writer.sweep(now);
    // What a process that was killed while it drained has left behind.
    for (const id of tables.dropped()) if (writer.drain(id, DRAIN_ROWS) < DRAIN_ROWS) tables.erase(id);
    sweptAt = now;
  }

  // Dropped tables are out of sight at once; their rows go away in small steps, never in one long transaction.
  async function drain(): Promise<void> {
    for (const id of tables.dropped()) {
      while (!closed && transaction(() => writer.drain(id, DRAIN_ROWS)) === DRAIN_ROWS) await nextTurn();
      if (closed) return;
      transaction(() => tables.erase(id));
    }
  }

  return {
    get: async (table, key) => watchingCorruption(file, () => {
      const row = find.get(table, key, clock.now()) as unknown as StoredRow | undefined;
      return row === undefined ? undefined : toRow(row);
    }),
    list: async (table, query) => watchingCorruption(file, () => listing(table, query, clock.now())),
    write: async (projection, writes, checkpoint, after) => transaction(() => writeAll(projection, writes, checkpoint, after)),
    checkpoint: async (projection) => watchingCorruption(file, () => checkpointOf(projection)),
    async clear(projection) {
      transaction(() => {
        tables.drop(projection);
        dropCheckpoint.run(projection);
      });
      await drain();
    },
    async promote(projection, suffix) {
      transaction(() => {
        tables.drop(projection);
        dropCheckpoint.run(projection);
        tables.rename(projection, suffix);
        moveCheckpoint.run(projection, `${projection}${suffix}`);
      });
      await drain();
    },
    async close() {
      if (closed) return;
      closed = true;
      database.close();
    },
  };
}
