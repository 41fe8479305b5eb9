import { createSqlTreeStore } from "@grantline/audit";
import { takesAway } from "@grantline/domain/revocations";
import type { Config } from "@grantline/config";
import { openRegion, type EventStore, type SealedEvent } from "@grantline/event-store";
import { openPostgresKeys } from "@grantline/keys-postgres";
import { openRedis } from "@grantline/read-model-redis";
import { Pool } from "pg";
import type { Closing } from "./closing.ts";
import { sealsKeptFor, type Storage, type StorageOptions } from "./storage.port.ts";

/** Engines that many processes share: PostgreSQL or EventStoreDB, Redis, and PostgreSQL for the keys. The schema is the migration job's to make. */
export async function openSharedStorage({ config, log, clock, repairs = false }: StorageOptions, { opened }: Closing): Promise<Storage> {
  const { postgresUrl, redisUrls, redisKeySpace = config.server.region } = config.storage;
  const { kek, kekPrevious } = config.keys;
  // checked by the settings' own rules; this is for the compiler
  if (postgresUrl === undefined || kek === undefined) throw new TypeError("GRANTLINE_POSTGRES_URL and GRANTLINE_KEK are needed");
  const onTrouble = (what: string, error?: unknown): void => log.warn({ err: error }, what);
  const keys = opened(
    await openPostgresKeys({
      url: postgresUrl,
      kek,
      ...(kekPrevious === undefined ? {} : { previousKek: kekPrevious }),
      clock,
      sealsKeptFor: sealsKeptFor(config),
      onTrouble,
    }),
  );
  const store = opened(await openStore(config, onTrouble));
  const redis = opened(await openRedis({ urls: redisUrls, keySpace: redisKeySpace, clock, onTrouble }));
  const region = opened(
    await openRegion({
      store,
      log: redis.changeLog,
      states: redis.states,
      takesAway,
      repairs,
      issuedUntil,
      onTrouble,
    }),
  );
  const pool = opened(createTreePool(postgresUrl, onTrouble));
  return {
    tree: () => createSqlTreeStore(pool.query),
    store: region.store,
    readModel: redis.readModel,
    quickReadModel: redis.quickReadModel,
    ephemeral: redis.ephemeral,
    keys,
    ...(region.shared === undefined ? {} : { shared: region.shared }),
    // a promise more would be one for every introspection
    upToDate: () => keys.caughtUp()?.then(region.upToDate) ?? region.upToDate(),
    place: [config.storage.store === "postgres" ? undefined : config.storage.eventstoreUrl, postgresUrl, ...redisUrls]
      .filter((url) => url !== undefined)
      .map(withoutCredentials)
      .join(", "),
    notices: [],
  };
}

/** Each process loads the client of its own engine only. */
async function openStore({ storage }: Config, onTrouble: (what: string, error?: unknown) => void): Promise<EventStore> {
  if (storage.store === "eventstoredb") {
    const { openEventStoreDb } = await import("@grantline/event-store-eventstoredb");
    return openEventStoreDb({ connectionString: storage.eventstoreUrl as string, onTrouble });
  }
  const { openPostgresEventStore } = await import("@grantline/event-store-postgres");
  return openPostgresEventStore({ url: storage.postgresUrl as string, onTrouble });
}

/** Epoch seconds of a token's end, as its event says. Bodies are not parsed: this runs for every token. */
function issuedUntil({ body }: SealedEvent): number {
  return Number(/"exp":(\d{1,12})/.exec(body)?.[1] ?? 0);
}

/** Connections for the tree, made when it is first used: most processes never do. */
function createTreePool(connectionString: string, onTrouble: (what: string, error?: unknown) => void) {
  const pool = new Pool({ connectionString, max: 2, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
  // One that is just being closed when the server stops is nobody's any more, and would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", (error) => onTrouble("a connection of the tree was lost; the next use makes another", error));
  return {
    query: (text: string, values?: unknown[]) => pool.query(text, values) as Promise<{ rows: Record<string, unknown>[] }>,
    close: () => pool.end(),
  };
}

function withoutCredentials(url: string): string {
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}${parsed.pathname === "/" ? "" : parsed.pathname}`;
}
