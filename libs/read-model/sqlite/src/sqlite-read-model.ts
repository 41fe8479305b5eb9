import type { DatabaseSync } from "node:sqlite";
import type { Position } from "@grantline/event-store";
import { CheckpointMoved, type ProjectionWrite, type ReadModel } from "@grantline/read-model";
import { createCheckpoints } from "./checkpoints.ts";
import { openDisposable, watchingCorruption } from "./discard.ts";
import { createDraining } from "./draining.ts";
import { createListing } from "./listing.ts";
import { createRowWriter } from "./row-writer.ts";
import { toRow, type StoredRow } from "./row-codec.ts";
import { READ_MODEL_SCHEMA } from "./schema.ts";
import { createTableIds } from "./table-ids.ts";
import { createTransaction } from "./transactions.ts";

const START: Position = "0";
const SWEEP_EVERY_SECONDS = 60;
const FIND = `SELECT key, revision, value, columns, expires_at FROM rows WHERE table_id = (SELECT id FROM tables WHERE name = ?) AND key = ?
  AND value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?)`;

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
  const checkpoints = createCheckpoints(database);
  const writer = createRowWriter(database, tables);
  const listing = createListing(database);
  const find = database.prepare(FIND);
  const transaction = createTransaction(database, file, tables.forget);
  const draining = createDraining(transaction, writer, tables);
  let sweptAt = clock.now();

  function writeAll(projection: string, writes: readonly ProjectionWrite[], checkpoint?: Position, after?: Position): void {
    const now = clock.now();
    if (after !== undefined && (checkpoints.get(projection) ?? START) !== after)
      throw new CheckpointMoved(`The checkpoint of ${projection} has moved.`);
    for (const write of writes) writer.apply(projection, write, now);
    if (checkpoint !== undefined) checkpoints.set(projection, checkpoint);
    if (now - sweptAt < SWEEP_EVERY_SECONDS) return;
    writer.sweep(now);
    draining.step();
    sweptAt = now;
  }

  /** Drops a projection; `replace` puts another in its place in the same moment. */
  function drop(projection: string, replace: () => void = () => undefined): void {
    transaction(() => {
      tables.drop(projection);
      checkpoints.drop(projection);
      replace();
    });
    draining.start();
  }

  return {
    get: async (table, key) =>
      watchingCorruption(file, () => {
        const row = find.get(table, key, clock.now()) as unknown as StoredRow | undefined;
        return row === undefined ? undefined : toRow(row);
      }),
    list: async (table, query) => watchingCorruption(file, () => listing(table, query, clock.now())),
    write: async (projection, writes, checkpoint, after) => transaction(() => writeAll(projection, writes, checkpoint, after)),
    checkpoint: async (projection) => watchingCorruption(file, () => checkpoints.get(projection)),
    clear: async (projection) => drop(projection),
    promote: async (projection, suffix) =>
      drop(projection, () => {
        tables.rename(projection, suffix);
        checkpoints.rename(`${projection}${suffix}`, projection);
      }),
    async close() {
      await draining.stop();
      if (database.isOpen) database.close();
    },
  };
}
