import type { ChangeLog, SharedStates } from "@grantline/event-store";
import type { EphemeralStore, ReadModel } from "@grantline/read-model";
import { createCaller } from "./caller.ts";
import { createChangeLog } from "./change-log.ts";
import { createEphemeralStore } from "./ephemeral-store.ts";
import { watchIncarnation } from "./incarnation.ts";
import { createKeySpace } from "./key-space.ts";
import { openLink, type Trouble } from "./link.ts";
import { createReadModel } from "./redis-read-model.ts";
import { createSharedStates } from "./shared-states.ts";

export interface RedisOptions {
  /** `redis://` or `rediss://` addresses. Several mean a cluster; a single one may be of a cluster too. */
  readonly urls: readonly string[];
  /** Told of what was met and is being dealt with: a lost connection. For the log. */
  readonly onTrouble?: Trouble;
  /** Tells platforms apart that share one Redis. Take another one after the event store was restored from a backup. */
  readonly keySpace?: string;
  /** After so long a call of change log, states or ephemeral store fails, milliseconds. Default 250. */
  readonly commandTimeoutMs?: number;
  /** Epoch seconds, for expiry. */
  readonly clock?: { now(): number };
  /** How long opening waits for the first connection, milliseconds. Default 2,000; after that it goes on without, and connects when it can. */
  readonly patienceMs?: number;
}

/** What one process uses of Redis. All of it is disposable (P6); every failure is a RedisUnavailable. */
export interface RedisHandle {
  readonly readModel: ReadModel;
  /** The same rows, for requests that can go on without an answer (snapshots): where Redis hangs it fails as soon as change log and states do, not after a batch's patience. */
  readonly quickReadModel: ReadModel;
  readonly ephemeral: EphemeralStore;
  /** Has one place in the log: for one region. */
  readonly changeLog: ChangeLog;
  readonly states: SharedStates;
  /** Is it connected, as far as is known? For health and metrics. */
  connected(): boolean;
  close(): Promise<void>;
}

const COMMAND_TIMEOUT_MS = 250;
/** Projections write in batches and nobody's request waits for them. */
const BULK_TIMEOUT_MS = 10_000;
const PATIENCE_MS = 2_000;

/**
 * Opens the connections of this process: one for what requests wait for, one for read models, whose large batches would hold the others up. Does not fail when Redis is
 * not there (P7).
 */
export async function openRedis(options: RedisOptions): Promise<RedisHandle> {
  const { urls, onTrouble = () => undefined, clock = { now: () => Math.floor(Date.now() / 1_000) } } = options;
  const keySpace = createKeySpace(options.keySpace);
  const [quick, bulk] = [openLink(urls, onTrouble), openLink(urls, onTrouble)];
  const incarnation = watchIncarnation(quick);
  const quickly = (): ReturnType<typeof createCaller> => createCaller(quick, options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS);
  const readModelBy = (caller: ReturnType<typeof createCaller>): ReadModel => createReadModel({ caller, keySpace, clock, onTrouble });
  const [readModel, quickReadModel] = [readModelBy(createCaller(bulk, BULK_TIMEOUT_MS)), readModelBy(quickly())];
  await Promise.all([incarnation.known(options.patienceMs ?? PATIENCE_MS), bulk.ready(options.patienceMs ?? PATIENCE_MS)]);
  return {
    readModel,
    quickReadModel,
    ephemeral: createEphemeralStore({ caller: quickly(), keySpace, clock, clustered: quick.clustered }),
    changeLog: createChangeLog(quickly(), keySpace),
    states: createSharedStates({ caller: quickly(), keySpace, incarnation, clock }),
    connected: () => quick.masters().length > 0,
    async close() {
      await Promise.all([readModel.close(), quickReadModel.close()]);
      incarnation.close();
      quick.close();
      bulk.close();
    },
  };
}
