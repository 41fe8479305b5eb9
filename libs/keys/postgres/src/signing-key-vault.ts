import type { KeyObject } from "node:crypto";
import type { SigningKeyVault } from "@grantline/keys";
import { KeyStoreError, makeSigningKey, unwrapSigningKey, wrapSigningKey } from "@grantline/keys/wrapping";
import { KeysUnavailable } from "./errors.ts";
import type { KekRing } from "./kek-ring.ts";
import type { KeyDatabase, OnTrouble } from "./key-database.ts";
import type { Scrubbing } from "./scrubbing.ts";
import { insertWrapped } from "./wrapped-insert.ts";

export interface SharedVault extends SigningKeyVault {
  /** Forgets unwrapped keys that another process has destroyed. */
  forgetDestroyed(): Promise<void>;
}

interface Row {
  readonly kek: string;
  readonly wrapped: Uint8Array;
}

/** Private signing keys, wrapped, in a table all processes of the region read. Unwrapped ones are kept until destroyed. */
export function createSigningKeyVault(database: KeyDatabase, ring: KekRing, scrubbing: Scrubbing, onTrouble: OnTrouble): SharedVault {
  const unwrapped = new Map<string, KeyObject>();

  async function row(kid: string): Promise<Row | undefined> {
    return (await database.query<Row>("SELECT kek, wrapped FROM grantline_keys.signing_keys WHERE kid = $1", [kid]))[0];
  }
  async function opened(kid: string, { kek, wrapped }: Row): Promise<KeyObject> {
    const key = unwrapSigningKey(await ring.find(kek), kid, wrapped);
    if (!key) throw new KeyStoreError(`signing key ${kid} can't be unwrapped: its row was altered`);
    unwrapped.set(kid, key);
    return key;
  }

  return {
    async create(alg) {
      const made = await makeSigningKey(alg);
      await insertWrapped(database, ring, {
        table: "signing_keys",
        columns: { kid: made.kid },
        wrap: ({ key }) => wrapSigningKey(key, made),
      });
      unwrapped.set(made.kid, made.privateKey);
      return { kid: made.kid, publicJwk: made.publicJwk };
    },
    async privateKey(kid) {
      const kept = unwrapped.get(kid);
      try {
        const found = await row(kid);
        if (found) return kept ?? (await opened(kid, found));
      } catch (error) {
        // P7: with the database gone a key already unwrapped keeps signing.
        if (!kept || !(error instanceof KeysUnavailable)) throw error;
        onTrouble(`signing key ${kid} is used from memory`, error);
        return kept;
      }
      unwrapped.delete(kid);
      throw new KeyStoreError(`no private part of signing key ${kid} in PostgreSQL`);
    },
    async destroy(kid) {
      unwrapped.delete(kid);
      await scrubbing.ask(["signing_keys"]);
      await database.query("DELETE FROM grantline_keys.signing_keys WHERE kid = $1", [kid]);
      await scrubbing.scrub("signing_keys");
    },
    async forgetDestroyed() {
      const kids = [...unwrapped.keys()];
      if (kids.length === 0) return;
      const rows = await database.query<{ kid: string }>("SELECT kid FROM grantline_keys.signing_keys WHERE kid = ANY($1)", [kids]);
      const there = new Set(rows.map(({ kid }) => kid));
      for (const kid of kids) if (!there.has(kid)) unwrapped.delete(kid);
    },
  };
}
