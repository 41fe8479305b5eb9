import type { LogFault, Position } from "@grantline/event-store";

export type AuditFault =
  | LogFault
  /** The tree has another event in this place: the one found was altered with its whole chain, inserted, or moved here. */
  | "not-in-tree"
  /** The tree has an event for this place, and the log has none: it was removed. */
  | "removed"
  /** The log ends before the tree does. */
  | "cut-off"
  /** Up to this leaf the log does not give the root that was signed; without the tree's files the place can't be told better. */
  | "root-mismatch"
  /** The log gives the roots that were signed; the tree's files do not. */
  | "tree-altered"
  /** A checkpoint's signature does not hold. */
  | "signature"
  /** Two signed checkpoints contradict each other. */
  | "split-view"
  /** A closed segment does not have the root that was signed for it. */
  | "segment-mismatch"
  /** A file of an archive is not the one its manifest names. */
  | "file-altered";

/** How far signed checkpoints reach. */
export interface Covered {
  /** Checkpoints the log was held against. */
  readonly checkpoints: number;
  /** Leaves under the last of them. */
  readonly leaves: number;
  /** Of the last event under it. */
  readonly position: Position;
  /** Events after it, which only their streams' chains vouch for. */
  readonly tail: number;
}

export type AuditVerification =
  | ({ readonly kind: "intact"; readonly events: number; readonly streams: number; readonly dropped: number } & Covered)
  | {
      readonly kind: "broken";
      readonly why: AuditFault;
      /** The first bad position; absent when only the leaf is known, or no place at all. */
      readonly position?: Position;
      readonly leaf?: number;
      readonly stream?: string;
      readonly revision?: number;
      /** The bad place lies between this leaf and `leaf`. */
      readonly afterLeaf?: number;
      /** Of an archive. */
      readonly file?: string;
      readonly events: number;
    };
export type Broken = Extract<AuditVerification, { kind: "broken" }>;
