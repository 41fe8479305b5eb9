import { exhausted, type Recorded } from "@grantline/domain/kernel";
import { subjectEvents, type SubjectEvent } from "@grantline/domain/subject";
import type { ReadEvent } from "@grantline/event-store";
import type { Projection } from "../projection.ts";

/** A subject as listings show it: the pseudonymous id and what may be done, nothing of the person (P9). Times are epoch seconds. */
export interface SubjectRow {
  readonly subject: string;
  readonly status: "active" | "disabled" | "erased";
  /** Why it was disabled. */
  readonly reason?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Subjects by status. */
export const subjectsProjection: Projection = {
  name: "subjects",
  version: 1,
  streams: ["subject"],
  definitions: subjectEvents,
  rows: "stream",
  fold(previous, event, id) {
    const row = foldSubject(previous as SubjectRow | undefined, (event as ReadEvent<SubjectEvent>).event, id);
    return row === undefined || row === previous ? undefined : { value: row, columns: { status: row.status } };
  },
};

function foldSubject(row: SubjectRow | undefined, event: Recorded<SubjectEvent>, subject: string): SubjectRow | undefined {
  if (event.type === "SubjectSeen")
    return row === undefined ? { subject, status: "active", createdAt: event.at, updatedAt: event.at } : touched(row, event.at);
  if (row === undefined || row.status === "erased") return row;
  const { reason: _reason, ...rest } = row;
  switch (event.type) {
    case "SubjectDisabled":
      return { ...rest, status: "disabled", reason: event.data.reason, updatedAt: event.at };
    case "SubjectEnabled":
      return { ...rest, status: "active", updatedAt: event.at };
    case "GenerationRaised":
      return touched(row, event.at);
    case "SubjectErased":
      return { ...rest, status: "erased", updatedAt: event.at };
    default:
      return exhausted(event, row);
  }
}

function touched(row: SubjectRow, at: number): SubjectRow {
  return row.status === "erased" ? row : { ...row, updatedAt: at };
}
