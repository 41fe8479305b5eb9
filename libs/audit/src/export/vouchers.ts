import type { Position, StoredEvent } from "@grantline/event-store";
import type { NoteSigner } from "../note/note.ts";
import { leafHash } from "../tree/hashing.ts";
import { leafBytes } from "../tree/leaf.ts";
import type { TreeStore } from "../tree/port.ts";
import { inclusionProof } from "../tree/proof.ts";
import { createTreeReader, indexOfPosition } from "../tree/tiles.ts";
import type { ManifestSigner } from "./manifest.ts";

/** What stands behind an export or a sample: the signed tree of the log. */
export interface Vouchers {
  /** The last checkpoint, when it covers the event at this position. */
  readonly checkpointAt: (position: Position) => Promise<string | undefined>;
  /** RFC 9162 §2.1.3: the proof that the tree of the last checkpoint has the event; undefined while it does not cover it. Hashes in base64. */
  readonly prove: (event: StoredEvent) => Promise<object | undefined>;
}

export function vouchersOf(treeStore: Pick<TreeStore, "tile" | "checkpoint">): Vouchers {
  const reader = createTreeReader(treeStore);
  const find = async (
    position: Position,
  ): Promise<{ readonly note: string; readonly size: number; readonly index: number } | undefined> => {
    const note = await treeStore.checkpoint();
    if (note === undefined) return undefined;
    const size = Number(note.split("\n")[1]);
    const index = await indexOfPosition(reader, size, position);
    return index === undefined ? undefined : { note, size, index };
  };
  return {
    checkpointAt: async (position) => (await find(position))?.note,
    prove: async (event) => {
      const found = await find(event.position);
      if (found === undefined) return undefined;
      const { note, size, index } = found;
      const proof = await inclusionProof(reader.subtree, index, size);
      return {
        leaf_index: index,
        tree_size: size,
        leaf_hash: leafHash(leafBytes(event)).toString("base64"),
        proof: proof.map((hash) => hash.toString("base64")),
        checkpoint: note,
      };
    },
  };
}

/** The checkpoint key as it signs manifests. `keyId` is the key as C2SP writes it, so whoever verifies checkpoints can verify manifests. */
export function manifestSignerOf({ verifier, sign }: NoteSigner): ManifestSigner {
  return { keyId: verifier.vkey, algorithm: "Ed25519", sign: (bytes) => sign(Buffer.from(bytes).toString()) };
}
