import { hash } from "node:crypto";
import type { SegmentDropped, SegmentRange } from "@grantline/domain/segments";
import { type NoteSigner, type NoteVerifier, openNote, signNote } from "../note/note.ts";

/** What the log says of the rows it lacks of a day. */
export type DroppedRows = Pick<SegmentDropped["data"], "archive" | "gone" | "count" | "note">;

/** Like a checkpoint of its own: which leaves of which day may be missing, and where they are archived. */
function droppedText(origin: string, { day, first, end, root }: SegmentRange, { archive, gone, count }: Omit<DroppedRows, "note">): string {
  return `${origin}/dropped\nday ${day} first ${first} end ${end}\nroot ${root}\narchive ${archive}\ngone ${count} ${hash("sha256", gone, "base64url")}\n`;
}

export function signDropped(segment: SegmentRange, rows: Omit<DroppedRows, "note">, signer: NoteSigner): string {
  return signNote(droppedText(signer.verifier.name, segment, rows), signer);
}

/** Only what the checkpoint key signed may be missing: whoever can write to the log alone can't make it. */
export function signsDropped(segment: SegmentRange, rows: DroppedRows, verifier: NoteVerifier): boolean {
  return rows.note !== "" && openNote(rows.note, verifier) === droppedText(verifier.name, segment, rows);
}
