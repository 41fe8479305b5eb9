import type { EventStore, LogVerification, StoredEvent } from "@grantline/event-store";
import { keptInFiles } from "./kept-in-files.ts";
import { keptOnEngines } from "./kept-on-engines.ts";
import { sharedEngines } from "./shared-engines.ts";

/** True where the suite runs on PostgreSQL and Redis (GRANTLINE_TEST_SHAPE=shared). */
export const onSharedEngines: boolean = process.env["GRANTLINE_TEST_SHARED_POSTGRES_URL"] !== undefined;

/** What the server of a data folder keeps, wherever: in the folder's files, or in PostgreSQL and Redis. For looking into, and for doing harm. */
export interface Kept {
  /** The log, for appending beside all that a server does. In the embedded shape no server may run. */
  openStore(): Promise<EventStore>;
  /** Every event, in order of position. */
  events(): Promise<readonly StoredEvent[]>;
  /** The chains of the whole log, recomputed, and its positions. */
  verify(): Promise<LogVerification>;
  /** Loses read models, shared states, the change log and seen identifiers. In the embedded shape no server may run. */
  loseDisposable(): Promise<void>;
  /** Takes the keys away from under a running server. */
  loseKeys(): Promise<void>;
  /** Every row and entry as text, by place; nothing packed or encoded hides from a search in it. */
  texts(): Promise<Readonly<Record<string, string>>>;
  /** Rows of tables the engine has read since it was made, where it counts them itself; to be asked while no server runs. */
  rowsRead(): Promise<number | undefined>;
  /** The very bytes on disk, by file. */
  files(): Promise<readonly (readonly [name: string, bytes: Buffer])[]>;
}

export async function keptBy(dataDir: string): Promise<Kept> {
  const engines = await sharedEngines(dataDir);
  return engines["GRANTLINE_STORE"] === "postgres" ? keptOnEngines(dataDir, engines) : keptInFiles(dataDir);
}
