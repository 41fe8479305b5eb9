import type { KeyringState, SigningAlg, SigningKey } from "@grantline/domain/keyring";

/** When signing keys follow one another, seconds. */
export interface KeySchedule {
  /** How long a key signs. */
  readonly rotation: number;
  /** How long before it signs a key is in the JWKS. */
  readonly publishAhead: number;
  /** How long a replaced key stays in the JWKS: longest token lifetime and a margin. */
  readonly retireFor: number;
}

export type Step =
  | { readonly kind: "make"; readonly alg: SigningAlg }
  | { readonly kind: "publish"; readonly kid: string }
  | { readonly kind: "activate"; readonly kid: string }
  | { readonly kind: "remove"; readonly kid: string };

export interface Due {
  readonly algs: readonly SigningAlg[];
  readonly schedule: KeySchedule;
  readonly now: number;
  /** Is the private part in the vault? What is not there is never activated. */
  readonly usable: (kid: string) => boolean;
}

/**
 * The one next thing to do, undefined when nothing is due. Pure, and the same for everybody who looks at the same state:
 * processes that tick at once do the same step, and all but one find it done.
 */
export function nextStep(state: KeyringState, due: Due): Step | undefined {
  for (const alg of due.algs) {
    const step = stepFor(alg, state, due);
    if (step) return step;
  }
  const old = Object.values(state.keys).find((key) => key.status === "retired" && (key.removeAfter ?? 0) <= due.now);
  return old && { kind: "remove", kid: old.kid };
}

function stepFor(alg: SigningAlg, state: KeyringState, { schedule, now, usable }: Due): Step | undefined {
  const active = Object.values(state.keys).find((key) => key.alg === alg && key.status === "active");
  const successor = successorOf(alg, state, usable);
  // Nothing can sign: no time to publish ahead.
  if (!active || !usable(active.kid)) return towardsActive(alg, successor);
  const dueAt = (active.activatedAt ?? active.createdAt) + schedule.rotation;
  if (now < dueAt - schedule.publishAhead) return undefined;
  if (successor?.status !== "published") return towardsActive(alg, successor);
  return now >= Math.max(dueAt, (successor.publishedAt ?? now) + schedule.publishAhead)
    ? { kind: "activate", kid: successor.kid }
    : undefined;
}

function towardsActive(alg: SigningAlg, successor: SigningKey | undefined): Step {
  if (!successor) return { kind: "make", alg };
  return { kind: successor.status === "published" ? "activate" : "publish", kid: successor.kid };
}

/**
 * The key that takes over next: a published one before one that is only made, else the first in the stream. A state keeps its keys in
 * the order of their creation events, so a key made a moment later by another process never overtakes.
 */
function successorOf(alg: SigningAlg, state: KeyringState, usable: (kid: string) => boolean): SigningKey | undefined {
  const candidates = Object.values(state.keys).filter((key) => key.alg === alg && usable(key.kid));
  return candidates.find((key) => key.status === "published") ?? candidates.find((key) => key.status === "created");
}
