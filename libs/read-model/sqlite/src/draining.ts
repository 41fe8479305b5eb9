import { setImmediate as nextTurn } from "node:timers/promises";
import type { RowWriter } from "./row-writer.ts";
import type { TableIds } from "./table-ids.ts";
import type { Transaction } from "./transactions.ts";

const ROWS = 500;

/**
 * Takes the rows of dropped tables away. They are out of sight at once; their rows go in small steps, never in one long transaction, and
 * nobody waits for it.
 */
export interface Draining {
  start(): void;
  /** One step, inside the caller's transaction: goes on with what a process that was killed, or a step that failed, has left. */
  step(): void;
  stop(): Promise<void>;
}

export function createDraining(transaction: Transaction, writer: RowWriter, tables: TableIds): Draining {
  const state = { stopping: false };
  let running: Promise<void> = Promise.resolve();

  async function drain(): Promise<void> {
    for (const id of tables.dropped()) {
      while (!state.stopping && transaction(() => writer.drain(id, ROWS)) === ROWS) await nextTurn();
      if (state.stopping) return;
      transaction(() => tables.erase(id));
    }
  }

  return {
    start() {
      // Should a step fail, `step` goes on with it.
      running = running.then(drain).catch(() => undefined);
    },
    step() {
      const id = tables.dropped()[0];
      if (id !== undefined && writer.drain(id, ROWS) < ROWS) tables.erase(id);
    },
    async stop() {
      state.stopping = true;
      await running;
    },
  };
}
