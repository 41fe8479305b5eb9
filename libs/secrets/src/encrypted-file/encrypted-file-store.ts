import { randomBytes } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { KekSource } from "@grantline/keys/wrapping";
import { SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import type { Secret, SecretListing, SecretMetadata, SecretStore, SetSecretOptions, StoreHealth } from "../port.ts";
import { secretName, type SecretName } from "../secret-name.ts";
import { checkExpiry, checkValue } from "../secret-value.ts";
import { openSecret, sealSecret } from "./envelope.ts";
import { kekRows, type KekRing, openKekRing } from "./kek-ring.ts";
import { FILE_STORE, inTransaction, openSecretsDatabase, type SecretRow, translated } from "./secrets-database.ts";

export interface EncryptedFileOptions {
  /** Folder of `secrets.db`; made if need be. */
  readonly dir: string;
  readonly kek: KekSource;
  /** Accepted beside `kek` while `rewrapSecrets` changes from the one to the other. */
  readonly previousKek?: KekSource;
  /** Epoch seconds. */
  readonly clock: { now(): number };
}

const COLUMNS = "name, version, created_at, expires_at, kek, data_key, sealed";
/** Another process activates a new key at most once between two looks, so a few tries are plenty. */
const TRIES = 5;

/**
 * Secrets in one file, each under a data key of its own (AES-256-GCM), the data keys under the key-encryption key. Any number of processes may have it open.
 * @throws SecretUnreadable when the key-encryption key is not the file's; SecretStoreUnavailable when the file can't be opened.
 */
export async function openEncryptedFileStore({ dir, kek, previousKek, clock }: EncryptedFileOptions): Promise<SecretStore> {
  const database = openSecretsDatabase(dir);
  let ring: KekRing;
  try {
    ring = await openKekRing(database, previousKek === undefined ? [kek] : [kek, previousKek]);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    name: FILE_STORE,
    writable: true,
    get: async (text) => get(database, ring, secretName(text)),
    set: async (text, value, options = {}) => {
      const name = secretName(text);
      checkValue(value);
      checkExpiry(options.expiresAt);
      return set(database, ring, name, { value, options, now: clock.now() });
    },
    delete: async (text) => {
      const name = secretName(text);
      return translated(() => database.prepare("DELETE FROM secret WHERE name = ?").run(name).changes > 0);
    },
    list: async () => translated(() => list(database)),
    health: async () => [await healthOf(database, ring)],
    close: async () => {
      if (database.isOpen) database.close();
    },
  };
}

async function get(database: DatabaseSync, ring: KekRing, name: SecretName): Promise<Secret | undefined> {
  const row = translated(() => database.prepare(`SELECT ${COLUMNS} FROM secret WHERE name = ?`).get(name)) as SecretRow | undefined;
  if (row === undefined) return undefined;
  const key = await ring.find(row.kek);
  if (key === undefined)
    throw new SecretStoreUnavailable(FILE_STORE, "a secret is encrypted under a key-encryption key this process was not given");
  const value = openSecret(key, row);
  if (value === undefined) throw new SecretUnreadable(FILE_STORE, `${name} was altered, or moved here from elsewhere`);
  return { value, store: FILE_STORE, ...metadataOf(row) };
}

interface Write {
  readonly value: string;
  readonly options: SetSecretOptions;
  readonly now: number;
}

async function set(database: DatabaseSync, ring: KekRing, name: SecretName, { value, options, now }: Write): Promise<SecretMetadata> {
  const metadata = { createdAt: now, ...options, version: randomBytes(12).toString("base64url") };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const kek = await ring.current();
    const row = sealSecret(kek, name, value, metadata);
    // Checked under the write lock: a row under a key that has just been retired would be lost with it.
    const written = translated(() =>
      inTransaction(database, () => kekRows(database).some(({ id, active }) => id === kek.id && active === 1) && put(database, row)),
    );
    if (written) return metadata;
  }
  throw new SecretStoreUnavailable(FILE_STORE, "the key-encryption key changes too often");
}

function put(database: DatabaseSync, { name, version, created_at, expires_at, kek, data_key, sealed }: SecretRow): boolean {
  database
    .prepare(`INSERT OR REPLACE INTO secret (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
    .run(name, version, created_at, expires_at, kek, data_key, sealed);
  return true;
}

function list(database: DatabaseSync): readonly SecretListing[] {
  const rows = database.prepare(`SELECT ${COLUMNS} FROM secret ORDER BY name`).all() as unknown as readonly SecretRow[];
  return rows.map((row) => ({ name: secretName(row.name), store: FILE_STORE, ...metadataOf(row) }));
}

function metadataOf({ version, created_at, expires_at }: SecretRow): SecretMetadata & { readonly createdAt: number } {
  return { createdAt: created_at, ...(expires_at === null ? {} : { expiresAt: expires_at }), version };
}

async function healthOf(database: DatabaseSync, ring: KekRing): Promise<StoreHealth> {
  try {
    await ring.current();
    translated(() => database.prepare("SELECT count(*) FROM secret").get());
    return { store: FILE_STORE, status: "ready", writable: true };
  } catch (error) {
    return { store: FILE_STORE, status: "degraded", writable: true, detail: error instanceof Error ? error.message : "it can't be used" };
  }
}
