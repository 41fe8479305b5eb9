import { type Checkpoint, openCheckpoint } from "../checkpoint/checkpoint.ts";
import type { NoteVerifier } from "../note/note.ts";
import type { Broken } from "./types.ts";

/** The checkpoints, each signature checked, smallest tree first and one of each size; or why they can't be relied upon. */
export function signedRoots(notes: readonly string[], verifier: NoteVerifier): readonly Checkpoint[] | Broken {
  const bySize = new Map<number, Checkpoint>();
  for (const note of notes) {
    const opened = openCheckpoint(note, verifier);
    if (opened === undefined) return { kind: "broken", why: "signature", events: 0 };
    const same = bySize.get(opened.size);
    if (same !== undefined && !same.root.equals(opened.root)) return { kind: "broken", why: "split-view", leaf: opened.size, events: 0 };
    bySize.set(opened.size, opened);
  }
  return [...bySize.values()].toSorted((a, b) => a.size - b.size);
}
