import { DIGEST } from "../tree/hashing.ts";
import { type NoteSigner, type NoteVerifier, openNote, signNote } from "../note/note.ts";

/** C2SP tlog-checkpoint: how large the tree of an origin was, and its root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** The signed note as published. */
  readonly note: string;
}

export function signCheckpoint(signer: NoteSigner, size: number, root: Buffer): string {
  return signNote(`${signer.verifier.name}\n${size}\n${root.toString("base64")}\n`, signer);
}

/** Undefined when it is not signed by this key, of another origin, or no checkpoint. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | undefined {
  const [origin, digits = "", encoded = ""] = openNote(note, verifier)?.split("\n") ?? [];
  const root = Buffer.from(encoded, "base64");
  // C2SP tlog-checkpoint: decimal without leading zeroes
  if (origin !== verifier.name || !/^(0|[1-9]\d{0,15})$/.test(digits) || root.length !== DIGEST) return undefined;
  return { origin, size: Number(digits), root, note };
}

/** The notes of a file that has one after the other, a blank line between them. */
export function splitNotes(text: string): readonly string[] {
  const parts = text.split("\n\n").filter((part) => part.trim() !== "");
  // Text and signatures alternate; a last note that was cut off in writing is left out
  return Array.from({ length: Math.floor(parts.length / 2) }, (_, at) => `${parts[2 * at]}\n\n${parts[2 * at + 1]?.replace(/\n+$/, "")}\n`);
}
