import { ByteWriter, ParquetWriter, schemaFromColumnData, type ColumnSource } from "hyparquet-writer";
import type { ExportFormat } from "./format.ts";
import { COLUMNS, rowOf, type Row } from "./row.ts";

/** Rows in one row group: what is held in memory at once. */
const GROUP = 10_000;
const INTEGER: ReadonlySet<string> = new Set(["revision"]);
const LONG: ReadonlySet<string> = new Set(["position"]);
const TIME: ReadonlySet<string> = new Set(["at", "recorded_at"]);
/** Nearly every value is another one: no dictionary to look for, and nothing a lowest and highest value would say. */
const EACH_ITS_OWN: ReadonlySet<string> = new Set(["id", "hash", "data", "jti"]);
const ABSENT_OFTEN: ReadonlySet<string> = new Set(["subject", "client_id", "grant_id", "jti", "reason"]);

/** Columns with types, in row groups written as they fill up. A part that goes on from another is a file of its own. */
export const parquet: ExportFormat = {
  id: "parquet",
  extension: "parquet",
  contentType: "application/vnd.apache.parquet",
  needsOrigins: true,
  async *write(pages) {
    const bytes = new ByteWriter();
    const file = new ParquetWriter({ writer: bytes, schema: schemaFromColumnData({ columnData: columnsOf([]) }), createdBy: "grantline" });
    let rows: Row[] = [];
    for await (const page of pages) {
      for (const event of page) rows.push(rowOf(event));
      if (rows.length < GROUP) continue;
      await writeGroup(file, rows);
      rows = [];
      yield taken(bytes);
    }
    if (rows.length > 0) await writeGroup(file, rows);
    await file.finish();
    yield taken(bytes);
  },
};

/** One group, whatever the number of rows: a page may have taken it past its size. */
async function writeGroup(file: ParquetWriter, rows: readonly Row[]): Promise<void> {
  await file.write({ columnData: columnsOf(rows), rowGroupSize: rows.length });
}

/** What has been written since the last time; offsets in the file go on. */
function taken(bytes: ByteWriter): Uint8Array {
  const piece = bytes.getBytes().slice();
  bytes.index = 0;
  return piece;
}

function columnsOf(rows: readonly Row[]): ColumnSource[] {
  return COLUMNS.map((name) => ({
    name,
    ...typed(name, rows),
    nullable: ABSENT_OFTEN.has(name),
    ...(EACH_ITS_OWN.has(name) ? { encoding: "PLAIN", statistics: false } : {}),
  }));
}

function typed(name: keyof Row, rows: readonly Row[]): Pick<ColumnSource, "data" | "type"> {
  if (INTEGER.has(name)) return { type: "INT32", data: rows.map((row) => row[name]) };
  if (LONG.has(name)) return { type: "INT64", data: rows.map((row) => BigInt(row[name] as string)) };
  if (TIME.has(name)) return { type: "TIMESTAMP", data: rows.map((row) => new Date(row[name] as string)) };
  return { type: "STRING", data: rows.map((row) => row[name]) };
}
