import type { KeyObject } from "node:crypto";
import type { SubjectKeys } from "@grantline/keys";
import { KeyStoreError, lostSubjectKey, newSubjectKey, openPersonalData, openSubjectKey, sealPersonalData } from "@grantline/keys/wrapping";
import { LRUCache } from "lru-cache";
import type { KekRing } from "./kek-ring.ts";
import type { KeyDatabase } from "./key-database.ts";
import type { Scrubbing } from "./scrubbing.ts";
import { insertWrapped } from "./wrapped-insert.ts";

interface Row {
  readonly kek: string | null;
  readonly wrapped: Uint8Array | null;
}

/**
 * One data key per subject, in one row. The row is looked at for every sealing and opening, one look-up by primary key, so that a key destroyed by any
 * process is unusable in all of them from the next call on; only the unwrapping is spared, for the last 5,000 subjects seen. With the
 * database gone nothing is sealed or opened: an erasure this process has not heard of must not be undone by its memory.
 */
export function createSubjectKeys(
  database: KeyDatabase,
  ring: KekRing,
  scrubbing: Scrubbing,
): Pick<SubjectKeys, "seal" | "open" | "destroy"> {
  const unwrapped = new LRUCache<string, KeyObject>({ max: 5_000 });

  /** Undefined: there never was one. "erased": there will never be one again. */
  async function existing(subject: string): Promise<KeyObject | "erased" | undefined> {
    const [row] = await database.query<Row>("SELECT kek, wrapped FROM grantline_keys.subject_keys WHERE subject = $1", [subject]);
    if (row === undefined || row.kek === null || row.wrapped === null) {
      unwrapped.delete(subject);
      return row && "erased";
    }
    const key = unwrapped.get(subject) ?? openSubjectKey(await ring.find(row.kek), subject, row.wrapped);
    if (!key) throw new KeyStoreError(`the key of subject ${subject} can't be unwrapped: its row was altered`);
    unwrapped.set(subject, key);
    return key;
  }

  async function made(subject: string): Promise<KeyObject | "erased" | undefined> {
    await insertWrapped(database, ring, {
      table: "subject_keys",
      columns: { subject },
      wrap: ({ key }) => newSubjectKey(key, subject),
    });
    return existing(subject);
  }

  return {
    async seal(subject, aad, plain) {
      const key = (await existing(subject)) ?? (await made(subject));
      // Erased: sealed under a key nobody keeps, it stays closed for good. The caller's append then meets the erasure.
      return sealPersonalData(typeof key === "object" ? key : lostSubjectKey(), subject, aad, plain);
    },
    async open(subject, aad, sealed) {
      const key = await existing(subject);
      return typeof key === "object" ? openPersonalData(key, subject, aad, sealed) : undefined;
    },
    async destroy(subject) {
      unwrapped.delete(subject);
      // One statement: the key goes, the row stays as the tombstone, and the part of the table to be written anew is noted.
      const [row] = await database.query<{ part: string }>(
        `WITH erased AS (INSERT INTO grantline_keys.subject_keys (subject) VALUES ($1)
           ON CONFLICT (subject) DO UPDATE SET kek = NULL, wrapped = NULL RETURNING tableoid)
         INSERT INTO grantline_keys.scrubs_due (part, asked)
           SELECT c.relname, nextval('grantline_keys.scrubs') FROM erased JOIN pg_catalog.pg_class c ON c.oid = erased.tableoid
           ON CONFLICT (part) DO UPDATE SET asked = excluded.asked RETURNING part`,
        [subject],
      );
      if (row) await scrubbing.scrub(row.part);
    },
  };
}
