import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import type { SigningAlg } from "@grantline/domain/keyring";
import { calculateJwkThumbprint } from "jose";
import type { SigningKeyVault } from "../port.ts";
import { flushLog } from "./key-database.ts";
import { KeyFolderError } from "./key-folder-error.ts";
import { unwrap, wrap } from "./wrap.ts";

export const VAULT_SCHEMA = "CREATE TABLE IF NOT EXISTS signing_keys (kid TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT";

const generate = promisify(generateKeyPair);

/** Private signing keys as PKCS #8, wrapped under the key-encryption key with the kid as associated data. */
export function createSigningKeyVault(database: DatabaseSync, kek: KeyObject): SigningKeyVault {
  const find = database.prepare("SELECT wrapped FROM signing_keys WHERE kid = ?");
  const insert = database.prepare("INSERT INTO signing_keys (kid, wrapped) VALUES (?, ?)");
  const remove = database.prepare("DELETE FROM signing_keys WHERE kid = ?");
  const unwrapped = new Map<string, KeyObject>();

  return {
    async create(alg) {
      const { publicKey, privateKey } = await generateFor(alg);
      const jwk = publicKey.export({ format: "jwk" }) as Record<string, string>;
      const kid = await calculateJwkThumbprint(jwk);
      const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
      insert.run(kid, wrap(kek, aad(kid), pkcs8));
      pkcs8.fill(0);
      unwrapped.set(kid, privateKey);
      return { kid, publicJwk: { ...jwk, kid, alg, use: "sig" } };
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
    const pkcs8 = unwrap(kek, aad(kid), wrapped);
    if (!pkcs8) throw new KeyFolderError(`signing key ${kid} can't be unwrapped: its row was altered`);
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    pkcs8.fill(0);
    unwrapped.set(kid, key);
    return key;
  }
}

function generateFor(alg: SigningAlg): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (alg) {
    case "ES256":
      return generate("ec", { namedCurve: "P-256" });
    case "EdDSA":
      return generate("ed25519");
    case "RS256":
      return generate("rsa", { modulusLength: 2048 });
  }
}

function aad(kid: string): string {
  return `grantline signing key ${kid}`;
}
