import type { Snapshot, SnapshotStore } from "@grantline/event-store";
import type { ReadModel } from "./port.ts";

export const SNAPSHOTS_PROJECTION = "snapshots";
const TABLE = "snapshots";

/**
 * Folded states of streams, kept in the read model. The stream runtime checks each against its stream (revision and hash) and against the
 * decider that made it; here a snapshot whose `fold` is not the `expect`ed one is not given out at all.
 */
export function createSnapshots(readModel: ReadModel, options: { readonly expect?: string } = {}): SnapshotStore {
  return {
    async get(stream) {
      const snapshot = (await readModel.get(TABLE, stream))?.value as Snapshot | undefined;
      return snapshot !== undefined && (options.expect === undefined || snapshot.fold === options.expect) ? snapshot : undefined;
    },
    async put(stream, { fold, state, revision, hash }) {
      await readModel.write(SNAPSHOTS_PROJECTION, [
        { kind: "put", table: TABLE, row: { key: stream, revision, value: { fold, state, revision, hash } } },
      ]);
    },
  };
}
