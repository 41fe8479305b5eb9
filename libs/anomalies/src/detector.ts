import type { AnomalyKind, Evidence, FindingTarget, Severity } from "@grantline/domain/finding";
import type { Memory } from "./memory.ts";
import type { Observation } from "./observation.ts";

/** What a detector says. */
export interface Found {
  readonly kind: AnomalyKind;
  readonly severity: Severity;
  /** Names it once: the same happening found again has the same key. */
  readonly key: string;
  readonly target: FindingTarget;
  readonly evidence: readonly Evidence[];
  readonly count: number;
  readonly since: number;
  readonly until: number;
}

/**
 * A fold: what it found follows from its memory and the observation alone. No clock (the time is the event's), no I/O, no randomness; it touches nothing but the
 * memory it is given.
 */
export interface Detector<T extends object = object> {
  readonly kind: AnomalyKind;
  /** Keys remembered at most. */
  readonly most: number;
  observe(memory: Memory<T>, seen: Observation): readonly Found[];
  /** Is this remembered of the person? It goes when they are erased (P9). Absent: nothing of a person is remembered. */
  isOf?(subject: string, key: string, remembered: T): boolean;
}

/** Events kept as evidence. */
export const MOST_EVIDENCE = 20;
export const NOTHING: readonly Found[] = [];

export function evidenceOf({ position, id }: Observation): Evidence {
  return { position, id };
}

export function withEvidence(evidence: readonly Evidence[], seen: Observation): readonly Evidence[] {
  return [...evidence.slice(1 - MOST_EVIDENCE), evidenceOf(seen)];
}

export function targetOf({ clientId, subject, grantId }: Observation): FindingTarget {
  return {
    ...(clientId === undefined ? {} : { clientId }),
    ...(subject === undefined ? {} : { subject }),
    ...(grantId === undefined ? {} : { grantId }),
  };
}
