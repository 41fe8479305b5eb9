import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { KeyringState, SigningAlg, SigningKey } from "@grantline/domain/keyring";
import type { SigningKeyVault } from "../port.ts";
import { KeyStoreError } from "../wrapping/key-store-error.ts";
import { signerFor, verifierFor } from "./jws.ts";

export interface ActiveKey {
  readonly kid: string;
  readonly alg: SigningAlg;
  readonly sign: (input: string) => string;
  /** Encoded protected headers by `typ`. */
  readonly headers: Map<string, string>;
}

export interface TrustedKey {
  readonly key: SigningKey;
  readonly verify: (input: string, signature: Buffer) => boolean;
}

/** The keyring as one moment shows it, ready for use without waiting: what signs, what verifies, what is published. */
export interface KeySnapshot {
  readonly revision: number;
  readonly keys: readonly SigningKey[];
  readonly active: ReadonlyMap<SigningAlg, ActiveKey>;
  readonly trusted: ReadonlyMap<string, TrustedKey>;
}

export const EMPTY_SNAPSHOT: KeySnapshot = { revision: -1, keys: [], active: new Map(), trusted: new Map() };

/** Builds the snapshot of a state. Keys known from the former one are not imported again. */
export async function takeSnapshot(
  state: KeyringState,
  revision: number,
  vault: SigningKeyVault,
  former: KeySnapshot,
): Promise<KeySnapshot> {
  const keys = Object.values(state.keys);
  const trusted = keys.filter((key) => key.status !== "compromised" && key.status !== "removed").map((key) => trust(key, former));
  const active = await Promise.all(keys.filter((key) => key.status === "active").map((key) => activate(key, vault, former)));
  return {
    revision,
    keys,
    trusted: new Map(trusted.map((one) => [one.key.kid, one])),
    active: new Map(active.filter((one) => one !== undefined).map((one) => [one.alg, one])),
  };
}

function trust(key: SigningKey, former: KeySnapshot): TrustedKey {
  const verify =
    former.trusted.get(key.kid)?.verify ?? verifierFor(key.alg, createPublicKey({ key: key.publicJwk as JsonWebKey, format: "jwk" }));
  return { key, verify };
}

async function activate({ kid, alg }: SigningKey, vault: SigningKeyVault, former: KeySnapshot): Promise<ActiveKey | undefined> {
  const known = former.active.get(alg);
  if (known?.kid === kid) return known;
  const privateKey = await findPrivateKey(vault, kid);
  return privateKey && { kid, alg, sign: signerFor(alg, privateKey), headers: new Map() };
}

/** Undefined when the vault does not hold the private part, as when it was restored from before the key was made. */
export async function findPrivateKey(vault: SigningKeyVault, kid: string) {
  return vault.privateKey(kid).catch((error: unknown) => {
    if (error instanceof KeyStoreError) return undefined;
    throw error;
  });
}
