import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import {
  type DailyKeys,
  dailyKeyAad,
  dayOf,
  isOver,
  KeyStoreError,
  lastDayOver,
  newDailyKeyId,
  unwrap,
  wrap,
} from "@grantline/keys/wrapping";
import { KeysUnavailable } from "./errors.ts";
import type { KekRing } from "./kek-ring.ts";
import type { KeyDatabase } from "./key-database.ts";
import { insertWrapped } from "./wrapped-insert.ts";

export interface SharedDailyKeys extends DailyKeys {
  /** Is there a key in memory for the day `now` lies in? */
  has(now: number): boolean;
  /** Makes today's and tomorrow's key unless another process has, and takes in what is there now: what is gone there is gone here. */
  load(now: number): Promise<void>;
  /** Are there keys whose time is over? */
  due(now: number): Promise<boolean>;
  /** Destroys them, for everybody. */
  prune(now: number): Promise<void>;
}

interface Row {
  readonly id: string;
  readonly day: number;
  readonly kek: string;
  readonly wrapped: Uint8Array;
}

interface Entry {
  readonly id: string;
  readonly day: number;
  readonly key: KeyObject;
}

/**
 * Keys replaced each day (UTC) and usable for `keepFor` seconds after the day has ended. Used without waiting, so they are made a day ahead and kept in
 * memory: by midnight every process of the region has long had the new one.
 */
export function createDailyKeys(database: KeyDatabase, ring: KekRing, kind: string, keepFor: number): SharedDailyKeys {
  let known: ReadonlyMap<string, Entry> = new Map();
  let current: Entry | undefined;

  function take(entries: Iterable<Entry>): void {
    known = new Map([...entries].map((entry) => [entry.id, entry]));
    current = undefined;
  }
  function today(now: number): Entry | undefined {
    const day = dayOf(now);
    if (current?.day !== day) current = [...known.values()].find((entry) => entry.day === day);
    return current;
  }
  const rows = (now: number) =>
    database.query<Row>("SELECT id, day, kek, wrapped FROM grantline_keys.daily_keys WHERE kind = $1 AND day > $2", [
      kind,
      lastDayOver(keepFor, now),
    ]);
  async function make(day: number): Promise<void> {
    const id = newDailyKeyId(kind, day);
    // The first process's stays; this one takes it over below.
    await insertWrapped(database, ring, {
      table: "daily_keys",
      columns: { id, kind, day },
      wrap: ({ key }) => wrap(key, dailyKeyAad(kind, id), randomBytes(32)),
    });
  }
  async function opened({ id, day, kek, wrapped }: Row): Promise<Entry> {
    const bytes = unwrap(await ring.find(kek), dailyKeyAad(kind, id), wrapped);
    if (!bytes) throw new KeyStoreError(`the ${kind} key ${id} in PostgreSQL can't be unwrapped: its row was altered`);
    return { id, day, key: createSecretKey(bytes) };
  }

  return {
    has: (now) => today(now) !== undefined,
    at(now) {
      const entry = today(now);
      if (entry !== undefined) return entry;
      throw new KeysUnavailable(`no ${kind} key for today: PostgreSQL has not been reached since before yesterday's midnight`);
    },
    find(id, now) {
      const entry = known.get(id);
      return entry && !isOver(entry.day, keepFor, now) ? entry.key : undefined;
    },
    async load(now) {
      const today = dayOf(now);
      let found = await rows(now);
      const missing = [today, today + 1].filter((day) => !found.some((row) => row.day === day));
      for (const day of missing) await make(day);
      if (missing.length > 0) found = await rows(now);
      take(await Promise.all(found.map(async (row) => known.get(row.id) ?? opened(row))));
    },
    async due(now) {
      const [row] = await database.query("SELECT FROM grantline_keys.daily_keys WHERE kind = $1 AND day <= $2 LIMIT 1", [
        kind,
        lastDayOver(keepFor, now),
      ]);
      return row !== undefined;
    },
    async prune(now) {
      const lastDay = lastDayOver(keepFor, now);
      take([...known.values()].filter(({ day }) => day > lastDay));
      await database.query("DELETE FROM grantline_keys.daily_keys WHERE kind = $1 AND day <= $2", [kind, lastDay]);
    },
  };
}
