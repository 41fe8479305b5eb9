import type { KeyObject } from "node:crypto";
import { dailyKeyAad, type KekSource, KeyStoreError, LOGIN_HASH_AAD, rewrap, signingKeyAad, subjectKeyAad } from "@grantline/keys/wrapping";
import { Client } from "pg";
import { translated } from "./errors.ts";
import { fitting, kekRows, newKekRow } from "./kek-ring.ts";
import { openKeyDatabase, queriesOf } from "./key-database.ts";
import { createScrubbing } from "./scrubbing.ts";
import { checkSchema, KEY_TABLES } from "./schema.ts";

export interface RewrapOptions {
  readonly url: string;
  /** The key-encryption key in use so far. */
  readonly from: KekSource;
  /** The one to use from now on. */
  readonly to: KekSource;
  /** Rows re-wrapped in one transaction. Default 500. */
  readonly batch?: number;
  /** Told after each batch. */
  readonly onProgress?: (progress: { readonly rewrapped: number }) => void;
}

export interface RewrapReport {
  readonly rewrapped: number;
}

interface Table {
  readonly name: string;
  readonly id: string;
  readonly kind: string;
  readonly aad: (id: string, kind: string) => string;
}

const TABLES: readonly Table[] = [
  { name: "named_keys", id: "name", kind: "''", aad: () => LOGIN_HASH_AAD },
  { name: "signing_keys", id: "kid", kind: "''", aad: signingKeyAad },
  { name: "daily_keys", id: "id", kind: "kind", aad: (id, kind) => dailyKeyAad(kind, id) },
  { name: "subject_keys", id: "subject", kind: "''", aad: subjectKeyAad },
];

/** Any number will do that nothing else here takes. */
const LOCK = 7_466_032;

/**
 * Re-wraps every key under a new key-encryption key while the platform serves: every process must have been given both keys before (the new one and the
 * former as previous). New keys are wrapped under the new one from its first moment on. Interrupted, it is run again and finishes. Afterwards
 * the former key opens nothing any more, and the tables are written anew so that no dead row could be opened with it.
 * @throws KeyStoreError when `from` is not the key in use, both are the same, or another run is under way; KeysUnavailable when PostgreSQL does not answer.
 */
export async function rewrapKeys({ url, from, to, batch = 500, onProgress = () => undefined }: RewrapOptions): Promise<RewrapReport> {
  const client = new Client({ connectionString: url, application_name: "grantline-keys-rewrap", connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    await checkSchema(queriesOf(client));
    // Held by the connection, so it ends with this run however it ends.
    const { rows } = await client.query<{ mine: boolean }>("SELECT pg_try_advisory_lock($1) AS mine", [LOCK]);
    if (!rows[0]?.mine) throw new KeyStoreError("the keys are being re-wrapped by another process");
    const report = await rewrapAll(client, { from, to, batch, onProgress });
    if (report.rewrapped > 0) await writeAnew(url);
    return report;
  } catch (error) {
    throw translated(error);
  } finally {
    await client.end();
  }
}

type Work = Required<Omit<RewrapOptions, "url">>;

async function rewrapAll(client: Client, { from, to, batch, onProgress }: Work): Promise<RewrapReport> {
  const rows = await kekRows(queriesOf(client));
  const former = new Map<string, KeyObject>();
  let target: { readonly id: string; readonly key: KeyObject } | undefined;
  for (const row of rows) {
    const [old, fresh] = [await fitting(row, [from]), await fitting(row, [to])];
    if (old && fresh) throw new KeyStoreError("the former and the new key-encryption key are the same");
    if (old) former.set(row.id, old);
    if (fresh) target = { id: row.id, key: fresh };
  }
  const active = rows.find((row) => row.active);
  if (active === undefined || (active.id !== target?.id && !former.has(active.id)))
    throw new KeyStoreError("the former key-encryption key is not the one the keys in PostgreSQL are wrapped under");
  target ??= await added(client, to);
  await activate(client, target.id);
  let rewrapped = 0;
  const count = (more: number) => onProgress({ rewrapped: (rewrapped += more) });
  for (const table of TABLES) await rewrapTable(client, table, { target, former, batch, count });
  await client.query("DELETE FROM grantline_keys.kek WHERE id = ANY($1)", [[...former.keys()]]);
  return { rewrapped };
}

async function added(client: Client, to: KekSource): Promise<{ readonly id: string; readonly key: KeyObject }> {
  const { id, salt, check_value, key } = await newKekRow(to);
  await client.query("INSERT INTO grantline_keys.kek (id, salt, check_value, active) VALUES ($1, $2, $3, false)", [id, salt, check_value]);
  return { id, key };
}

/** From its commit on nobody can add a row under another key: whoever was adding one holds the row of that key until then. */
async function activate(client: Client, id: string): Promise<void> {
  await client.query("BEGIN");
  await client.query("UPDATE grantline_keys.kek SET active = false WHERE active AND id <> $1", [id]);
  await client.query("UPDATE grantline_keys.kek SET active = true WHERE id = $1 AND NOT active", [id]);
  await client.query("COMMIT");
}

interface TableWork {
  readonly target: { readonly id: string; readonly key: KeyObject };
  readonly former: ReadonlyMap<string, KeyObject>;
  readonly batch: number;
  readonly count: (rows: number) => void;
}

async function rewrapTable(client: Client, table: Table, { target, former, batch, count }: TableWork): Promise<void> {
  for (let last = ""; ;) {
    await client.query("BEGIN");
    const { rows } = await client.query<{ id: string; kind: string; kek: string; wrapped: Uint8Array }>(
      `SELECT ${table.id} AS id, ${table.kind} AS kind, kek, wrapped FROM grantline_keys.${table.name}
         WHERE kek <> $1 AND ${table.id} > $2 ORDER BY ${table.id} LIMIT $3 FOR UPDATE`,
      [target.id, last, batch],
    );
    const wrapped = rows.map(({ id, kind, kek, wrapped: old }) => {
      const key = former.get(kek);
      const again = key && rewrap(key, target.key, table.aad(id, kind), old);
      if (!again) throw new KeyStoreError(`a row of ${table.name} can't be unwrapped with the former key-encryption key`);
      return again;
    });
    await client.query(
      `UPDATE grantline_keys.${table.name} t SET kek = $1, wrapped = fresh.wrapped
         FROM unnest($2::text[], $3::bytea[]) AS fresh (id, wrapped) WHERE t.${table.id} = fresh.id`,
      [target.id, rows.map(({ id }) => id), wrapped],
    );
    await client.query("COMMIT");
    count(rows.length);
    const end = rows.at(-1);
    if (end === undefined || rows.length < batch) return;
    last = end.id;
  }
}

/** Dead rows still hold what the former key opens. A table that can't be written anew now stays noted, and the serving processes do it soon. */
async function writeAnew(url: string): Promise<void> {
  const database = openKeyDatabase(url, () => undefined, 1);
  try {
    const scrubbing = createScrubbing(database, () => undefined);
    await scrubbing.ask(KEY_TABLES);
    await scrubbing.scrubDue();
  } finally {
    await database.close();
  }
}
