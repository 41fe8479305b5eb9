import { hash } from "node:crypto";
import type { SegmentRange } from "@grantline/domain/segments";
import type { Position } from "@grantline/event-store";
import { type NoteSigner, type NoteVerifier, openNote, signNote } from "../note/note.ts";

export interface ArchivedFile {
  readonly name: string;
  readonly events: number;
  readonly bytes: number;
  /** Lower-case hex, as `sha256sum` writes it. */
  readonly sha256: string;
}

/** What an archive holds, and what it takes to hold it against a signed checkpoint without the server. Hashes of nodes are base64url. */
export interface Manifest {
  readonly format: "grantline-archive/1";
  readonly origin: string;
  readonly vkey: string;
  readonly createdAt: string;
  /** Leaves of the tree: the first, and the first that is not in it. */
  readonly first: number;
  readonly end: number;
  readonly events: number;
  readonly from: Position;
  readonly upTo: Position;
  /** Signed note; `before` and `after` are the subtrees that make its tree together with the leaves archived. */
  readonly checkpoint: string;
  readonly before: readonly { readonly level: number; readonly hash: string }[];
  readonly after: readonly { readonly level: number; readonly hash: string }[];
  readonly segments: readonly (SegmentRange & { readonly note: string })[];
  readonly files: readonly ArchivedFile[];
}

export const MANIFEST = "manifest.json";
export const MANIFEST_NOTE = "manifest.note";
export const LINKS = "links.jsonl";
export const LEAVES = "leaves.bin";
export const POSITIONS = "positions.bin";

/** A signed note over the exact bytes of the manifest, and its digest, base64url. */
export function signManifest(text: string, signer: NoteSigner): { readonly note: string; readonly digest: string } {
  return { note: signNote(noteText(text, signer.verifier.name), signer), digest: hash("sha256", text, "base64url") };
}

export function signsManifest(note: string, text: string, verifier: NoteVerifier): boolean {
  return openNote(note, verifier) === noteText(text, verifier.name);
}

function noteText(text: string, origin: string): string {
  return `${origin}/archive\nsha256 ${hash("sha256", text, "base64")}\n`;
}
