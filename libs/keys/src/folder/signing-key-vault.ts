import type { KeyObject } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { SigningKeyVault } from "../port.ts";
import { makeSigningKey, unwrapSigningKey, wrapSigningKey } from "../wrapping/signing-key.ts";
import { flushLog } from "./key-database.ts";
import { KeyFolderError } from "./key-folder-error.ts";

export const VAULT_SCHEMA = "CREATE TABLE IF NOT EXISTS signing_keys (kid TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT";

/** Private signing keys as PKCS #8, wrapped under the key-encryption key with the kid as associated data. */
export function createSigningKeyVault(database: DatabaseSync, kek: KeyObject): SigningKeyVault {
  const find = database.prepare("SELECT wrapped FROM signing_keys WHERE kid = ?");
  const insert = database.prepare("INSERT INTO signing_keys (kid, wrapped) VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM signing_keys WHERE kid = ?");
  const unwrapped = new Map<string, KeyObject>();

  return {
    async create(alg) {
      const made = await makeSigningKey(alg);
      insert.run(made.kid, wrapSigningKey(kek, made));
      unwrapped.set(made.kid, made.privateKey);
      return { kid: made.kid, publicJwk: made.publicJwk };
    },
    async privateKey(kid) {
      const row = find.get(kid) as { wrapped: Uint8Array } | undefined;
      if (!row) throw new KeyFolderError(`no private part of signing key ${kid} in this folder`);
      return unwrapped.get(kid) ?? openKey(kid, row.wrapped);
    },
    async destroy(kid) {
      unwrapped.delete(kid);
      remove.run(kid);
      flushLog(database);
    },
  };

  function openKey(kid: string, wrapped: Uint8Array): KeyObject {
    const key = unwrapSigningKey(kek, kid, wrapped);
    if (!key) throw new KeyFolderError(`signing key ${kid} can't be unwrapped: its row was altered`);
    unwrapped.set(kid, key);
    return key;
  }
}
