import { createPublicKey, hash, type KeyObject, sign, verify } from "node:crypto";

/** C2SP signed-note: an Ed25519 key under a name, and how a note names it. */
export interface NoteVerifier {
  readonly name: string;
  /** `name+hash+base64`, as `golang.org/x/mod/sumdb/note` reads it. */
  readonly vkey: string;
  verify(text: string, signature: Buffer): boolean;
  readonly keyHash: Buffer;
}

export interface NoteSigner {
  readonly verifier: NoteVerifier;
  sign(text: string): Buffer;
}

/** C2SP signed-note: the type byte of Ed25519. */
const ED25519 = Buffer.from([1]);
const NAME = /^[^\s+]+$/u;

export function createNoteSigner(name: string, privateKey: KeyObject): NoteSigner {
  const jwk = createPublicKey(privateKey).export({ format: "jwk" });
  const verifier = verifierOf(name, Buffer.from(String(jwk.x), "base64url"));
  return { verifier, sign: (text) => sign(undefined, Buffer.from(text), privateKey) };
}

/** Reads `name+hash+base64`; undefined when it is none, or not of Ed25519, or its hash is another key's. */
export function parseVerifierKey(vkey: string): NoteVerifier | undefined {
  const parts = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(vkey.trim());
  const [name = "", keyHash = "", encoded = ""] = parts?.slice(1) ?? [];
  const bytes = Buffer.from(encoded, "base64");
  if (parts === null || bytes.length !== 33 || bytes[0] !== 1) return undefined;
  const verifier = verifierOf(name, bytes.subarray(1));
  return verifier.keyHash.toString("hex") === keyHash ? verifier : undefined;
}

function verifierOf(name: string, publicKey: Buffer): NoteVerifier {
  if (!NAME.test(name)) throw new TypeError(`a key name has no white space and no plus: ${name}`);
  const typed = Buffer.concat([ED25519, publicKey]);
  // C2SP signed-note: SHA-256(name ‖ newline ‖ type ‖ key), cut to 4 bytes
  const keyHash = hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), typed]), "buffer").subarray(0, 4);
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey.toString("base64url") }, format: "jwk" });
  return {
    name,
    keyHash,
    vkey: `${name}+${keyHash.toString("hex")}+${typed.toString("base64")}`,
    verify: (text, signature) => verify(undefined, Buffer.from(text), key, signature),
  };
}

/** Text (ending in a newline, without a blank line), a blank line, one signature line. */
export function signNote(text: string, signer: NoteSigner): string {
  if (!text.endsWith("\n") || text.includes("\n\n")) throw new TypeError("a note's text ends in a newline and has no blank line");
  const { name, keyHash } = signer.verifier;
  return `${text}\n— ${name} ${Buffer.concat([keyHash, signer.sign(text)]).toString("base64")}\n`;
}

/** The text of a note this key has signed; undefined when it has not, or a signature under its name does not hold. Other keys' lines are not looked at. */
export function openNote(note: string, verifier: NoteVerifier): string | undefined {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) return undefined;
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split("\n");
  let signed = false;
  for (const line of lines) {
    const [name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line)?.slice(1) ?? [];
    if (name === undefined || encoded === undefined) return undefined;
    const bytes = Buffer.from(encoded, "base64");
    // C2SP signed-note: signatures of unknown keys are ignored
    if (name !== verifier.name || !bytes.subarray(0, 4).equals(verifier.keyHash)) continue;
    if (!verifier.verify(text, bytes.subarray(4))) return undefined;
    signed = true;
  }
  return signed ? text : undefined;
}
