import type { SegmentsCommand, SegmentsOutcome, SegmentsState } from "@grantline/domain/segments";
import type { StreamRepository } from "@grantline/event-store";
import type { SigningKeyVault } from "@grantline/keys";
import { createPublicKey } from "node:crypto";
import { createNoteSigner, type NoteSigner } from "../note/note.ts";

export type Segments = StreamRepository<SegmentsState, SegmentsCommand, SegmentsOutcome>;

export interface CheckpointKeyOptions {
  readonly vault: SigningKeyVault;
  readonly segments: Segments;
  readonly region: string;
  /** Names the log in every checkpoint, such as `auth.example.com/eu1`: no white space, no plus. */
  readonly origin: string;
  readonly clock: { now(): number };
}

const META = { correlationId: "audit", actor: { kind: "system", id: "audit" } } as const;

/** The key that signs checkpoints: the one the log names, else a new one. Of several processes that make one at once the first one's stays. */
export async function openCheckpointKey(options: CheckpointKeyOptions): Promise<NoteSigner> {
  const { vault, segments, region, origin, clock } = options;
  const known = (await segments.load(region, { fresh: true })).state.key;
  if (known !== undefined) return signerOf(vault, known.kid, known.vkey);
  const { kid } = await vault.create("EdDSA");
  const { vkey } = createNoteSigner(origin, await vault.privateKey(kid)).verifier;
  const { state } = await segments.execute(region, { kind: "create-key", now: clock.now(), kid, vkey }, META);
  if (state.key === undefined) throw new Error(`segments-${region} names no key after one was recorded`);
  if (state.key.kid !== kid) await vault.destroy(kid);
  return signerOf(vault, state.key.kid, state.key.vkey);
}

/** A verifier key's name may not change: the one the log was begun under stays, whatever the origin is set to later. */
async function signerOf(vault: SigningKeyVault, kid: string, vkey: string): Promise<NoteSigner> {
  const privateKey = await vault.privateKey(kid);
  const signer = createNoteSigner(vkey.slice(0, vkey.indexOf("+")), privateKey);
  if (signer.verifier.vkey !== vkey)
    throw new Error(`the key ${kid} in the vault is not the one the log names (${createPublicKey(privateKey).asymmetricKeyType})`);
  return signer;
}
