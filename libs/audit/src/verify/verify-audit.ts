import type { StoredEvent } from "@grantline/event-store";
import type { NoteVerifier } from "../note/note.ts";
import type { Leaf } from "../tree/leaf.ts";
import type { Node } from "../tree/range.ts";
import type { TreeReader } from "../tree/tiles.ts";
import { AuditWalk } from "./audit-walk.ts";
import type { RecordedSegment } from "./segment-roots.ts";
import { signedRoots } from "./signed-roots.ts";
import type { AuditVerification } from "./types.ts";

export interface AuditToVerify {
  /** Every event in the order of positions, in pages. */
  readonly pages: AsyncIterable<readonly StoredEvent[]> | Iterable<readonly StoredEvent[]>;
  /** Signed notes, in any order: those of the server and those that were taken off the box. */
  readonly checkpoints: readonly string[];
  readonly verifier: NoteVerifier;
  /** The stored tree, read before the events are; without it a bad place is told as lying between two checkpoints. */
  readonly tree?: { readonly reader: TreeReader; readonly size: number; /** Its leaves are signed for already. */ readonly trusted?: true };
  /** Days the log says are closed. */
  readonly segments?: readonly RecordedSegment[];
  /** The store leaves out no position. */
  readonly contiguous?: boolean;
  /** Where the events begin, when not at the first one: the subtrees before them, and the links of streams that go on. */
  readonly before?: { readonly nodes: readonly Node[]; readonly links: readonly Leaf[] };
  /** The subtrees after the events, up to the size of the last checkpoint. */
  readonly after?: readonly Node[];
  readonly onEvent?: (events: number) => void;
}

/**
 * Recomputes every stream's chain and the tree from the events and holds them against the stored tree, the closed days and every signed checkpoint
 * (P10). Names the first position at which an event was altered, removed, inserted, moved or cut off, or says which tail no checkpoint covers yet.
 * One pass; memory grows with the number of streams only.
 */
export async function verifyAudit(audit: AuditToVerify): Promise<AuditVerification> {
  const roots = signedRoots(audit.checkpoints, audit.verifier);
  if ("kind" in roots) return roots;
  const walk = new AuditWalk(audit, roots);
  for await (const page of audit.pages) {
    for (const event of page) {
      const fault = walk.step(event) ?? (await walk.slowly(event));
      if (fault !== undefined && fault !== "fine") return fault;
    }
  }
  return walk.finish();
}
