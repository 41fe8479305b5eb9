import type { Config } from "@grantline/config";
import type { EventStore } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { developmentKek, openKeyFolder, type KekSource } from "@grantline/keys";
import type { Clock } from "@grantline/oauth/context";
import type { EphemeralStore, ReadModel } from "@grantline/read-model";
import { openSqliteEphemeralStore, openSqliteReadModel } from "@grantline/read-model-sqlite";
import type { Logger } from "@grantline/telemetry";
import type { Closing } from "./closing.ts";
import type { DataFolder } from "./data-folder.ts";
import type { Role } from "./embedded.ts";

export interface StorageOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly role: Role;
  readonly clock: Clock;
  readonly folder: DataFolder;
}

/** Every file of the data folder, open. */
export interface Storage {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  readonly ephemeral: EphemeralStore;
  readonly keyFolder: Awaited<ReturnType<typeof openKeyFolder>>;
  readonly notices: readonly string[];
}

const DAY = 86_400;

/** SQLite event store, read model and ephemeral store, and the folder of keys. */
export async function openStorage({ config, log, role, clock, folder }: StorageOptions, { opened }: Closing): Promise<Storage> {
  const { source, notices } = kekOf(config, folder);
  const store = opened(
    await openSqliteEventStore({
      file: folder.events,
      onTrouble: (what, error) => log.warn({ err: error }, what),
      ...(role === "primary" ? { listen: folder.writerSocket } : role === "worker" ? { connect: folder.writerSocket } : {}),
    }),
  );
  const readModel = opened(await openSqliteReadModel({ file: folder.readModel }));
  const ephemeral = opened(await openSqliteEphemeralStore({ file: folder.ephemeral, clock }));
  // Session cookies are sealed too.
  const sealsKeptFor = Math.max(DAY, config.tokens.session);
  const keyFolder = opened(await openKeyFolder({ dir: folder.keys, kek: source, clock, sealsKeptFor }));
  return { store, readModel, ephemeral, keyFolder, notices };
}

function kekOf(config: Config, folder: DataFolder): { readonly source: KekSource; readonly notices: readonly string[] } {
  if (config.keys.kek !== undefined) return { source: config.keys.kek, notices: [] };
  const { key, created } = developmentKek(folder.kek);
  return {
    source: { key },
    notices: created ? [`Made a key-encryption key at ${folder.kek}. Fine for development; set GRANTLINE_KEK in production.`] : [],
  };
}
