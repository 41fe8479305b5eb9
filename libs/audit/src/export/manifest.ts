import type { Position } from "@grantline/event-store";
import type { FormatId } from "./format.ts";

/** What vouches for an export: the audit key. `sign` gets the exact bytes; nothing of the key leaves it. */
export interface ManifestSigner {
  readonly keyId: string;
  /** Such as "Ed25519". */
  readonly algorithm: string;
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

export interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex, as `sha256sum` prints it. */
  readonly sha256: string;
}

/** What an export is, for whoever gets it. */
export interface Manifest {
  readonly generator: { readonly name: "grantline"; readonly version: string };
  readonly format: FormatId;
  /** The filters, by name. */
  readonly query: Readonly<Record<string, string>>;
  /** Read strictly after this position, up to and with `to`, the head the query was pinned to. */
  readonly from: Position;
  readonly to: Position;
  /** Events that matched. */
  readonly count: number;
  readonly files: readonly ExportedFile[];
  /** The signed checkpoint of the log that covers `to`, as text, where there is one. */
  readonly checkpoint?: string;
}

export interface SignedManifest extends Manifest {
  /** Over the canonical bytes of all the other members; absent when nobody could sign. `value` is base64. */
  readonly signature?: { readonly keyId: string; readonly algorithm: string; readonly value: string };
}

export async function signManifest(manifest: Manifest, signer: ManifestSigner | undefined): Promise<SignedManifest> {
  if (signer === undefined) return manifest;
  const value = Buffer.from(await signer.sign(manifestBytes(manifest))).toString("base64");
  return { ...manifest, signature: { keyId: signer.keyId, algorithm: signer.algorithm, value } };
}

/** Does the signature hold? False when there is none. */
export async function verifyManifest(
  manifest: SignedManifest,
  verify: (bytes: Uint8Array, signature: Uint8Array, keyId: string) => boolean | Promise<boolean>,
): Promise<boolean> {
  const { signature, ...signed } = manifest;
  return signature !== undefined && (await verify(manifestBytes(signed), Buffer.from(signature.value, "base64"), signature.keyId));
}

/** The bytes a signature covers: JSON without blanks, members in order of their names. Texts and whole numbers only, so RFC 8785 has no more to say. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return Buffer.from(canonical(manifest));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  // RFC 8785 §3.2.3: by UTF-16 code units, which is how `<` compares
  const sorted = members.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
