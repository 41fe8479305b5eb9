import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { flushLog } from "./key-database.ts";
import { unwrap, wrap } from "./wrap.ts";

export const DAILY_SCHEMA = `CREATE TABLE IF NOT EXISTS daily_keys (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, day INTEGER NOT NULL, wrapped BLOB NOT NULL, UNIQUE (kind, day)) STRICT`;

const DAY = 86_400;

export interface DailyKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface DailyKeys {
  /** The key of the day `now` lies in; made by whichever process needs it first. */
  at(now: number): DailyKey;
  /** Undefined when there is no such key or its time is over. */
  find(id: string, now: number): KeyObject | undefined;
  /** Destroys keys whose time is over, in the file too. */
  prune(now: number): void;
}

interface Row {
  readonly id: string;
  readonly day: number;
  readonly wrapped: Uint8Array;
}

/**
 * Keys replaced each day (UTC) and usable for `keepFor` seconds after the day has ended.
 * All processes of the folder see the same ones: an id not known here is looked for in the file.
 */
export function createDailyKeys(database: DatabaseSync, kek: KeyObject, kind: string, keepFor: number): DailyKeys {
  const insert = database.prepare("INSERT OR IGNORE INTO daily_keys (id, kind, day, wrapped) VALUES (?, ?, ?, ?)");
  const byDay = database.prepare("SELECT id, day, wrapped FROM daily_keys WHERE kind = ? AND day = ?");
  const byId = database.prepare("SELECT id, day, wrapped FROM daily_keys WHERE kind = ? AND id = ?");
  const known = new Map<string, { readonly key: KeyObject; readonly day: number }>();
  let current: (DailyKey & { readonly day: number }) | undefined;

  const over = (day: number, now: number) => now >= (day + 1) * DAY + keepFor;
  const aadOf = (id: string) => `grantline daily ${kind} ${id}`;
  const learn = (row: Row | undefined): (DailyKey & { readonly day: number }) | undefined => {
    const bytes = row && unwrap(kek, aadOf(row.id), row.wrapped);
    if (!row || !bytes) return undefined;
    const key = createSecretKey(bytes);
    known.set(row.id, { key, day: row.day });
    return { id: row.id, key, day: row.day };
  };

  return {
    at(now) {
      const day = Math.floor(now / DAY);
      if (current?.day === day) return current;
      const found = learn(byDay.get(kind, day) as Row | undefined);
      if (!found) {
        // The id carries random digits: should a clock go back over a destroyed key, its day gets a new key under a new name.
        const id = `${kind[0]}${day.toString(36)}${randomBytes(5).toString("hex")}`;
        insert.run(id, kind, day, wrap(kek, aadOf(id), randomBytes(32)));
      }
      current = found ?? learn(byDay.get(kind, day) as Row | undefined);
      if (!current) throw new Error(`the ${kind} key of day ${day} can't be unwrapped`);
      return current;
    },
    find(id, now) {
      const entry = known.get(id) ?? learn(/^[a-z0-9]{12,24}$/.test(id) ? (byId.get(kind, id) as Row | undefined) : undefined);
      return entry && !over(entry.day, now) ? entry.key : undefined;
    },
    prune(now) {
      const lastDay = Math.floor((now - keepFor) / DAY) - 1;
      for (const [id, entry] of known) {
        if (entry.day <= lastDay) known.delete(id);
      }
      if (current && current.day <= lastDay) current = undefined;
      const { changes } = database.prepare("DELETE FROM daily_keys WHERE kind = ? AND day <= ?").run(kind, lastDay);
      if (Number(changes) > 0) flushLog(database);
    },
  };
}
