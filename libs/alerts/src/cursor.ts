import { comparePositions, START, type Position } from "@grantline/event-store";
import { CheckpointMoved, type ReadModel } from "@grantline/read-model";

export type CursorStore = Pick<ReadModel, "checkpoint" | "write">;

/** How far a sink has been told. Lost, it is told again from the beginning given: at least once, and receivers know repetitions by their ids. */
export interface Cursor {
  position(): Position;
  /** Only forwards; a former holder of the lease that still writes does not set its follower back. */
  advance(to: Position): Promise<void>;
}

export async function openCursor(store: CursorStore, name: string, beginning: Position): Promise<Cursor> {
  let kept = await store.checkpoint(name);
  let position = kept === undefined || comparePositions(kept, beginning) < 0 ? beginning : kept;
  return {
    position: () => position,
    async advance(to) {
      if (comparePositions(to, position) <= 0) return;
      try {
        await store.write(name, [], to, kept ?? START);
        kept = to;
      } catch (error) {
        if (!(error instanceof CheckpointMoved)) throw error;
        kept = await store.checkpoint(name);
        if (kept === undefined || comparePositions(kept, to) < 0) {
          await store.write(name, [], to, kept ?? START);
          kept = to;
        }
      }
      position = comparePositions(kept, to) > 0 ? kept : to;
    },
  };
}
