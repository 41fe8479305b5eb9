import { SecretStoreUnavailable } from "../errors.ts";
import type { Secret, SecretStore } from "../port.ts";
import type { SecretName } from "../secret-name.ts";

export interface Successor {
  readonly value: string;
  /** Epoch seconds. */
  readonly expiresAt?: number;
}

export interface RotationOptions {
  readonly store: SecretStore;
  /** Epoch seconds. */
  readonly clock: { now(): number };
  /** How long before its end a secret is replaced, seconds. */
  readonly aheadSeconds: number;
  /** Gets the next value from whoever issued this one; undefined: not this hook's to rotate. Called for one secret at a time. */
  readonly rotate: (name: SecretName, secret: Secret) => Promise<Successor | undefined>;
  /** Told by name of what failed, and will be tried in the next round. */
  readonly onFailure: (name: SecretName, error: unknown) => void;
}

export interface RotationRound {
  readonly rotated: number;
  readonly failed: number;
}

/**
 * One round of the rotation service: secrets that end soon get their successors. For a duty under a lease (rotation-worker), so that one process of an
 * installation does it; `signal` is the lease's and stops the round between two secrets.
 * @throws SecretStoreUnavailable when the secrets can't be listed
 */
export async function rotateEndingSecrets(
  { store, clock, aheadSeconds, rotate, onFailure }: RotationOptions,
  signal?: AbortSignal,
): Promise<RotationRound> {
  const round = { rotated: 0, failed: 0 };
  for (const { name, expiresAt } of await store.list()) {
    signal?.throwIfAborted();
    if (expiresAt !== undefined && expiresAt > clock.now() + aheadSeconds) continue;
    try {
      // A listing may know no expiry where the secret itself does. The value is read afresh: another may have rotated it.
      const secret = await store.get(name);
      if (secret?.expiresAt === undefined || secret.expiresAt > clock.now() + aheadSeconds) continue;
      const next = await rotate(name, secret);
      if (next === undefined) continue;
      await store.set(name, next.value, next.expiresAt === undefined ? {} : { expiresAt: next.expiresAt });
      round.rotated += 1;
    } catch (error) {
      round.failed += 1;
      onFailure(name, error);
      if (error instanceof SecretStoreUnavailable && error.store === store.name) throw error;
    }
  }
  return round;
}
