import { comparePositions, type Position } from "@grantline/event-store";
import { createFeed, type Feed } from "./feed.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { CheckpointMoved } from "./port.ts";
import { filterFor } from "./projection.ts";
import { ProjectionsBehind, type Projector, type ProjectorOptions } from "./projector.port.ts";
import { rebuildProjections } from "./rebuild.ts";
import { createExclusively, type Exclusively } from "./turns.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

const BATCH_SIZE = 1_000;
const PATIENCE_MS = 5_000;
/** How soon what was seen without changing any row is persisted; other processes wait for that in `caughtUp`. */
const PERSIST_AFTER_MS = 100;
const POLL_MS = 5;
/** How soon a loss is noticed where nothing is appended and nothing listed; processes that only list wait for it. */
const LOOK_MS = 1_000;
const MOST_READS = 5;

/**
 * Folds the store's events into the read model: catches up from each projection's checkpoint, then follows the feed. Nothing before the
 * checkpoint is read (P12), what can't be folded is parked (P11), and a read model that is not of this store is begun anew (P6).
 */
export function createProjector(options: ProjectorOptions): Projector {
  const { store, log, active = true, patienceMs = PATIENCE_MS } = options;
  const lanes = createLanes(options);
  const exclusively = createExclusively();
  const waiters = createWaiters();
  const feed = followStore(options, lanes, exclusively, waiters);

  /** For a process that projects: what it has written must still be there. */
  async function ownCaughtUp(target: Position): Promise<void> {
    if (await lanes.stand()) {
      if (comparePositions(lanes.seen(), target) < 0) await waiters.wait(target, patienceMs);
      return;
    }
    feed.restart(new CheckpointMoved("rows were lost, or rebuilt by another process"));
    await waitForOthers(lanes, target, patienceMs);
  }
  const caughtUp = (target: Position): Promise<void> => (active ? ownCaughtUp(target) : waitForOthers(lanes, target, patienceMs));
  const holds = async (target: Position): Promise<boolean> => (active ? lanes.stand() : lanes.persistedUpTo(target));

  return {
    start() {
      if (active) feed.start();
    },
    caughtUp: async (position) => caughtUp(position ?? (await store.head())),
    async fresh(read) {
      const target = await store.head();
      for (let reads = 0; reads < MOST_READS; reads++) {
        await caughtUp(target);
        const found = await read();
        if (await holds(target)) return found;
      }
      throw new ProjectionsBehind("The listings were lost each time they were read.");
    },
    async status() {
      if (!active) await lanes.load();
      const projections = lanes.all.map((lane) => ({
        name: lane.projection.name,
        version: lane.projection.version,
        table: lane.table,
        position: lane.seen(),
        parked: lane.parked(),
      }));
      return { active, phase: active ? feed.phase() : "inactive", projections };
    },
    rebuild: createRebuild(options, lanes, exclusively),
    retryParked: () =>
      exclusively(async () => {
        let freed = 0;
        for (const lane of lanes.all) freed += await lane.retryParked();
        return freed;
      }),
    async stop() {
      await feed.stop();
      // Only how far it is; without it the next start reads a few events again.
      if (active)
        await exclusively(lanes.persist).catch((error: unknown) =>
          log.warn({ err: error }, "projections: could not persist how far they are"),
        );
      waiters.reject(new ProjectionsBehind("The projector has been stopped."));
    },
  };
}

/** Drives the lanes by the store's feed. What changed no row is persisted a little later, many events at a time. */
function followStore(
  { store, log, projections, batchSize = BATCH_SIZE }: ProjectorOptions,
  lanes: Lanes,
  exclusively: Exclusively,
  waiters: Waiters,
): Feed {
  let persistTimer: NodeJS.Timeout | undefined;

  async function persist(): Promise<void> {
    clearTimeout(persistTimer);
    persistTimer = undefined;
    await lanes.persist();
  }

  const feed = createFeed({
    store,
    log,
    batchSize,
    seen: lanes.seen,
    load: () => exclusively(lanes.load),
    filter: filterFor(projections),
    project: (events, upTo) =>
      exclusively(async () => {
        await lanes.project(events, upTo);
        waiters.reached(lanes.seen());
        persistTimer ??= setTimeout(() => void exclusively(persist).catch(feed.restart), PERSIST_AFTER_MS).unref();
      }),
    async caughtUp() {
      await exclusively(persist);
      await exclusively(lanes.dropFormerVersions);
      waiters.reached(lanes.seen());
    },
  });
  const look = async (): Promise<void> => {
    // A read model that does not answer says nothing; what is written next meets it too.
    const stands = await lanes.stand().catch(() => true);
    if (!stands) feed.restart(new CheckpointMoved("rows were lost, or rebuilt by another process"));
  };
  let lookTimer: NodeJS.Timeout | undefined;
  return {
    ...feed,
    start() {
      lookTimer ??= setInterval(() => void look(), LOOK_MS).unref();
      feed.start();
    },
    stop() {
      clearInterval(lookTimer);
      return feed.stop().finally(() => clearTimeout(persistTimer));
    },
  };
}

/** For a process that does not project: waits for the checkpoints in the shared read model. */
async function waitForOthers(lanes: Lanes, target: Position, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await lanes.persistedUpTo(target))) {
    if (performance.now() >= deadline) throw new ProjectionsBehind(`The listings have not reached ${target} within ${patienceMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function createRebuild(options: ProjectorOptions, lanes: Lanes, exclusively: Exclusively): Projector["rebuild"] {
  let running = false;
  return async (name, onProgress) => {
    const projections = options.projections.filter((projection) => name === undefined || projection.name === name);
    if (projections.length === 0)
      throw new RangeError(`There is no projection ${name}; there are ${options.projections.map((each) => each.name).join(", ")}.`);
    if (running) throw new Error("A rebuild is running already.");
    running = true;
    const onSwitched = async (): Promise<void> => {
      for (const lane of lanes.all) if (projections.includes(lane.projection)) await lane.load();
    };
    try {
      return await rebuildProjections({
        batchSize: BATCH_SIZE,
        ...options,
        projections,
        exclusively,
        onSwitched,
        ...(onProgress && { onProgress }),
      });
    } finally {
      running = false;
    }
  };
}
