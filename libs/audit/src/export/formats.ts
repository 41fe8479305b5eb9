import { cloudEvents } from "./cloud-events.ts";
import { csv } from "./csv.ts";
import type { ExportFormat, FormatId } from "./format.ts";
import { jsonLines } from "./json-lines.ts";
import { ocsf } from "./ocsf.ts";
import { parquet } from "./parquet.ts";

export const FORMATS: Readonly<Record<FormatId, ExportFormat>> = { jsonl: jsonLines, csv, parquet, cloudevents: cloudEvents, ocsf };

/** Throws RangeError for a format there is not. */
export function formatOf(id: string): ExportFormat {
  const format = Object.hasOwn(FORMATS, id) ? FORMATS[id as FormatId] : undefined;
  if (format === undefined) throw new RangeError(`There is no format ${id}; there are ${Object.keys(FORMATS).join(", ")}.`);
  return format;
}
