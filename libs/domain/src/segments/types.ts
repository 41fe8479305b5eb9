import type { DomainEvent } from "../kernel/index.ts";

/** The key that signs checkpoints; apart from the token keys. Its private part lies wrapped in the vault under `kid`. */
export type CheckpointKeyCreated = DomainEvent<"CheckpointKeyCreated", { readonly kid: string; readonly vkey: string }>;

/** A day of the log, closed: which leaves of the tree belong to it, and the root over them. */
export interface SegmentRange {
  /** UTC day, yyyy-mm-dd. */
  readonly day: string;
  /** Index of its first leaf, and of the first after it. */
  readonly first: number;
  readonly end: number;
  /** Position of its last event. */
  readonly upTo: string;
  /** RFC 9162 §2.1.1 root over exactly these leaves, base64url. */
  readonly root: string;
}
export type SegmentClosed = DomainEvent<"SegmentClosed", SegmentRange & { readonly note: string }>;
/**
 * Its events were archived, the archive was verified, and the store may forget those that `gone` names: whole streams that had ended. It comes again when
 * more streams of the day have ended; `gone` then names all.
 */
export type SegmentDropped = DomainEvent<
  "SegmentDropped",
  SegmentRange & {
    /** Digest of the archive's manifest. */
    readonly archive: string;
    /** Which leaves of the day: run lengths, packed (libs/audit/src/segments/gone.ts). */
    readonly gone: string;
    /** How many. */
    readonly count: number;
    /** All of this, signed; without it nothing may be missing. */
    readonly note: string;
  }
>;
/** Nothing of these days may be dropped. Days are inclusive. */
export type LegalHoldPlaced = DomainEvent<
  "LegalHoldPlaced",
  { readonly hold: string; readonly fromDay: string; readonly untilDay: string; readonly reason: string }
>;
export type LegalHoldLifted = DomainEvent<"LegalHoldLifted", { readonly hold: string; readonly reason: string }>;
export type SegmentsEvent = CheckpointKeyCreated | SegmentClosed | SegmentDropped | LegalHoldPlaced | LegalHoldLifted;

export interface Segment extends SegmentRange {
  readonly closedAt: number;
  /** Digest of the archive's manifest, once dropped. */
  readonly archive?: string;
  /** Events the store may have forgotten. */
  readonly gone?: number;
}
export interface LegalHold {
  readonly hold: string;
  readonly fromDay: string;
  readonly untilDay: string;
  readonly reason: string;
  readonly placedAt: number;
}
export interface SegmentsState {
  readonly key?: { readonly kid: string; readonly vkey: string };
  /** In order of days. */
  readonly segments: readonly Segment[];
  /** Those that stand. */
  readonly holds: readonly LegalHold[];
}

export type SegmentsCommand =
  | { readonly kind: "create-key"; readonly now: number; readonly kid: string; readonly vkey: string }
  | { readonly kind: "close"; readonly now: number; readonly segment: SegmentRange; readonly note: string }
  /** `keptUntil`: end of the day's retention, epoch seconds. */
  | {
      readonly kind: "drop";
      readonly now: number;
      readonly day: string;
      readonly archive: string;
      readonly keptUntil: number;
      /** How many events of the day were gone when `gone` was put together. */
      readonly before: number;
      readonly gone: string;
      readonly count: number;
      readonly note: string;
    }
  | {
      readonly kind: "place-hold";
      readonly now: number;
      readonly hold: string;
      readonly fromDay: string;
      readonly untilDay: string;
      readonly reason: string;
    }
  | { readonly kind: "lift-hold"; readonly now: number; readonly hold: string; readonly reason: string };
export type SegmentsOutcome =
  | { readonly kind: "done" }
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "refused";
      readonly reason:
        | "key-exists"
        | "segment-gap"
        | "segment-unknown"
        | "segment-held"
        | "segment-retained"
        | "segment-moved"
        | "hold-exists"
        | "hold-unknown"
        | "hold-backwards";
    };
