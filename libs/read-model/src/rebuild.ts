import { setImmediate as nextTurn } from "node:timers/promises";
import { comparePositions, START, type EventStore, type Position, type StoredEvent } from "@grantline/event-store";
import { createLane, type Lane, type LaneSources } from "./lane.ts";
import type { ReadModel } from "./port.ts";
import { toBatch, type Projection } from "./projection.ts";
import type { ProjectorLog, RebuildProgress } from "./projector.port.ts";
import type { Exclusively } from "./turns.ts";

const SUFFIX = "~rebuild";

export interface RebuildSources {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly log: ProjectorLog;
  readonly projections: readonly Projection[];
  readonly batchSize: number;
  readonly exclusively: Exclusively;
  /** Called, exclusively, when the new sets have taken over. */
  readonly onSwitched: () => Promise<void>;
  readonly onProgress?: (progress: RebuildProgress) => void;
}

/** Reads the log once for all projections given, into sets beside those in use, then switches them (blue-green). */
export async function rebuildProjections(sources: RebuildSources): Promise<RebuildProgress> {
  const lanes = sources.projections.map((projection) => createLane({ ...sources, projection, suffix: SUFFIX } satisfies LaneSources));
  for (const lane of lanes) {
    await sources.readModel.clear(lane.table);
    await lane.load();
  }
  const meter = startMeter();
  const build = async (): Promise<void> => {
    for await (const [events, upTo] of batches(sources.store, meter.position(), sources.batchSize)) {
      const batch = toBatch(events);
      for (const lane of lanes) await lane.apply(batch, upTo);
      meter.add(events.length, upTo);
      sources.onProgress?.(meter.progress());
      await nextTurn();
    }
  };
  await build();
  await sources.exclusively(async () => {
    // Nothing is projected meanwhile, so after this the new sets are at least as far as the old ones.
    await build();
    for (const lane of lanes) await takeOver(sources.readModel, lane);
    await sources.onSwitched();
  });
  return meter.progress();
}

async function takeOver(readModel: ReadModel, lane: Lane): Promise<void> {
  await lane.flush();
  await readModel.promote(lane.table.slice(0, -SUFFIX.length), SUFFIX);
}

/** The log from after `from` to its end at the time, with the position each batch reaches. The next batch is read while this one is folded. */
export async function* batches(
  store: EventStore,
  from: Position,
  size: number,
): AsyncGenerator<readonly [readonly StoredEvent[], Position]> {
  let next = store.readAll(from, size);
  for (;;) {
    const events = await next;
    const last = events.at(-1);
    if (last === undefined) return;
    next = store.readAll(last.position, size);
    // Awaited in the next round; should the consumer stop before, its failure is nobody's.
    next.catch(() => undefined);
    yield [events, last.position];
  }
}

function startMeter(): { position(): Position; add(events: number, position: Position): void; progress(): RebuildProgress } {
  const startedMs = performance.now();
  let events = 0;
  let position: Position = START;
  return {
    position: () => position,
    add(count, upTo) {
      events += count;
      if (comparePositions(upTo, position) > 0) position = upTo;
    },
    progress() {
      const seconds = (performance.now() - startedMs) / 1_000;
      return { events, position, seconds, eventsPerSecond: seconds === 0 ? 0 : Math.round(events / seconds) };
    },
  };
}
