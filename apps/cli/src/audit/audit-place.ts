import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFolderTreeStore, createSqlTreeStore, openCheckpointKey, type NoteSigner, type TreeStore } from "@grantline/audit";
import type { Config } from "@grantline/config";
import { segmentsDecider } from "@grantline/domain/segments";
import { createStreamRuntime, type EventStore } from "@grantline/event-store";
import { openKeyFolder, type KekSource, type KeyStore } from "@grantline/keys";
import { openPostgresKeys } from "@grantline/keys-postgres";
import { Pool } from "pg";
import { CommandFailed } from "../failure.ts";
import { openLogOf, type OpenLog } from "../open-log.ts";

/** The log, its tree and its keys, wherever the settings say they are. */
export interface AuditPlace {
  readonly log: OpenLog;
  readonly treeStore: TreeStore;
  readonly clock: { now(): number };
  /** The day stream's repository on a store. */
  segments(store: EventStore): ReturnType<typeof segmentsOn>;
  /** What signs checkpoints and archives. Throws CommandFailed when no server has made it yet. */
  signer(): Promise<NoteSigner>;
  close(): Promise<void>;
}

const clock = { now: () => Math.floor(Date.now() / 1_000) };

export async function openAuditPlace(config: Config): Promise<AuditPlace> {
  const log = await openLogOf(config);
  const { region } = config.server;
  const closing: (() => unknown)[] = [() => log.close()];
  const segments = (store: EventStore) => segmentsOn(store, region);
  return {
    log,
    clock,
    segments,
    treeStore: treeStoreOf(config, closing),
    signer: async () => {
      const repository = segments(log.store);
      if ((await repository.load(region)).state.key === undefined)
        throw new CommandFailed("This log has no checkpoint key yet: the process that signs it has never run.");
      const keys = await openKeys(config);
      closing.push(() => keys.close());
      return openCheckpointKey({ vault: keys.vault, segments: repository, region, origin: "", clock });
    },
    close: async () => {
      for (const close of closing.toReversed()) await close();
    },
  };
}

function segmentsOn(store: EventStore, region: string) {
  return createStreamRuntime({ store, clock, region, service: "cli" }).repository(segmentsDecider);
}

function treeStoreOf(config: Config, closing: (() => unknown)[]): TreeStore {
  const { postgresUrl } = config.storage;
  if (postgresUrl === undefined || config.storage.store === "sqlite") return createFolderTreeStore(join(config.server.dataDir, "audit"));
  const pool = new Pool({ connectionString: postgresUrl, max: 2 });
  // one that is just being closed when the server stops is nobody's any more, and would end the process
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", () => undefined); // an idle connection broke; the next query says so
  closing.push(() => pool.end());
  return createSqlTreeStore((text, values) => pool.query(text, values));
}

async function openKeys(config: Config): Promise<KeyStore> {
  const { postgresUrl, store } = config.storage;
  if (store !== "sqlite" && postgresUrl !== undefined) {
    if (config.keys.kek === undefined) throw new CommandFailed("GRANTLINE_KEK: it takes the key-encryption key to sign.");
    return openPostgresKeys({ url: postgresUrl, kek: config.keys.kek, clock });
  }
  const dir = join(config.server.dataDir, "keys");
  return openKeyFolder({ dir, kek: config.keys.kek ?? developmentKekIn(dir), clock });
}

function developmentKekIn(dir: string): KekSource {
  const file = join(dir, "kek");
  if (!existsSync(file))
    throw new CommandFailed("GRANTLINE_KEK: it takes the key-encryption key to sign, and there is none beside the data.");
  return { key: Buffer.from(readFileSync(file, "utf8").trim(), "base64") };
}
