import { type KeyObject, randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { fitsKekCheck, kekOf, type KekSource, newKekCheck, newKekSalt } from "@grantline/keys/wrapping";
import { SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import { FILE_STORE, inTransaction, translated } from "./secrets-database.ts";

interface KekRow {
  readonly id: string;
  readonly salt: Uint8Array | null;
  readonly check_value: Uint8Array;
  readonly active: number;
}

/** The key-encryption keys this process was given, by the id the rows know them under. */
export interface KekRing {
  /** Ids and keys as of now: the file is asked, because another process may have rotated. */
  current(): Promise<CurrentKek>;
  /** The key of a row. Undefined when it was not given. */
  find(id: string): Promise<KeyObject | undefined>;
}

export interface CurrentKek {
  readonly id: string;
  readonly key: KeyObject;
}

/** @throws SecretUnreadable when none of the sources is a key of this file. */
export async function openKekRing(database: DatabaseSync, sources: readonly KekSource[]): Promise<KekRing> {
  const known = new Map<string, KeyObject>();
  /** Rows never change, so what does not fit never will; a passphrase is dear to try. */
  const strange = new Set<string>();

  async function reload(): Promise<readonly KekRow[]> {
    const rows = kekRows(database);
    for (const row of rows) {
      if (known.has(row.id) || strange.has(row.id)) continue;
      const key = await fitting(row, sources);
      if (key) known.set(row.id, key);
      else strange.add(row.id);
    }
    return rows;
  }

  async function current(): Promise<CurrentKek> {
    const active = translated(() => kekRows(database)).find((row) => row.active === 1);
    if (active !== undefined && !known.has(active.id)) await reload();
    const key = active && known.get(active.id);
    if (!key) throw new SecretStoreUnavailable(FILE_STORE, "its key-encryption key was not given (GRANTLINE_KEK, GRANTLINE_KEK_PREVIOUS)");
    return { id: active.id, key };
  }

  await registerFirst(database, sources[0]);
  const rows = await reload();
  const active = rows.find((row) => row.active === 1);
  if (active === undefined || !known.has(active.id))
    throw new SecretUnreadable(FILE_STORE, "the key-encryption key is not the one the secrets are encrypted under (GRANTLINE_KEK)");
  return {
    current,
    async find(id) {
      if (!known.has(id)) await reload();
      return known.get(id);
    },
  };
}

export function kekRows(database: DatabaseSync): readonly KekRow[] {
  return database.prepare("SELECT id, salt, check_value, active FROM kek ORDER BY id").all() as unknown as readonly KekRow[];
}

/** The key of a row among those given. Undefined when none fits. */
export async function fitting({ salt, check_value }: KekRow, sources: readonly KekSource[]): Promise<KeyObject | undefined> {
  for (const source of sources) {
    // Made from a passphrase or not: the other kind need not be tried.
    if ((salt === null) === (source.key === undefined)) continue;
    const key = await kekOf(source, () => salt ?? Buffer.alloc(0));
    if (fitsKekCheck(key, check_value)) return key;
  }
  return undefined;
}

/** A row that says which key it is without holding it, not yet active. */
export async function addKek(database: DatabaseSync, source: KekSource): Promise<CurrentKek> {
  const salt = source.key === undefined ? newKekSalt() : null;
  const key = await kekOf(source, () => salt ?? Buffer.alloc(0));
  const id = randomBytes(8).toString("hex");
  database.prepare("INSERT INTO kek (id, salt, check_value, active) VALUES (?, ?, ?, 0)").run(id, salt, newKekCheck(key));
  return { id, key };
}

/** In a new file the first process's key is the key; of several at once, one is first. */
async function registerFirst(database: DatabaseSync, source: KekSource | undefined): Promise<void> {
  if (source === undefined || kekRows(database).length > 0) return;
  const { id } = await addKek(database, source);
  inTransaction(database, () => {
    const others = kekRows(database).some((row) => row.active === 1);
    if (others) database.prepare("DELETE FROM kek WHERE id = ?").run(id);
    else database.prepare("UPDATE kek SET active = 1 WHERE id = ?").run(id);
  });
}
