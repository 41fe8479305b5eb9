import type { KeyDatabase } from "./key-database.ts";
import { schemaForeign } from "./errors.ts";

/** The version of the schema this release works with. */
export const SCHEMA_VERSION = 1;

/** So many parts of the subjects' table: an erasure rewrites one of them, so that no dead row keeps a wrapped key. */
export const SUBJECT_PARTS = 64;

/** Every table that holds wrapped keys, the subjects' by its parts. */
export const KEY_TABLES: readonly string[] = [
  "named_keys",
  "signing_keys",
  "daily_keys",
  ...Array.from({ length: SUBJECT_PARTS }, (_, part) => `subject_keys_p${part}`),
];

const parts = Array.from(
  { length: SUBJECT_PARTS },
  (_, part) =>
    `CREATE TABLE grantline_keys.subject_keys_p${part} PARTITION OF grantline_keys.subject_keys FOR VALUES WITH (MODULUS ${SUBJECT_PARTS}, REMAINDER ${part})`,
);

/**
 * Each entry lifts the schema by one version. Every wrapped key says under which key-encryption key; `kek` holds no key, only what tells
 * the right one. A subject whose `wrapped` is empty has been erased: the row stays, so that nothing is sealed for it again.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE grantline_keys.kek (
       id text PRIMARY KEY, salt bytea, check_value bytea NOT NULL, active boolean NOT NULL, made_at timestamptz NOT NULL DEFAULT now())`,
    "CREATE UNIQUE INDEX kek_one_active ON grantline_keys.kek (active) WHERE active",
    `CREATE TABLE grantline_keys.named_keys (name text PRIMARY KEY, kek text NOT NULL REFERENCES grantline_keys.kek, wrapped bytea NOT NULL)`,
    `CREATE TABLE grantline_keys.signing_keys (kid text PRIMARY KEY, kek text NOT NULL REFERENCES grantline_keys.kek, wrapped bytea NOT NULL)`,
    `CREATE TABLE grantline_keys.daily_keys (
       id text PRIMARY KEY, kind text NOT NULL, day integer NOT NULL, kek text NOT NULL REFERENCES grantline_keys.kek, wrapped bytea NOT NULL,
       UNIQUE (kind, day))`,
    `CREATE TABLE grantline_keys.subject_keys (
       subject text PRIMARY KEY, kek text REFERENCES grantline_keys.kek, wrapped bytea, CHECK ((kek IS NULL) = (wrapped IS NULL)))
       PARTITION BY HASH (subject)`,
    ...parts,
    "CREATE TABLE grantline_keys.scrubs_due (part text PRIMARY KEY, asked bigint NOT NULL)",
    "CREATE SEQUENCE grantline_keys.scrubs",
  ],
];

/** @throws KeyStoreError when the migration job has not run, or another release's has. */
export async function checkSchema(database: Pick<KeyDatabase, "query">): Promise<void> {
  const [row] = await database.query<{ version: number }>("SELECT max(version) AS version FROM grantline_keys.schema_version");
  const version = row?.version ?? 0;
  if (version !== SCHEMA_VERSION) throw schemaForeign(`of version ${version}`, SCHEMA_VERSION);
}
