import type { PoolClient, QueryConfig } from "pg";
import type { NoticeMessage } from "pg-protocol/dist/messages.js";
import type { KeyDatabase, OnTrouble } from "./key-database.ts";
import { KEY_TABLES } from "./schema.ts";

export interface Scrubbing {
  /** Notes that tables hold bytes of destroyed keys. To be called before the keys are destroyed, so that no crash leaves it unnoted. */
  ask(tables: readonly string[]): Promise<void>;
  /** Writes a noted table anew. When that can't be done now it is told, and stays due. */
  scrub(table: string): Promise<void>;
  /** Does what is still due. */
  scrubDue(): Promise<void>;
}

/** A key that is gone must not stay behind as bytes: what waits longer for the lock than this is tried again later. */
const LOCK_WAIT = "2s";
/** Writing a table anew may take longer than any other statement here. */
const REWRITE_MS = 60_000;

/**
 * PostgreSQL leaves the bytes of a changed row in its page until the space is used again; a plain VACUUM does not overwrite them either.
 * VACUUM FULL writes a new file without them and drops the old one. It locks one 64th of the subjects for as long as that takes; with a million
 * subjects a whole erasure was measured at 0.2 s. What the write-ahead log and backups hold is gone when they are, 30 days at most.
 */
export function createScrubbing(database: KeyDatabase, onTrouble: OnTrouble): Scrubbing {
  async function scrub(part: string): Promise<void> {
    try {
      const left = await database.session((client) => rewrite(client, part));
      if (left !== undefined) onTrouble(`${part} still holds bytes of a destroyed key and will be written anew again`, new Error(left));
    } catch (error) {
      onTrouble(`${part} still holds bytes of a destroyed key and will be written anew again`, error);
    }
  }
  return {
    async ask(tables) {
      await database.query(
        `INSERT INTO grantline_keys.scrubs_due (part, asked) SELECT part, nextval('grantline_keys.scrubs') FROM unnest($1::text[]) AS part
           ON CONFLICT (part) DO UPDATE SET asked = excluded.asked`,
        [tables],
      );
    },
    scrub,
    async scrubDue() {
      const due = await database.query<{ part: string }>("SELECT part FROM grantline_keys.scrubs_due ORDER BY asked");
      for (const { part } of due) await scrub(part);
    },
  };
}

/** Undefined when no byte of an erased key can be left, else why one may be. */
async function rewrite(client: PoolClient, part: string): Promise<string | undefined> {
  if (!KEY_TABLES.includes(part)) throw new RangeError(`${part} is no table of keys`);
  const asked = await client.query<{ asked: string }>("SELECT asked FROM grantline_keys.scrubs_due WHERE part = $1", [part]);
  if (asked.rows[0] === undefined) return undefined;
  const before = await fileOf(client, part);
  await client.query(`SET lock_timeout = '${LOCK_WAIT}'; SET statement_timeout = ${REWRITE_MS}`);
  const kept = await vacuum(client, part);
  await client.query("RESET lock_timeout; RESET statement_timeout");
  // PostgreSQL only warns when this role may not do it.
  if ((await fileOf(client, part)) === before) return "this role does not own the table, so it can't VACUUM FULL it";
  if (kept !== 0) return "a transaction older than the destruction still runs";
  await client.query("DELETE FROM grantline_keys.scrubs_due WHERE part = $1 AND asked = $2", [part, asked.rows[0].asked]);
  return undefined;
}

async function fileOf(client: PoolClient, part: string): Promise<string | undefined> {
  const { rows } = await client.query<{ file: string }>("SELECT pg_relation_filenode(to_regclass($1))::text AS file", [
    `grantline_keys.${part}`,
  ]);
  return rows[0]?.file;
}

/** How many dead rows an old transaction may still see, so that they had to be kept. PostgreSQL says it in words only, the number first in any language. */
async function vacuum(client: PoolClient, part: string): Promise<number> {
  let kept = Number.NaN;
  const listen = ({ message = "", detail = "" }: NoticeMessage) => {
    if (message.includes(part) && detail !== "") kept = Number(/\d+/.exec(detail)?.[0]);
  };
  client.on("notice", listen);
  try {
    const statement: QueryConfig & { readonly query_timeout: number } = {
      text: `VACUUM (FULL, VERBOSE) grantline_keys.${part}`,
      query_timeout: REWRITE_MS + 1_000,
    };
    await client.query(statement);
  } finally {
    client.off("notice", listen);
  }
  return kept;
}
