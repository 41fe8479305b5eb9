import type { KeyObject } from "node:crypto";
import type { KeyStore } from "@grantline/keys";
import {
  createAddressSeals,
  createRetryKeys,
  createSeals,
  DAY,
  HOUR,
  type KekSource,
  KeyStoreError,
  loginHashWith,
  newLoginHashKey,
  openLoginHashKey,
} from "@grantline/keys/wrapping";
import { createCatchUp } from "./catch-up.ts";
import { createDailyKeys } from "./daily-keys.ts";
import { type KekRing, openKekRing } from "./kek-ring.ts";
import { type KeyDatabase, type OnTrouble, openKeyDatabase } from "./key-database.ts";
import { checkSchema } from "./schema.ts";
import { createScrubbing } from "./scrubbing.ts";
import { createSigningKeyVault } from "./signing-key-vault.ts";
import { createSubjectKeys } from "./subject-keys.ts";
import { insertWrapped } from "./wrapped-insert.ts";

const REFRESH_MS = 30_000;
const PRUNE_MS = 300_000;

export interface PostgresKeysOptions {
  /** postgres:// URL. */
  readonly url: string;
  readonly kek: KekSource;
  /** Accepted beside `kek` while `rewrapKeys` is under way. */
  readonly previousKek?: KekSource;
  readonly clock: { /** Epoch seconds. */ now(): number };
  /** How long a seal can still be opened after its day has ended, seconds; at least the longest-lived sealed state. Default a day. */
  readonly sealsKeptFor?: number;
  /** How often to look for what other processes have made and destroyed, milliseconds. Default 30 s; more than a minute breaks the promise. */
  readonly refreshEveryMs?: number;
  /** Told of what went wrong beside a call and will be tried again. Default: a process warning. */
  readonly onTrouble?: OnTrouble;
}

export interface PostgresKeys extends KeyStore {
  prune(): Promise<void>;
  refresh(): Promise<void>;
  /** To be awaited before a request: undefined nearly always; a promise where today's keys are not in memory yet, which never fails. */
  caughtUp(): Promise<void> | undefined;
  close(): Promise<void>;
}

/**
 * The keys of a region in PostgreSQL, shared by all its processes. Keys used without waiting are in memory; with the database gone they go on working
 * until their time is over (P7).
 * @throws KeyStoreError for a wrong key-encryption key or a schema the migration job has not made; KeysUnavailable when PostgreSQL does not answer.
 */
export async function openPostgresKeys(options: PostgresKeysOptions): Promise<PostgresKeys> {
  const { onTrouble = warn } = options;
  const database = openKeyDatabase(options.url, onTrouble);
  try {
    await checkSchema(database);
    const sources = [options.kek, ...(options.previousKek === undefined ? [] : [options.previousKek])];
    const ring = await openKekRing(database, sources);
    return await assemble(options, database, ring, await loginHashKey(database, ring), onTrouble);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function assemble(
  { clock, sealsKeptFor = DAY, refreshEveryMs = REFRESH_MS }: PostgresKeysOptions,
  database: KeyDatabase,
  ring: KekRing,
  loginHash: KeyObject,
  onTrouble: OnTrouble,
): Promise<PostgresKeys> {
  const retry = createDailyKeys(database, ring, "retry", HOUR);
  const seal = createDailyKeys(database, ring, "seal", sealsKeptFor);
  // Addresses are personal data: gone after 90 days.
  const address = createDailyKeys(database, ring, "address", 90 * DAY);
  const daily = [retry, seal, address];
  const scrubbing = createScrubbing(database, onTrouble);
  const vault = createSigningKeyVault(database, ring, scrubbing, onTrouble);
  const addresses = createAddressSeals(address);

  const refresh = async () => {
    await ring.reload();
    for (const keys of daily) await keys.load(clock.now());
    await vault.forgetDestroyed();
  };
  const prune = async () => {
    const now = clock.now();
    const due = await Promise.all(daily.map((keys) => keys.due(now)));
    if (due.includes(true)) await scrubbing.ask(["daily_keys"]);
    for (const keys of daily) await keys.prune(now);
    await scrubbing.scrubDue();
  };
  await refresh();
  const duties = [
    repeat(refresh, refreshEveryMs, (error) => onTrouble("the keys in memory could not be compared with PostgreSQL", error)),
    repeat(prune, PRUNE_MS, (error) => onTrouble("keys whose time is over could not be destroyed in PostgreSQL", error)),
  ];
  return {
    vault,
    retryKeys: createRetryKeys(retry, clock),
    seals: createSeals(seal, clock),
    subjectKeys: {
      ...createSubjectKeys(database, ring, scrubbing),
      loginHash: loginHashWith(loginHash),
      sealAddress: addresses.seal,
      openAddress: (sealed) => addresses.open(sealed, clock.now()),
    },
    prune,
    refresh,
    caughtUp: createCatchUp({ ready: () => daily.every((keys) => keys.has(clock.now())), refresh, onTrouble }),
    async close() {
      for (const end of duties) await end();
      await database.close();
    },
  };
}

/** Runs a duty again and again, never twice at once. Returns its end, which waits for a run under way. */
function repeat(duty: () => Promise<void>, everyMs: number, onFailure: (error: unknown) => void): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= duty()
      .catch(onFailure)
      .finally(() => (running = undefined));
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** One key for good, the first process's. */
async function loginHashKey(database: KeyDatabase, ring: KekRing): Promise<KeyObject> {
  const name = "login-hash";
  const find = () =>
    database.query<{ kek: string; wrapped: Uint8Array }>("SELECT kek, wrapped FROM grantline_keys.named_keys WHERE name = $1", [name]);
  let [row] = await find();
  if (!row) {
    await insertWrapped(database, ring, { table: "named_keys", columns: { name }, wrap: ({ key }) => newLoginHashKey(key) });
    [row] = await find();
  }
  const key = row && openLoginHashKey(await ring.find(row.kek), row.wrapped);
  if (!key) throw new KeyStoreError("the login-hash key in PostgreSQL can't be unwrapped: its row was altered");
  return key;
}

function warn(what: string, error: unknown): void {
  process.emitWarning(`${what}: ${error instanceof Error ? error.message : String(error)}`, "PostgresKeysWarning");
}
