import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "@grantline/config";
import { EventStoreUnavailable, verifyLog, type EventStore } from "@grantline/event-store";
import { openPostgresEventStore } from "@grantline/event-store-postgres";
import { DataFolderInUse, openSqliteEventLog, openSqliteEventStore } from "@grantline/event-store-sqlite";
import { CommandFailed } from "./failure.ts";
import { dataFiles } from "./settings.ts";

/** The log of the installation that the settings name, for reading. */
export interface OpenLog {
  readonly store: EventStore;
  /** Recomputes every hash chain; undefined where the store can't be gone through by streams. */
  readonly verify?: () => Promise<object>;
  /** Runs `use` with a store that can be appended to, if there is one: a server that runs alone on a data folder lets nobody else write. */
  withWriter(use: (store: EventStore) => Promise<void>): Promise<"done" | "no-writer">;
  close(): Promise<void>;
}

/** Throws CommandFailed when there is no log, or the store is one this command does not read. */
export async function openLogOf(config: Config): Promise<OpenLog> {
  const { store, postgresUrl } = config.storage;
  if (store === "sqlite") return openFiles(config);
  if (store === "postgres" && postgresUrl !== undefined) return openPostgres(postgresUrl);
  throw new CommandFailed(`GRANTLINE_STORE: the audit commands read sqlite and postgres, not ${store}.`);
}

async function openPostgres(url: string): Promise<OpenLog> {
  const store = await openPostgresEventStore({ url, poolSize: 2 }).catch((error: unknown) => {
    throw error instanceof Error ? new CommandFailed(error.message) : error;
  });
  return {
    store,
    withWriter: async (use) => {
      await use(store);
      return "done";
    },
    close: () => store.close(),
  };
}

function openFiles(config: Config): OpenLog {
  const { events } = dataFiles(config);
  const log = openSqliteEventLog({ file: events });
  return {
    store: log.store,
    verify: async () => {
      const found = verifyLog(log.inStreamOrder());
      return { ...found, first_gap: log.firstGap() ?? "none" };
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
