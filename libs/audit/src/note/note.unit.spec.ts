// Real: everything. The first two keys and the first note are those published with Go's checksum database and its note package.
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openCheckpoint, signCheckpoint, splitNotes } from "../checkpoint/checkpoint.ts";
import { createNoteSigner, openNote, parseVerifierKey, signNote } from "./note.ts";

const NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;
const signer = createNoteSigner("auth.test/eu1", generateKeyPairSync("ed25519").privateKey);
const other = createNoteSigner("auth.test/eu1", generateKeyPairSync("ed25519").privateKey);

describe("a verifier key", () => {
  it("of others is read, and only with its own hash", () => {
    expect(parseVerifierKey("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")?.name).toBe("sum.golang.org");
    expect(parseVerifierKey(NEUMANN)?.vkey).toBe(NEUMANN);
    for (const wrong of [
      NEUMANN.replace("c74f20a3", "c74f20a4"),
      NEUMANN.replace("PeterNeumann", "PeterNewman"),
      NEUMANN.slice(0, -4),
      "",
      "a+b+c",
    ])
      expect(parseVerifierKey(wrong)).toBeUndefined();
  });
});

describe("a signed note", () => {
  it("of others is opened", () => {
    const verifier = parseVerifierKey(NEUMANN)!;
    expect(openNote(NOTE, verifier)).toBe(TEXT);
    expect(openNote(NOTE.replace("answer", "Answer"), verifier)).toBeUndefined();
  });

  it("of ours is opened by our key alone, with other signatures beside it or not", () => {
    const note = signNote("one\ntwo\n", signer);
    expect(openNote(note, signer.verifier)).toBe("one\ntwo\n");
    expect(openNote(note, other.verifier)).toBeUndefined();
    const cosigned = `${note}${signNote("one\ntwo\n", other).split("\n\n")[1]}`;
    expect(openNote(cosigned, signer.verifier)).toBe("one\ntwo\n");
    expect(openNote(cosigned, other.verifier)).toBe("one\ntwo\n");
    for (const wrong of [note.slice(0, -1), `${note}stray\n`, note.replace("— ", "- "), "", "\n\n", note.replace("two", "tw0")])
      expect(openNote(wrong, signer.verifier)).toBeUndefined();
  });

  it("has no blank line in its text, and ends it", () => {
    for (const wrong of ["no end", "a\n\nb\n"]) expect(() => signNote(wrong, signer)).toThrow(TypeError);
    expect(() => createNoteSigner("white space", generateKeyPairSync("ed25519").privateKey)).toThrow(TypeError);
  });
});

describe("a checkpoint", () => {
  const root = Buffer.alloc(32, 5);
  it("says origin, size and root, and nothing else passes for one", () => {
    expect(openCheckpoint(signCheckpoint(signer, 42, root), signer.verifier)).toMatchObject({ origin: "auth.test/eu1", size: 42, root });
    const b64 = root.toString("base64");
    for (const wrong of [
      `other\n42\n${b64}\n`,
      `auth.test/eu1\n042\n${b64}\n`,
      `auth.test/eu1\n-1\n${b64}\n`,
      "auth.test/eu1\n42\nAAAA\n",
      "auth.test/eu1\n",
    ])
      expect(openCheckpoint(signNote(wrong, signer), signer.verifier)).toBeUndefined();
  });

  it("is found among many in one file", () => {
    const notes = [1, 2, 3].map((size) => signCheckpoint(signer, size, root));
    expect(splitNotes(notes.map((note) => `${note}\n`).join(""))).toEqual(notes);
    expect(splitNotes(`${notes[0]}\nauth.test/eu1\n9`)).toEqual([notes[0]]);
    expect(splitNotes("")).toEqual([]);
  });
});
