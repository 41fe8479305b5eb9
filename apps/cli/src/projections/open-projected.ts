import { toOAuthSettings, type Config } from "@grantline/config";
import type { EventStore } from "@grantline/event-store";
import { projections, type Projection, type ReadModel } from "@grantline/read-model";
import { openSqliteReadModel } from "@grantline/read-model-sqlite";
import { statusProjection } from "@grantline/validators";
import { openLogOf } from "../open-log.ts";
import { dataFiles } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

/** The log and what is projected from it, wherever the settings say they are. */
export interface Projected {
  readonly store: EventStore;
  readonly readModel: ReadModel;
  /** The projections this installation keeps. */
  readonly kept: readonly Projection[];
  close(): Promise<void>;
}

export async function openProjected(config: Config, terminal: Pick<Terminal, "error">): Promise<Projected> {
  const log = await openLogOf(config);
  try {
    const readModel = await openReadModel(config, terminal);
    return {
      store: log.store,
      readModel,
      kept: toOAuthSettings(config).statusList ? [...projections, statusProjection] : projections,
      close: async () => {
        await readModel.close();
        await log.close();
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function openReadModel(config: Config, { error }: Pick<Terminal, "error">): Promise<ReadModel> {
  const { store, redisUrls, redisKeySpace = config.server.region } = config.storage;
  if (store === "sqlite") return openSqliteReadModel({ file: dataFiles(config).readModel });
  const { openRedis } = await import("@grantline/read-model-redis");
  const redis = await openRedis({ urls: redisUrls, keySpace: redisKeySpace, onTrouble: (what) => error(`Redis: ${what}\n`) });
  return { ...redis.readModel, close: () => redis.close() };
}
