import type { SegmentRange } from "@grantline/domain/segments";
import type { Segments } from "../checkpoint/checkpoint-key.ts";
import { type NoteSigner, type NoteVerifier, openNote, signNote } from "../note/note.ts";
import type { Growth } from "../tree/growth.ts";

/** Seconds after midnight in which events of the day before may still come from writers whose clock is behind. */
const GRACE = 300;
const DAY = 86_400;
const META = { correlationId: "audit", actor: { kind: "system", id: "audit" } } as const;

export interface ClosingOptions {
  readonly segments: Segments;
  readonly region: string;
  readonly signer: NoteSigner;
  readonly clock: { now(): number };
}

/** Closes in the log every day that is complete (P13): an event with its leaves, its root and our signature. Answers the days closed. */
export async function closeSegments(growth: Growth, { segments, region, signer, clock }: ClosingOptions): Promise<readonly string[]> {
  const { days } = growth;
  const open = days.open();
  if (open !== undefined && clock.now() >= Date.parse(`${open}T00:00:00Z`) / 1_000 + DAY + GRACE) days.end(growth.size, growth.position);
  const done: string[] = [];
  for (const segment of days.complete()) {
    const note = signNote(segmentText(signer.verifier.name, segment), signer);
    const { outcome } = await segments.execute(region, { kind: "close", now: clock.now(), segment, note }, META);
    if (outcome.kind === "refused") throw new Error(`the day ${segment.day} could not be closed: ${outcome.reason}`);
    days.closed(segment.day);
    done.push(segment.day);
  }
  return done;
}

/** Like a checkpoint of its own (C2SP tlog-checkpoint), with where in the tree its leaves lie. */
function segmentText(origin: string, { day, first, end, root }: SegmentRange): string {
  return `${origin}/segments\n${end - first}\n${Buffer.from(root, "base64url").toString("base64")}\nday ${day} first ${first}\n`;
}

/** Does the note sign exactly this segment? */
export function signsSegment(note: string, segment: SegmentRange, verifier: NoteVerifier): boolean {
  return openNote(note, verifier) === segmentText(verifier.name, segment);
}
