import type { KeyObject } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { KekSource } from "@grantline/keys/wrapping";
import { SecretUnreadable } from "../errors.ts";
import { rewrapDataKey } from "./envelope.ts";
import { addKek, type CurrentKek, fitting, kekRows } from "./kek-ring.ts";
import { FILE_STORE, inTransaction, openSecretsDatabase, type SecretRow, translated } from "./secrets-database.ts";

export interface RewrapSecretsOptions {
  readonly dir: string;
  /** The key-encryption key in use so far. */
  readonly from: KekSource;
  /** The one to use from now on. */
  readonly to: KekSource;
  /** Rows in one transaction. Default 100. */
  readonly batch?: number;
  readonly onProgress?: (progress: { readonly rewrapped: number }) => void;
}

/**
 * Re-wraps every data key under a new key-encryption key while other processes read and write: they must have been given both keys before. New secrets are
 * written under the new key from its first moment; interrupted, it is run again and finishes; at the end the former key opens nothing any more.
 * @throws SecretUnreadable when `from` is not the key in use, both are the same, or a row can't be unwrapped.
 */
export async function rewrapSecrets(options: RewrapSecretsOptions): Promise<{ readonly rewrapped: number }> {
  const database = openSecretsDatabase(options.dir);
  try {
    const { target, former } = await keysOf(database, options);
    translated(() => activate(database, target.id));
    let rewrapped = 0;
    for (;;) {
      const count = translated(() => inTransaction(database, () => rewrapBatch(database, target, former, options.batch ?? 100)));
      if (count === 0) break;
      rewrapped += count;
      options.onProgress?.({ rewrapped });
      // others get their turn between two batches
      await new Promise((resolve) => setImmediate(resolve));
    }
    translated(() => forget(database, [...former.keys()]));
    return { rewrapped };
  } finally {
    database.close();
  }
}

async function keysOf(database: DatabaseSync, { from, to }: RewrapSecretsOptions) {
  const former = new Map<string, KeyObject>();
  let target: CurrentKek | undefined;
  const rows = kekRows(database);
  for (const row of rows) {
    const [old, fresh] = [await fitting(row, [from]), await fitting(row, [to])];
    if (old && fresh) throw new SecretUnreadable(FILE_STORE, "the former and the new key-encryption key are the same");
    if (old) former.set(row.id, old);
    if (fresh) target = { id: row.id, key: fresh };
  }
  const active = rows.find((row) => row.active === 1);
  if (active !== undefined && active.id !== target?.id && !former.has(active.id))
    throw new SecretUnreadable(FILE_STORE, "the former key-encryption key is not the one the secrets are encrypted under");
  return { target: target ?? (await addKek(database, to)), former };
}

/** From its commit on nobody adds a row under another key: who writes looks under the same lock. */
function activate(database: DatabaseSync, id: string): void {
  inTransaction(database, () => {
    database.prepare("UPDATE kek SET active = 0 WHERE active = 1 AND id <> ?").run(id);
    database.prepare("UPDATE kek SET active = 1 WHERE id = ?").run(id);
  });
}

function rewrapBatch(database: DatabaseSync, target: CurrentKek, former: ReadonlyMap<string, KeyObject>, batch: number): number {
  const rows = database
    .prepare("SELECT name, version, created_at, expires_at, kek, data_key FROM secret WHERE kek <> ? ORDER BY name LIMIT ?")
    .all(target.id, batch) as unknown as readonly SecretRow[];
  const update = database.prepare("UPDATE secret SET kek = ?, data_key = ? WHERE name = ?");
  for (const row of rows) {
    const key = former.get(row.kek);
    const again = key && rewrapDataKey(key, target, row);
    if (!again) throw new SecretUnreadable(FILE_STORE, `${row.name} can't be unwrapped with the former key-encryption key`);
    update.run(target.id, again, row.name);
  }
  return rows.length;
}

/** Overwritten data keys are gone with their pages (secure_delete); VACUUM leaves no free page behind either. */
function forget(database: DatabaseSync, ids: readonly string[]): void {
  const remove = database.prepare("DELETE FROM kek WHERE id = ? AND active = 0");
  for (const id of ids) remove.run(id);
  database.exec("VACUUM");
}
