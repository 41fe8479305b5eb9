import { comparePositions, START, type Position, type StoredEvent } from "@grantline/event-store";
import { dropAnchor, findMismatch, forgetAnchor } from "./anchor.ts";
import { createFeed } from "./feed.ts";
import { createLane, type Lane } from "./lane.ts";
import { tableOf } from "./projection.ts";
import { ProjectionsBehind, type Projector, type ProjectorOptions, type ProjectorStatus } from "./projector.port.ts";
import { rebuildProjections } from "./rebuild.ts";
import { SNAPSHOTS_PROJECTION } from "./snapshots.ts";
import { createExclusively } from "./turns.ts";
import { createWaiters } from "./waiters.ts";

const BATCH_SIZE = 1_000;
const PATIENCE_MS = 5_000;
/** How soon what was seen without changing any row is persisted; other processes wait for that in `caughtUp`. */
const PERSIST_AFTER_MS = 100;
const POLL_MS = 5;

/**
 * Folds the store's events into the read model: catches up from each projection's checkpoint, then follows the feed. Nothing before the
 * checkpoint is read (P12), what can't be folded is parked (P11), and a read model that is not of this store is begun anew (P6).
 */
export function createProjector(options: ProjectorOptions): Projector {
  const { store, readModel, log, active = true, batchSize = BATCH_SIZE, patienceMs = PATIENCE_MS } = options;
  const lanes = options.projections.map((projection) => createLane({ projection, readModel, store, log }));
  const exclusively = createExclusively();
  const waiters = createWaiters();
  let persistTimer: NodeJS.Timeout | undefined;
  let rebuilding = false;
  let lastEvent: StoredEvent | undefined;

  const seen = (): Position => lanes.reduce<Position | undefined>((least, lane) => (least === undefined || comparePositions(lane.seen(), least) < 0 ? lane.seen() : least), undefined) ?? START;

  async function load(): Promise<void> {
    const mismatch = await findMismatch(store, readModel, lanes.map((lane) => lane.table));
    if (mismatch !== undefined) {
      log.warn({ mismatch }, "the read model is not of this store: it is made anew");
      for (const projection of [...lanes.map((lane) => lane.table), SNAPSHOTS_PROJECTION]) await readModel.clear(projection);
      await forgetAnchor(readModel);
    }
    for (const lane of lanes) await lane.load();
  }

  async function project(events: readonly StoredEvent[]): Promise<void> {
    if (events.length === 0) return;
    const last = events.reduce((a, b) => (comparePositions(a.position, b.position) >= 0 ? a : b));
    for (const lane of lanes) await lane.apply(events, last.position);
    lastEvent = last;
    waiters.reached(seen());
    persistTimer ??= setTimeout(() => void exclusively(persist).catch(feed.restart), PERSIST_AFTER_MS).unref();
  }

  async function persist(): Promise<void> {
    clearTimeout(persistTimer);
    persistTimer = undefined;
    for (const lane of lanes) await lane.flush();
    if (lastEvent !== undefined) await dropAnchor(readModel, lastEvent);
    lastEvent = undefined;
  }

  // P6: a new version has taken over once it is caught up; the tables of the versions before it go.
  async function dropFormerVersions(): Promise<void> {
    for (const { name, version } of options.projections) {
      for (let former = version - 1; former > 0; former -= 1) {
        const table = tableOf({ name, version: former });
        if ((await readModel.checkpoint(table)) !== undefined) await readModel.clear(table);
      }
    }
  }

  const feed = createFeed({
    store, log, batchSize, seen,
    load: () => exclusively(load),
    project: (events) => exclusively(() => project(events)),
    async caughtUp() {
      await exclusively(persist);
      await exclusively(dropFormerVersions);
      waiters.reached(seen());
    },
  });

  /** For a process that does not project: the checkpoints in the shared read model. */
  async function waitForOthers(target: Position): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!(await reachedBy(lanes, target))) {
      if (performance.now() >= deadline) throw new ProjectionsBehind(`The listings have not reached ${target} within ${patienceMs} ms.`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async function reachedBy(all: readonly Lane[], target: Position): Promise<boolean> {
    for (const lane of all) if (comparePositions((await readModel.checkpoint(lane.table)) ?? START, target) < 0) return false;
    return true;
  }

  return {
    start() {
      if (active) feed.start();
    },
    async caughtUp(position) {
      const target = position ?? (await store.head());
      if (!active) return waitForOthers(target);
      if (comparePositions(seen(), target) < 0) await waiters.wait(target, patienceMs);
    },
    async status() {
      if (!active) for (const lane of lanes) await lane.load();
      const projections = lanes.map((lane) => ({ name: lane.projection.name, version: lane.projection.version, table: lane.table, position: lane.seen(), parked: lane.parked() }));
      return { active, phase: active ? feed.phase() : "inactive", projections, rebuilding } satisfies ProjectorStatus;
    },
    async rebuild(name, onProgress) {
      const projections = options.projections.filter((projection) => name === undefined || projection.name === name);
      if (projections.length === 0) throw new RangeError(`There is no projection ${name}; there are ${options.projections.map((each) => each.name).join(", ")}.`);
      if (rebuilding) throw new Error("A rebuild is running already.");
      rebuilding = true;
      try {
        const onSwitched = async (): Promise<void> => {
          for (const lane of lanes) if (projections.includes(lane.projection)) await lane.load();
        };
        return await rebuildProjections({ store, readModel, log, projections, batchSize, exclusively, onSwitched, ...(onProgress && { onProgress }) });
      } finally {
        rebuilding = false;
      }
    },
    retryParked: () => exclusively(async () => {
      let freed = 0;
      for (const lane of lanes) freed += await lane.retryParked();
      return freed;
    }),
    async stop() {
      await feed.stop();
      if (active && persistTimer !== undefined) await exclusively(persist);
      waiters.reject(new ProjectionsBehind("The projector has been stopped."));
    },
  };
}
