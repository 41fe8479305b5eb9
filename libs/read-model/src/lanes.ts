import { comparePositions, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import { dropAnchor, findMismatch, forgetAnchor } from "./anchor.ts";
import { createLane, type Lane } from "./lane.ts";
import type { ReadModel } from "./port.ts";
import { tableOf, toBatch, type Projection } from "./projection.ts";
import type { ProjectorLog } from "./projector.port.ts";
import { SNAPSHOTS_PROJECTION } from "./snapshots.ts";

export interface LanesSources {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly projections: readonly Projection[];
  readonly log: ProjectorLog;
}

/** All projections of one projector. Not reentrant: the caller runs one call at a time. */
export interface Lanes {
  readonly all: readonly Lane[];
  /** What every projection has seen. */
  seen(): Position;
  load(): Promise<void>;
  /** Folds what is for a projection; everything up to `upTo` has then been seen. */
  project(events: readonly StoredEvent[], upTo: Position): Promise<void>;
  persist(): Promise<void>;
  dropFormerVersions(): Promise<void>;
  /** Is everything still there that these lanes have written? */
  stand(): Promise<boolean>;
  /** Do the persisted checkpoints, whoever wrote them, stand at `target` or beyond? */
  persistedUpTo(target: Position): Promise<boolean>;
}

export function createLanes({ store, readModel, projections, log }: LanesSources): Lanes {
  const all = projections.map((projection) => createLane({ projection, readModel, store, log }));
  let lastEvent: StoredEvent | undefined;
  const checkpoints = (): Promise<Position[]> => Promise.all(all.map(async (lane) => (await readModel.checkpoint(lane.table)) ?? START));

  // P6: what was made from another store, or from events that a restored backup does not have, is not repaired but made anew.
  async function discardForeign(): Promise<void> {
    const mismatch = await findMismatch(
      store,
      readModel,
      all.map((lane) => lane.table),
    );
    if (mismatch === undefined) return;
    log.warn({ mismatch }, "the read model is not of this store: it is made anew");
    for (const projection of [...all.map((lane) => lane.table), SNAPSHOTS_PROJECTION]) await readModel.clear(projection);
    await forgetAnchor(readModel);
  }

  return {
    all,
    seen: () =>
      all
        .map((lane) => lane.seen())
        .reduce<Position | undefined>(
          (least, seen) => (least === undefined || comparePositions(seen, least) < 0 ? seen : least),
          undefined,
        ) ?? START,
    async load() {
      await discardForeign();
      for (const lane of all) await lane.load();
    },
    async project(events, upTo) {
      const batch = toBatch(events);
      for (const lane of all) await lane.apply(batch, upTo);
      lastEvent = events.at(-1) ?? lastEvent;
    },
    async persist() {
      for (const lane of all) await lane.flush();
      if (lastEvent !== undefined) await dropAnchor(readModel, lastEvent);
      lastEvent = undefined;
    },
    // A new version has taken over once it is caught up; the tables of the versions before it go.
    async dropFormerVersions() {
      for (const { name, version } of projections) {
        for (let former = version - 1; former > 0; former -= 1) {
          const table = tableOf({ name, version: former });
          if ((await readModel.checkpoint(table)) !== undefined) await readModel.clear(table);
        }
      }
    },
    async stand() {
      // First what was written: while the read model is asked more may be.
      const written = all.map((lane) => lane.written());
      const found = await checkpoints();
      return found.every((position, n) => comparePositions(position, written[n] as Position) >= 0);
    },
    persistedUpTo: async (target) => (await checkpoints()).every((position) => comparePositions(position, target) >= 0),
  };
}
