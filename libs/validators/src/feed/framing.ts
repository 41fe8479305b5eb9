import type { FeedEntry } from "./entry.ts";

/** How far the feed has told everything: all that was acknowledged before `at` (epoch seconds), `behindMs` ago. */
export interface Checkpoint {
  readonly position: string;
  readonly at: number;
  readonly behindMs: number;
}

/** Milliseconds after which a client that lost us comes back. */
export const GREETING = "retry: 250\n\n";

export function revocationFrame(entry: FeedEntry): string {
  return frame("revocation", entry.position, entry);
}

export function checkpointFrame({ position, at, behindMs }: Checkpoint): string {
  return frame("checkpoint", position, { position, at, behind_ms: behindMs });
}

/** The position asked for is too far back, or not of this log: what came after it will not be told. */
export function resetFrame(position: string): string {
  return frame("reset", position, { position });
}

// HTML, server-sent events: an event ends with an empty line, and JSON has no line break of its own
function frame(event: string, id: string, data: object): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
