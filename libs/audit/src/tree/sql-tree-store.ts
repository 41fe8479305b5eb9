import { TreeMoved, type TreeState, type TreeStore } from "./port.ts";

/** Runs one statement of PostgreSQL; `pool.query` bound to its pool does. */
export type Query = (text: string, values?: unknown[]) => Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;

/** Makes the tables, if need be. Run by the migration job, never by a serving process. */
export async function migrateSqlTreeStore(query: Query, schema = "grantline"): Promise<void> {
  await query(`CREATE TABLE IF NOT EXISTS ${checked(schema)}.tree (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), size bigint NOT NULL, state text, signed bigint NOT NULL, checkpoint text)`);
  await query(`CREATE TABLE IF NOT EXISTS ${schema}.tree_tiles (path text COLLATE "C" PRIMARY KEY, bytes bytea NOT NULL)`);
  await query(`INSERT INTO ${schema}.tree (size, signed) VALUES (0, 0) ON CONFLICT DO NOTHING`);
}

/** The tree in two tables beside the log, for any number of processes: what is committed on another size than the stored one changes nothing. */
export function createSqlTreeStore(query: Query, schema = "grantline"): TreeStore {
  const tree = `${checked(schema)}.tree`;
  const tiles = `${schema}.tree_tiles`;
  const row = async (): Promise<Readonly<Record<string, unknown>>> => (await query(`SELECT state, checkpoint FROM ${tree}`)).rows[0] ?? {};
  return {
    state: async () => {
      const { state } = await row();
      return typeof state === "string" ? (JSON.parse(state) as TreeState) : undefined;
    },
    tile: async (path) => {
      const bytes = (await query(`SELECT bytes FROM ${tiles} WHERE path = $1`, [path])).rows[0]?.["bytes"];
      return bytes instanceof Uint8Array ? bytes : undefined;
    },
    commit: async (from, changed, next) => {
      // One statement: the tiles are written if and only if the state moved on
      const { rows } = await query(
        `WITH moved AS (UPDATE ${tree} SET size = $2, state = $3 WHERE size = $1 RETURNING 1),
          written AS (INSERT INTO ${tiles} SELECT path, bytes FROM unnest($4::text[], $5::bytea[]) AS t(path, bytes) WHERE EXISTS (SELECT 1 FROM moved)
            ON CONFLICT (path) DO UPDATE SET bytes = excluded.bytes RETURNING 1)
        SELECT count(*)::int AS moved FROM moved`,
        [from, next.size, JSON.stringify(next), [...changed.keys()], [...changed.values()].map((bytes) => Buffer.from(bytes))],
      );
      if (rows[0]?.["moved"] !== 1) throw new TreeMoved(`the tree is not of ${from} leaves any more`);
    },
    checkpoint: async () => {
      const { checkpoint } = await row();
      return typeof checkpoint === "string" ? checkpoint : undefined;
    },
    putCheckpoint: async (note) => {
      // A process that was paused for long must not put an older one in place of a newer
      await query(`UPDATE ${tree} SET checkpoint = $1, signed = $2 WHERE signed <= $2`, [note, Number(note.split("\n")[1])]);
    },
  };
}

function checked(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) throw new TypeError(`not the name of a schema: ${schema}`);
  return schema;
}
