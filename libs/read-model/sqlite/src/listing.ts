import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { decodeCursor, encodeCursor, type ListPage, type ListQuery } from "@grantline/read-model";
import { toRow, type StoredRow } from "./row-codec.ts";

const MAX_LIMIT = 1_000;
const TABLE = "(SELECT id FROM tables WHERE name = ?)";

export type Listing = (table: string, query: ListQuery, now: number) => ListPage;

/** Pages through a table in the order of its keys, so a row that comes in between moves nobody else's place. */
export function createListing(database: DatabaseSync): Listing {
  const statements = new Map<string, StatementSync>();

  function prepared(sql: string): StatementSync {
    const statement = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  return (table, query, now) => {
    const limit = Math.min(MAX_LIMIT, Math.max(1, Math.trunc(query.limit)));
    const after = query.cursor === undefined ? undefined : decodeCursor(table, query, query.cursor);
    const { sql, values } = statementFor(table, query, after, now);
    // One row more than asked tells whether there is a next page.
    const found = prepared(sql).all(...values, limit + 1) as unknown as StoredRow[];
    const rows = found.slice(0, limit).map(toRow);
    const last = rows.at(-1);
    return found.length > limit && last !== undefined ? { rows, nextCursor: encodeCursor(table, query, last.key) } : { rows };
  };
}

/** Only the shape of the query is in the SQL text (number of filters, cursor or not); every value is bound. */
function statementFor(table: string, query: ListQuery, after: string | undefined, now: number): { sql: string; values: SQLInputValue[] } {
  const [first, ...others] = Object.entries(query.where ?? {});
  const values: SQLInputValue[] = [table];
  const key = first === undefined ? "r.key" : "c.key";
  const from = first === undefined ? "rows r" : "columns c CROSS JOIN rows r ON r.table_id = c.table_id AND r.key = c.key";
  const conditions = [`${first === undefined ? "r" : "c"}.table_id = ${TABLE}`];
  if (first !== undefined) {
    conditions.push("c.name = ? AND c.value = ?");
    values.push(...first);
  }
  for (const other of others) {
    conditions.push("EXISTS (SELECT 1 FROM columns x WHERE x.table_id = r.table_id AND x.name = ? AND x.value = ? AND x.key = r.key)");
    values.push(...other);
  }
  if (after !== undefined) {
    conditions.push(`${key} ${query.descending === true ? "<" : ">"} ?`);
    values.push(after);
  }
  conditions.push("r.value IS NOT NULL AND (r.expires_at IS NULL OR r.expires_at > ?)");
  values.push(now);
  const order = `ORDER BY ${key}${query.descending === true ? " DESC" : ""} LIMIT ?`;
  return {
    sql: `SELECT r.key, r.revision, r.value, r.columns, r.expires_at FROM ${from} WHERE ${conditions.join(" AND ")} ${order}`,
    values,
  };
}
