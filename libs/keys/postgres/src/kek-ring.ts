import { type KeyObject, randomBytes } from "node:crypto";
import { fitsKekCheck, kekOf, type KekSource, KeyStoreError, newKekCheck, newKekSalt } from "@grantline/keys/wrapping";
import { KeysUnavailable } from "./errors.ts";
import type { KeyDatabase } from "./key-database.ts";

export interface NamedKek {
  readonly id: string;
  readonly key: KeyObject;
}

/** The key-encryption keys this process was given, by the name the rows know them under. */
export interface KekRing {
  /** What new keys are wrapped under. Throws KeysUnavailable when the rows have moved on to a key this process was not given. */
  active(): NamedKek;
  /** The key a row is wrapped under, looked for in the database when its name is new. Throws KeysUnavailable when it was not given. */
  find(id: string): Promise<KeyObject>;
  /** Learns of keys that have come, and which one is the active one now. */
  reload(): Promise<void>;
}

export interface KekRow {
  readonly id: string;
  readonly salt: Uint8Array | null;
  readonly check_value: Uint8Array;
  readonly active: boolean;
}

/** @throws KeyStoreError when none of the sources is the key this database is wrapped under. */
export async function openKekRing(database: KeyDatabase, sources: readonly KekSource[]): Promise<KekRing> {
  const known = new Map<string, KeyObject>();
  /** Rows never change, so what does not fit never will. A passphrase is dear to try. */
  const strange = new Set<string>();
  let activeId = "";

  async function reload(): Promise<void> {
    const rows = await kekRows(database);
    for (const row of rows) {
      if (known.has(row.id) || strange.has(row.id)) continue;
      const key = await fitting(row, sources);
      if (key) known.set(row.id, key);
      else strange.add(row.id);
    }
    activeId = rows.find(({ active }) => active)?.id ?? "";
  }

  await registerFirst(database, sources[0] ?? {});
  await reload();
  if (!known.has(activeId))
    throw new KeyStoreError("the key-encryption key is not the one the keys in PostgreSQL are wrapped under (GRANTLINE_KEK)");
  return {
    active() {
      const key = known.get(activeId);
      if (!key) throw notGiven();
      return { id: activeId, key };
    },
    async find(id) {
      if (!known.has(id)) await reload();
      const key = known.get(id);
      if (!key) throw notGiven();
      return key;
    },
    reload,
  };
}

/** The key of a row among those given. Undefined when none fits. */
export async function fitting(row: KekRow, sources: readonly KekSource[]): Promise<KeyObject | undefined> {
  for (const source of sources) {
    const { salt } = row;
    // Made from a passphrase or not: the other kind need not be tried.
    if ((salt === null) === (source.key === undefined)) continue;
    const key = await kekOf(source, () => salt ?? Buffer.alloc(0));
    if (fitsKekCheck(key, row.check_value)) return key;
  }
  return undefined;
}

export function kekRows(database: Pick<KeyDatabase, "query">): Promise<readonly KekRow[]> {
  return database.query<KekRow>("SELECT id, salt, check_value, active FROM grantline_keys.kek ORDER BY made_at, id");
}

/** What says which key it is, without holding it. */
export async function newKekRow(source: KekSource): Promise<KekRow & { readonly key: KeyObject }> {
  const salt = source.key === undefined ? newKekSalt() : null;
  const key = await kekOf(source, () => salt ?? Buffer.alloc(0));
  return { id: randomBytes(8).toString("hex"), salt, check_value: newKekCheck(key), active: false, key };
}

/** On an empty database the first process's key is the key; of several at once, one is first. */
async function registerFirst(database: KeyDatabase, source: KekSource): Promise<void> {
  const [found] = await database.query("SELECT FROM grantline_keys.kek LIMIT 1");
  if (found) return;
  const { id, salt, check_value } = await newKekRow(source);
  await database.query("INSERT INTO grantline_keys.kek (id, salt, check_value, active) VALUES ($1, $2, $3, true) ON CONFLICT DO NOTHING", [
    id,
    salt,
    check_value,
  ]);
}

function notGiven(): KeysUnavailable {
  return new KeysUnavailable(
    "a key in PostgreSQL is wrapped under a key-encryption key this process was not given (GRANTLINE_KEK, GRANTLINE_KEK_PREVIOUS)",
  );
}
