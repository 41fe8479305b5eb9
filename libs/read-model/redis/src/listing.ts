import { decodeCursor, encodeCursor, type ListPage, type ListQuery, type ReadModelRow } from "@grantline/read-model";
import type { Caller } from "./caller.ts";
import { decodeRow, indexOf } from "./row-codec.ts";
import { LIST } from "./scripts/read-model.ts";

const MAX_LIMIT = 1_000;
/** Keys one script looks at, so that nobody waits long behind it. */
const MOST_LOOKED_AT = 2_000;

/** Pages through a table in the order of its keys, so a row that comes in between moves nobody else's place. */
export async function listTable(caller: Caller, facts: string, table: string, query: ListQuery, now: number): Promise<ListPage> {
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.trunc(query.limit)));
  const indexes = Object.entries(query.where ?? {}).map(([name, value]) => indexOf(name, value));
  const rows: ReadModelRow[] = [];
  let after = query.cursor === undefined ? undefined : decodeCursor(table, query, query.cursor);
  // One row more than asked tells whether there is a next page.
  for (let end = false; !end && rows.length <= limit;) {
    const place = [query.descending === true ? "1" : "0", after === undefined ? "0" : "1", after ?? ""];
    const args = [table, now, limit + 1 - rows.length, ...place, MOST_LOOKED_AT, ...indexes];
    const [ended, last, ...found] = (await caller.evaluate(LIST, [facts], args)) as string[];
    for (let i = 0; i + 1 < found.length; i += 2) rows.push(decodeRow(found[i] as string, found[i + 1] as string));
    end = ended === "1";
    after = last;
  }
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return rows.length > limit && last !== undefined ? { rows: page, nextCursor: encodeCursor(table, query, last.key) } : { rows: page };
}
