import type { NoteSigner } from "../note/note.ts";
import type { Growth } from "../tree/growth.ts";
import type { TreeStore } from "../tree/port.ts";
import { consistencyProof, verifyConsistency } from "../tree/proof.ts";
import { createTreeReader } from "../tree/tiles.ts";
import { openCheckpoint, signCheckpoint } from "./checkpoint.ts";
import type { CheckpointSink } from "./checkpoint-sink.ts";

/** Signing would contradict what was signed before: the log or the tree's files were changed behind our back. Nothing is signed until a person has looked. */
export class TreeInconsistent extends Error {
  override readonly name = "TreeInconsistent";
}

export interface CheckpointerOptions {
  readonly treeStore: TreeStore;
  readonly signer: NoteSigner;
  readonly sinks: readonly CheckpointSink[];
  readonly clock: { now(): number };
  /** A sink failed; the next checkpoint goes there again. */
  readonly onSinkFailure: (error: unknown) => void;
}

interface Signed {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
}

/** What each growth signed last. It only appends, so from there on it needs neither its own signature checked nor a proof that it goes on from itself. */
const own = new WeakMap<Growth, Signed>();

/**
 * Stores what has grown, then signs it, then publishes it: a crash in between loses a signature, never a tree that was signed. Never signs a tree
 * that is smaller than the one signed last, or is not its continuation. Answers the new checkpoint, undefined when there is no news.
 * `caughtUp`: the tree has everything the log has.
 */
export async function checkpoint(growth: Growth, options: CheckpointerOptions, caughtUp = true): Promise<string | undefined> {
  const { treeStore, signer, sinks, clock, onSinkFailure } = options;
  if (growth.dirty) await growth.commit();
  const { size } = growth;
  const root = growth.root();
  const before = await lastSigned(growth, treeStore, signer);
  if (size === 0 || (before?.size === size && before.root.equals(root))) return undefined;
  // An older tree grows back to what was signed, event by event
  if (before !== undefined && before.size > size && !caughtUp) return undefined;
  if (before !== undefined && before !== own.get(growth)) {
    const { subtree } = createTreeReader(treeStore);
    const consistent =
      before.size <= size && verifyConsistency(before.size, size, await consistencyProof(subtree, before.size, size), before.root, root);
    if (!consistent) throw new TreeInconsistent(`the tree of ${size} leaves does not continue the one of ${before.size} that was signed`);
  }
  const note = signCheckpoint(signer, size, root);
  await treeStore.putCheckpoint(note);
  own.set(growth, { size, root, note });
  const kept = await Promise.allSettled(sinks.map((sink) => sink.put(note, clock.now() * 1_000)));
  for (const each of kept) if (each.status === "rejected") onSinkFailure(each.reason);
  return note;
}

async function lastSigned(growth: Growth, treeStore: TreeStore, signer: NoteSigner): Promise<Signed | undefined> {
  const note = await treeStore.checkpoint();
  if (note === undefined) return undefined;
  const known = own.get(growth);
  if (known?.note === note) return known;
  const opened = openCheckpoint(note, signer.verifier);
  if (opened === undefined)
    throw new TreeInconsistent("the last checkpoint is not signed by our key: it was altered, or the key is another one");
  return opened;
}
