import { findingEvents, type AnomalyDetected, type FindingEvent, type ResponseTaken } from "@grantline/domain/finding";
import { exhausted, type Recorded } from "@grantline/domain/kernel";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** A finding as listings show it. Times are epoch seconds. */
export interface FindingRow {
  readonly id: string;
  readonly status: "open" | "answered" | "lifted";
  readonly finding: AnomalyDetected["data"];
  readonly detectedAt: number;
  readonly taken?: ResponseTaken["data"];
  readonly liftedBecause?: string;
}

/** Findings by status, kind, severity, client and subject; keys in order of time, so newest first is `descending`. */
export const findingsProjection: Projection = {
  name: "findings",
  version: 1,
  streams: ["finding"],
  definitions: findingEvents,
  rows: "stream",
  fold(previous, event, id) {
    const row = foldFinding(previous as FindingRow | undefined, (event as ReadEvent<FindingEvent>).event, id);
    if (row === undefined || row === previous) return undefined;
    const { kind, severity, clientId, subject } = row.finding;
    const columns = {
      status: row.status,
      kind,
      severity,
      ...(clientId === undefined ? {} : { client: clientId }),
      ...(subject === undefined ? {} : { subject }),
    };
    return { value: row, columns };
  },
};

function foldFinding(row: FindingRow | undefined, event: Recorded<FindingEvent>, id: string): FindingRow | undefined {
  switch (event.type) {
    case "AnomalyDetected":
      return row ?? { id, status: "open", finding: event.data, detectedAt: event.at };
    case "ResponseTaken":
      return row?.status === "open" ? { ...row, status: "answered", taken: event.data } : row;
    case "ResponseLifted":
      return row?.status === "answered" ? { ...row, status: "lifted", liftedBecause: event.data.reason } : row;
    default:
      return exhausted(event, row);
  }
}
