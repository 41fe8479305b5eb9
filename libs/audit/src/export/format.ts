import type { AuditEvent } from "../replay/audit-event.ts";

/** A way to write events down, a page at a time. */
export interface ExportFormat {
  readonly id: FormatId;
  /** Ending of its files, without the dot. */
  readonly extension: string;
  readonly contentType: string;
  /** Does it show what an event's stream says of it? Then the replay must look origins up. */
  readonly needsOrigins: boolean;
  /** Pieces of the file, in flat memory. `continued`: it goes on from a former part, which had the head of the file. */
  readonly write: (
    pages: AsyncIterable<readonly AuditEvent[]>,
    options: { readonly continued: boolean },
  ) => AsyncIterable<string | Uint8Array>;
}

export type FormatId = "jsonl" | "csv" | "parquet" | "cloudevents" | "ocsf";

/** A format of one line an event: a part and the part that goes on from it make the whole. */
export function lineFormat(
  about: Pick<ExportFormat, "id" | "extension" | "contentType" | "needsOrigins">,
  line: (event: AuditEvent) => string,
  head = "",
): ExportFormat {
  return {
    ...about,
    async *write(pages, { continued }) {
      if (!continued && head !== "") yield head;
      for await (const page of pages) {
        let text = "";
        for (const event of page) text += line(event);
        if (text !== "") yield text;
      }
    },
  };
}
