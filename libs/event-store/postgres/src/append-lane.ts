import { EventStoreUnavailable } from "@grantline/event-store";
import type { AppendResult, SealedEvent } from "@grantline/event-store";
import type { Pool } from "pg";
import { batchOf, batchResults } from "./batch.ts";
import type { BatchAnswer, BatchedAppend } from "./batch.ts";
import { AppendRefused, liesInTheData, unavailable } from "./errors.ts";
import type { Gate } from "./silence.ts";

interface Pending extends BatchedAppend {
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

export interface AppendLane {
  append(stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult>;
  /** Sends what waits, waits for its answers, refuses what comes later. */
  close(): Promise<void>;
}

/** One statement must end well within its time limit, also on a slow disk. */
const MOST_EVENTS = 2_000;
const MOST_CHARACTERS = 4_000_000;

/**
 * Group commit: the appends of a tick go as one statement, which is one transaction; what is asked while it is on its way goes into the next.
 * One batch at a time: a second would only wait for the lock of the first.
 */
export function openAppendLane(pool: Pool, gate: Gate, schema: string, onAppended: () => void): AppendLane {
  const text = `SELECT positions, revisions FROM ${schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9)`;
  let queue: Pending[] = [];
  let working: Promise<void> | undefined;
  let closing = false;

  const commit = async (batch: readonly Pending[]): Promise<void> => {
    const { rows } = await gate.through(() => pool.query<BatchAnswer>({ name: "append", text, values: batchOf(batch) }));
    const results = batchResults(rows[0], batch.length);
    for (const [i, one] of batch.entries()) one.resolve(results[i]!);
    if (results.some(({ kind }) => kind === "appended")) onAppended();
  };

  /** What one append alone is refused for must not fail its neighbours. */
  const commitEach = async (batch: readonly Pending[]): Promise<void> => {
    for (const one of batch) {
      try {
        await commit([one]);
      } catch (error) {
        if (!liesInTheData(error)) throw error;
        one.reject(new AppendRefused(`the events for ${one.stream} were refused: ${(error as Error).message}`, { cause: error }));
      }
    }
  };

  const work = async (): Promise<void> => {
    // What else this turn of the event loop asks goes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const batch = queue.splice(0, fitting(queue));
      try {
        await commit(batch).catch((error: unknown) => (liesInTheData(error) ? commitEach(batch) : Promise.reject(error)));
      } catch (error) {
        // Those behind it would wait as long for the same answer. Settled ones do not hear a second one.
        const lost = [...batch, ...queue];
        queue = [];
        for (const one of lost) one.reject(unavailable("append", error));
      }
    }
    working = undefined;
  };

  return {
    append: (stream, expectedRevision, events) => {
      if (closing) return Promise.reject(new EventStoreUnavailable("the event store is closed"));
      return new Promise((resolve, reject) => {
        queue.push({ stream, expectedRevision, events, resolve, reject });
        working ??= work();
      });
    },
    close: async () => {
      closing = true;
      await working;
    },
  };
}

/** How many of the appends that wait make one batch, at least one. */
function fitting(queue: readonly Pending[]): number {
  let events = 0;
  let characters = 0;
  for (const [i, one] of queue.entries()) {
    events += one.events.length;
    for (const { body } of one.events) characters += body.length;
    if (i > 0 && (events > MOST_EVENTS || characters > MOST_CHARACTERS)) return i;
  }
  return queue.length;
}
