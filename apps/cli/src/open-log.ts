import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "@grantline/config";
import { createLogVerifier, EventStoreUnavailable, verifyLog, type EventStore, type Position } from "@grantline/event-store";
import { openPostgresEventLog, openPostgresEventStore } from "@grantline/event-store-postgres";
import { DataFolderInUse, openSqliteEventLog, openSqliteEventStore } from "@grantline/event-store-sqlite";
import { CommandFailed } from "./failure.ts";
import { dataFiles } from "./settings.ts";

/** The log of the installation that the settings name, for reading. */
export interface OpenLog {
  readonly store: EventStore;
  /** Recomputes every hash chain; positions up to `floor` may be missing, days were dropped there. Undefined where the store can't be gone through by streams. */
  readonly verify?: (floor: Position) => Promise<object>;
  /** Runs `use` with a store that can be appended to, if there is one: a server that runs alone on a data folder lets nobody else write. */
  withWriter(use: (store: EventStore) => Promise<void>): Promise<"done" | "no-writer">;
  close(): Promise<void>;
}

/** Throws CommandFailed when the log can't be opened. */
export async function openLogOf(config: Config): Promise<OpenLog> {
  const { store, postgresUrl, eventstoreUrl } = config.storage;
  if (store === "postgres" && postgresUrl !== undefined) return openPostgres(postgresUrl);
  if (store === "eventstoredb" && eventstoreUrl !== undefined) {
    // Loaded where it is used: its client brings a native part of its own
    const { openEventStoreDb } = await import("@grantline/event-store-eventstoredb");
    return sharedLog(await opened(openEventStoreDb({ connectionString: eventstoreUrl })));
  }
  return openFiles(config);
}

async function openPostgres(url: string): Promise<OpenLog> {
  return { ...sharedLog(await opened(openPostgresEventStore({ url, poolSize: 2 }))), verify: (floor) => verifyPostgres(url, floor) };
}

/** Any process may write to it. */
function sharedLog(store: EventStore): OpenLog {
  return {
    store,
    withWriter: async (use) => {
      await use(store);
      return "done";
    },
    close: () => store.close(),
  };
}

async function opened(store: Promise<EventStore>): Promise<EventStore> {
  try {
    return await store;
  } catch (error) {
    throw error instanceof Error ? new CommandFailed(error.message) : error;
  }
}

async function verifyPostgres(url: string, floor: Position): Promise<object> {
  const log = await openPostgresEventLog({ url });
  try {
    const verifier = createLogVerifier();
    for await (const entry of log.inStreamOrder()) verifier.take(entry);
    return { ...verifier.result(), first_gap: (await log.firstGap(floor)) ?? "none" };
  } finally {
    await log.close();
  }
}

function openFiles(config: Config): OpenLog {
  const { events } = dataFiles(config);
  const log = openSqliteEventLog({ file: events });
  return {
    store: log.store,
    verify: async (floor) => {
      const found = verifyLog(log.inStreamOrder());
      return { ...found, first_gap: log.firstGap(floor) ?? "none" };
    },
    withWriter: (use) => withFileWriter(events, join(config.server.dataDir, "writer.sock"), use),
    close: () => log.store.close(),
  };
}

/** The file's one writer: ours while no server runs, else the server's, if it lets other processes in. */
async function withFileWriter(file: string, socket: string, use: (store: EventStore) => Promise<void>): Promise<"done" | "no-writer"> {
  const writer = await openSqliteEventStore({ file }).catch(async (error: unknown) => {
    if (!(error instanceof DataFolderInUse)) throw error;
    return existsSync(socket) ? openSqliteEventStore({ file, connect: socket }) : undefined;
  });
  if (writer === undefined) return "no-writer";
  try {
    await use(writer);
    return "done";
  } catch (error) {
    if (error instanceof EventStoreUnavailable) return "no-writer";
    throw error;
  } finally {
    await writer.close();
  }
}
