import type { Load } from "./load.ts";
import type { Seeded } from "./seeded.ts";
import type { Stage } from "./stage.ts";
import type { World } from "./world.ts";

/** What a fault has at hand. */
export interface Arena {
  readonly world: World;
  readonly stage: Stage;
  readonly load: Load;
  readonly random: Seeded;
  /** Quick runs hold a fault for a shorter time. */
  readonly quick: boolean;
  /** Streams the projections have parked, once that has been looked at. */
  parked?: number;
  /** Something to be said of this run in the table. */
  note(text: string): void;
}

/** What a fault leaves to be done afterwards. */
export interface Struck {
  /** The fault ends. */
  heal(): Promise<void>;
  /** A lease that its holder can't keep meanwhile: another has to take it. */
  readonly duty?: string;
}

/** One cell of the matrix: what fails, and how. */
export interface Cell {
  /** `redis/sigkill`. */
  readonly id: string;
  /** In words, for the table. */
  readonly title: string;
  /** Seconds from the fault to its end. */
  readonly holdSeconds: { readonly full: number; readonly quick: number };
  /** What the world must have for it. */
  readonly needs?: "disks" | "clock";
  /** Seconds after which users must be served although the fault goes on; absent: they need not. */
  readonly servedWithin?: number;
  /** Failures that are allowed while it goes on; default yes. `none`: nobody may notice. */
  readonly noticed?: "none";
  strike(arena: Arena): Promise<Struck>;
  /** What more has to hold once all has settled; in words what does not. */
  judge?(arena: Arena): Promise<readonly string[]>;
}

/** Bounds that are promised, seconds, with room for a machine that others use too. */
export const BOUNDS = { front: 15, takeOver: 15, node: 45 } as const;
