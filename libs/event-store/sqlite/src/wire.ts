import type { AppendResult, SealedEvent } from "@grantline/event-store";

/**
 * Appends on their way to the writer, flat because a thousand small objects cost more to copy than one array:
 * for each append [stream, expected revision, count, then count times (id, type, body, hash)].
 */
export type AppendBatch = (string | number)[];

/** The answers in the order of the appends, three slots each: [outcome, a, b]. */
export type AppendReplies = (string | number)[];

export const APPENDED = 0; // position, revision
export const CONFLICT = 1; // actual revision, 0
export const FAILED = 2; // why, 0

export function writeAppend(batch: AppendBatch, stream: string, expectedRevision: number, events: readonly SealedEvent[]): void {
  batch.push(stream, expectedRevision, events.length);
  for (const event of events) batch.push(event.id, event.type, event.body, event.hash);
}

export function readReply(replies: AppendReplies, index: number): AppendResult | { readonly kind: "failed"; readonly why: string } {
  const at = index * 3;
  if (replies[at] === APPENDED) return { kind: "appended", position: String(replies[at + 1]), revision: replies[at + 2] as number };
  if (replies[at] === CONFLICT) return { kind: "conflict", actual: replies[at + 1] as number };
  return { kind: "failed", why: String(replies[at + 1]) };
}
