import { createSecretKey, randomBytes } from "node:crypto";
import { rewrap, unwrap, wrap } from "@grantline/keys/wrapping";
import type { SecretMetadata } from "../port.ts";
import type { CurrentKek } from "./kek-ring.ts";
import type { SecretRow } from "./secrets-database.ts";

type Bound = Pick<SecretRow, "name" | "version" | "created_at" | "expires_at">;

/** Binds a data key to its secret and version: no row's key opens another's. */
function keyAad({ name, version }: Bound): string {
  return `grantline secret key ${name} ${version}`;
}

/** Binds a value to everything said of it: a row moved under another name, or given a later expiry, does not open. */
function valueAad({ name, version, created_at, expires_at }: Bound): string {
  return `grantline secret ${name} ${version} ${created_at} ${expires_at ?? "-"}`;
}

/** A row of its own data key, which is wrapped under the key-encryption key. */
export function sealSecret(kek: CurrentKek, name: string, value: string, { createdAt = 0, expiresAt, version }: SecretMetadata): SecretRow {
  const bound = { name, version, created_at: createdAt, expires_at: expiresAt ?? null };
  const dataKey = randomBytes(32);
  const sealed = wrap(createSecretKey(dataKey), valueAad(bound), Buffer.from(value));
  const row = { ...bound, kek: kek.id, data_key: wrap(kek.key, keyAad(bound), dataKey), sealed };
  dataKey.fill(0);
  return row;
}

/** Undefined when the row was altered, or its key is another. */
export function openSecret(kek: CurrentKek["key"], row: SecretRow): string | undefined {
  const dataKey = unwrap(kek, keyAad(row), row.data_key);
  if (dataKey === undefined) return undefined;
  const plain = unwrap(createSecretKey(dataKey), valueAad(row), row.sealed);
  dataKey.fill(0);
  return plain?.toString();
}

/** The data key under another key-encryption key; the value itself is not touched. Undefined when it can't be unwrapped. */
export function rewrapDataKey(from: CurrentKek["key"], to: CurrentKek, row: Bound & Pick<SecretRow, "data_key">): Buffer | undefined {
  return rewrap(from, to.key, keyAad(row), row.data_key);
}
