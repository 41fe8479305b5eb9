import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import {
  type DailyKey,
  type DailyKeys,
  dailyKeyAad,
  dayOf,
  isDailyKeyId,
  isOver,
  lastDayOver,
  newDailyKeyId,
} from "../wrapping/daily-key.ts";
import { unwrap, wrap } from "../wrapping/wrap.ts";
import { flushLog } from "./key-database.ts";

export const DAILY_SCHEMA = `CREATE TABLE IF NOT EXISTS daily_keys (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, day INTEGER NOT NULL, wrapped BLOB NOT NULL, UNIQUE (kind, day)) STRICT`;

/** Made by whichever process needs one first. */
export interface KeptDailyKeys extends DailyKeys {
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
export function createDailyKeys(database: DatabaseSync, kek: KeyObject, kind: string, keepFor: number): KeptDailyKeys {
  const insert = database.prepare("INSERT OR IGNORE INTO daily_keys (id, kind, day, wrapped) VALUES (?, ?, ?, ?)");
  const byDay = database.prepare("SELECT id, day, wrapped FROM daily_keys WHERE kind = ? AND day = ?");
  const byId = database.prepare("SELECT id, day, wrapped FROM daily_keys WHERE kind = ? AND id = ?");
  const known = new Map<string, { readonly key: KeyObject; readonly day: number }>();
  let current: (DailyKey & { readonly day: number }) | undefined;

  const aadOf = (id: string) => dailyKeyAad(kind, id);
  const learn = (row: Row | undefined): (DailyKey & { readonly day: number }) | undefined => {
    const bytes = row && unwrap(kek, aadOf(row.id), row.wrapped);
    if (!row || !bytes) return undefined;
    const key = createSecretKey(bytes);
    known.set(row.id, { key, day: row.day });
    return { id: row.id, key, day: row.day };
  };

  return {
    at(now) {
      const day = dayOf(now);
      if (current?.day === day) return current;
      const found = learn(byDay.get(kind, day) as Row | undefined);
      if (!found) {
        const id = newDailyKeyId(kind, day);
        insert.run(id, kind, day, wrap(kek, aadOf(id), randomBytes(32)));
      }
      current = found ?? learn(byDay.get(kind, day) as Row | undefined);
      if (!current) throw new Error(`the ${kind} key of day ${day} can't be unwrapped`);
      return current;
    },
    find(id, now) {
      const entry = known.get(id) ?? learn(isDailyKeyId(id) ? (byId.get(kind, id) as Row | undefined) : undefined);
      return entry && !isOver(entry.day, keepFor, now) ? entry.key : undefined;
    },
    prune(now) {
      const lastDay = lastDayOver(keepFor, now);
      for (const [id, entry] of known) {
        if (entry.day <= lastDay) known.delete(id);
      }
      if (current && current.day <= lastDay) current = undefined;
      const { changes } = database.prepare("DELETE FROM daily_keys WHERE kind = ? AND day <= ?").run(kind, lastDay);
      if (Number(changes) > 0) flushLog(database);
    },
  };
}
