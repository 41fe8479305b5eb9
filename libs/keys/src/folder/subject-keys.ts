import type { KeyObject } from "node:crypto";
import { open } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import type { SubjectKeys } from "../port.ts";
import { lostSubjectKey, newSubjectKey, openPersonalData, openSubjectKey, sealPersonalData } from "../wrapping/personal-data.ts";
import { flushLog } from "./key-database.ts";

/**
 * Keys are only ever added at the end of their table, so SQLite never copies one into another page while making room;
 * `destroyed` names erased subjects (random ids, in the log too), so that nothing is sealed for them again.
 */
export const SUBJECT_SCHEMA = `
  CREATE TABLE IF NOT EXISTS subject_keys (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS destroyed (subject TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`;

export interface SubjectKeyOptions {
  readonly database: DatabaseSync;
  readonly file: string;
  readonly kek: KeyObject;
}

type PersonalData = Pick<SubjectKeys, "seal" | "open" | "destroy">;

/** One data key per subject, wrapped under the key-encryption key. Unwrapped ones are kept for the last 5,000 subjects seen. */
export function createSubjectKeys({ database, file, kek }: SubjectKeyOptions): PersonalData {
  const find = database.prepare("SELECT wrapped FROM subject_keys WHERE subject = ?");
  const insert = database.prepare(
    "INSERT INTO subject_keys (subject, wrapped) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM destroyed WHERE subject = ?) ON CONFLICT DO NOTHING",
  );
  const unwrapped = new LRUCache<string, KeyObject>({ max: 5_000 });

  /** Another process may have destroyed the key, so the row is looked at every time; only the unwrapping is spared. */
  function existing(subject: string): KeyObject | undefined {
    const row = find.get(subject) as { wrapped: Uint8Array } | undefined;
    if (!row) {
      unwrapped.delete(subject);
      return undefined;
    }
    const key = unwrapped.get(subject) ?? openSubjectKey(kek, subject, row.wrapped);
    if (!key) throw new Error(`the key of subject ${subject} can't be unwrapped: its row was altered`);
    unwrapped.set(subject, key);
    return key;
  }

  function made(subject: string): KeyObject {
    insert.run(subject, newSubjectKey(kek, subject), subject);
    // Erased meanwhile: sealed under a key nobody keeps, it stays closed for good. The caller's append then meets the erasure.
    return existing(subject) ?? lostSubjectKey();
  }

  return {
    async seal(subject, aad, plain) {
      return sealPersonalData(existing(subject) ?? made(subject), subject, aad, plain);
    },
    async open(subject, aad, sealed) {
      const key = existing(subject);
      return key && openPersonalData(key, subject, aad, sealed);
    },
    async destroy(subject) {
      const row = find.get(subject) as { wrapped: Uint8Array } | undefined;
      unwrapped.delete(subject);
      database.prepare("INSERT OR IGNORE INTO destroyed (subject) VALUES (?)").run(subject);
      database.prepare("DELETE FROM subject_keys WHERE subject = ?").run(subject);
      await flushed(database);
      if (row && (await containsBytes(file, Buffer.from(row.wrapped)))) await rewrite(database);
    },
  };
}

/** Erasure is proven, not assumed: should a page still hold the wrapped key, the file is written anew. */
async function rewrite(database: DatabaseSync): Promise<void> {
  database.exec("VACUUM");
  await flushed(database);
}

/** Erasure is done when the log holds nothing any more; a reader in another process holds that up for milliseconds. */
async function flushed(database: DatabaseSync): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (flushLog(database)) return;
    await setTimeout(25);
  }
  throw new Error(
    "a subject's key is deleted but its bytes can't be overwritten yet: another process keeps subject-keys.db busy; destroy it again",
  );
}

/** Is a run of bytes anywhere in the file? Read in pieces, so that a big file blocks nobody. */
export async function containsBytes(file: string, wanted: Buffer): Promise<boolean> {
  const handle = await open(file, "r");
  try {
    let kept = Buffer.alloc(0);
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
      const piece = Buffer.concat([kept, chunk]);
      if (piece.includes(wanted)) return true;
      kept = piece.subarray(Math.max(0, piece.length - wanted.length + 1));
    }
    return false;
  } finally {
    await handle.close();
  }
}
