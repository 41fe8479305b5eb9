import type { DatabaseSync } from "node:sqlite";

/** Numbers of read-model tables. Another process may drop or promote tables at any time, so nothing is remembered beyond a transaction. */
export interface TableIds {
  /** The number of `table`, made when it is new; inside a transaction. Throws when it belongs to another projection. */
  claim(projection: string, table: string): number;
  forget(): void;
  /** Takes the projection's tables out of sight; returns nothing, `dropped` lists them. */
  drop(projection: string): void;
  rename(projection: string, suffix: string): void;
  dropped(): readonly number[];
  erase(id: number): void;
}

export function createTableIds(database: DatabaseSync): TableIds {
  const known = new Map<string, number>();
  const find = database.prepare("SELECT id, projection FROM tables WHERE name = ?");
  const insert = database.prepare("INSERT INTO tables (projection, name) VALUES (?, ?)");
  const drop = database.prepare("UPDATE tables SET name = NULL, projection = '' WHERE projection = ?");
  const listed = database.prepare("SELECT id, name FROM tables WHERE projection = ?");
  const rename = database.prepare("UPDATE tables SET name = ?, projection = ? WHERE id = ?");
  const dropped = database.prepare("SELECT id FROM tables WHERE name IS NULL");
  const erase = database.prepare("DELETE FROM tables WHERE id = ?");

  return {
    claim(projection, table) {
      const cached = known.get(table);
      if (cached !== undefined) return cached;
      const row = find.get(table) as { id: number; projection: string } | undefined;
      if (row !== undefined && row.projection !== projection)
        throw new Error(`Table ${table} belongs to projection ${row.projection}, not ${projection}.`);
      const id = row?.id ?? Number(insert.run(projection, table).lastInsertRowid);
      known.set(table, id);
      return id;
    },
    forget: () => known.clear(),
    drop: (projection) => void drop.run(projection),
    rename(projection, suffix) {
      for (const table of listed.all(`${projection}${suffix}`) as { id: number; name: string }[]) {
        const name = table.name.endsWith(suffix) ? table.name.slice(0, -suffix.length) : table.name;
        rename.run(name, projection, table.id);
      }
    },
    dropped: () => (dropped.all() as { id: number }[]).map((row) => row.id),
    erase: (id) => void erase.run(id),
  };
}
