import type { DatabaseSync } from "node:sqlite";
import { watchingCorruption } from "./discard.ts";

/** Runs work in a write transaction; all of it happens or nothing. */
export type Transaction = <T>(work: () => T) => T;

/** `onBegin` runs first in each: what was remembered of the database may be stale by then. */
export function createTransaction(database: DatabaseSync, file: string, onBegin: () => void): Transaction {
  return (work) =>
    watchingCorruption(file, () => {
      // IMMEDIATE: a transaction that reads first and writes later could not wait for another process's write.
      database.exec("BEGIN IMMEDIATE");
      try {
        onBegin();
        const result = work();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    });
}
