import { createFolderTreeStore } from "@grantline/audit";
import type { Config } from "@grantline/config";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { developmentKek, openKeyFolder, type KekSource } from "@grantline/keys";
import { openSqliteEphemeralStore, openSqliteReadModel } from "@grantline/read-model-sqlite";
import type { Closing } from "./closing.ts";
import { openDataFolder, type DataFolder } from "./data-folder.ts";
import { sealsKeptFor, type Storage, type StorageOptions } from "./storage.port.ts";

/** Every file of the data folder: SQLite event store, read model and ephemeral store, and the folder of keys. */
export async function openEmbeddedStorage({ config, log, role, clock }: StorageOptions, { opened }: Closing): Promise<Storage> {
  const folder = openDataFolder(config.server.dataDir);
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
  const keys = opened(await openKeyFolder({ dir: folder.keys, kek: source, clock, sealsKeptFor: sealsKeptFor(config) }));
  return { store, readModel, ephemeral, keys, tree: () => createFolderTreeStore(folder.tree), place: folder.path, notices };
}

function kekOf(config: Config, folder: DataFolder): { readonly source: KekSource; readonly notices: readonly string[] } {
  if (config.keys.kek !== undefined) return { source: config.keys.kek, notices: [] };
  const { key, created } = developmentKek(folder.kek);
  return {
    source: { key },
    notices: created ? [`Made a key-encryption key at ${folder.kek}. Fine for development; set GRANTLINE_KEK in production.`] : [],
  };
}
