import { comparePositions, START, type EventStore, type Position } from "@grantline/event-store";
import type { FeedLog } from "@grantline/feed";
import type { ReadModel } from "@grantline/read-model";
import type { Engine, SavedState } from "./engine.ts";

/** Bump the version when a detector's memory changes its shape: the log is then read from its start again. */
const NAME = "anomalies.v2";
/** P9: what an earlier version kept is nobody's to erase any more. */
const EARLIER = ["anomalies.v1"];
/** Text of one row at most. */
const PART = 500_000;

interface KeptStateOptions {
  readonly readModel: Pick<ReadModel, "get" | "write" | "checkpoint" | "clear">;
  readonly store: Pick<EventStore, "head">;
  readonly log: FeedLog;
}

/**
 * What the detectors know, kept with its place in the log in one atomic write, so that the two always fit together: events after that place are looked at again
 * after a crash, with the very memory they were first looked at with. Lost, it is made anew from the log (P6); what was found before is found to be known.
 */
export function createKeptState({ readModel, store, log }: KeptStateOptions) {
  let kept: Position | undefined;
  let position: Position = START;
  return {
    /** Where to go on. */
    async load(engine: Engine): Promise<Position> {
      for (const name of EARLIER) await readModel.clear(name);
      kept = await readModel.checkpoint(NAME);
      position = kept ?? START;
      const saved = kept === undefined ? undefined : await read(readModel);
      if (saved === undefined || comparePositions(position, await store.head()) > 0) {
        if (kept !== undefined) log.error({ position }, "anomalies: what was kept does not fit the log; looking at all of it again");
        await readModel.clear(NAME);
        kept = undefined;
        return (position = START);
      }
      engine.load(saved);
      return position;
    },
    reached(upTo: Position): void {
      position = upTo;
    },
    /** Throws CheckpointMoved when another process is at it: then this one has lost its lease unawares. */
    async save(engine: Engine): Promise<void> {
      if (position === kept) return;
      const text = JSON.stringify(engine.save());
      const parts = Array.from({ length: Math.ceil(text.length / PART) }, (_, index) => text.slice(index * PART, (index + 1) * PART));
      const row = (key: string, value: unknown) => ({ kind: "put", table: NAME, row: { key, revision: 0, value } }) as const;
      const writes = [row("parts", parts.length), ...parts.map((part, index) => row(`part-${index}`, part))];
      await readModel.write(NAME, writes, position, kept ?? START);
      kept = position;
    },
  };
}

async function read(readModel: Pick<ReadModel, "get">): Promise<SavedState | undefined> {
  const parts = (await readModel.get(NAME, "parts"))?.value;
  if (typeof parts !== "number") return undefined;
  const rows = await Promise.all(Array.from({ length: parts }, (_, index) => readModel.get(NAME, `part-${index}`)));
  return parsed(rows.map((row) => (typeof row?.value === "string" ? row.value : "")).join(""));
}

/** P6: whatever else stands there now is as good as nothing. */
function parsed(text: string): SavedState | undefined {
  try {
    const saved = JSON.parse(text) as Partial<SavedState> | null;
    const whole = typeof saved?.position === "string" && typeof saved.memories === "object" && saved.memories !== null;
    return whole ? (saved as SavedState) : undefined;
  } catch {
    return undefined; // not JSON: overwritten, or a part is gone
  }
}
