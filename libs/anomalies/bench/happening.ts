import type { AnomalyKind } from "@grantline/domain/finding";
import type { Observation } from "../src/observation.ts";

/** What happens, before it has a place in a log. */
export type Happening = Omit<Observation, "position" | "id">;

/** An attack that was planted, and whom a finding of it has to name. */
export interface Planted {
  readonly kind: AnomalyKind;
  readonly from: number;
  readonly until: number;
  readonly subject?: string;
  readonly clientId?: string;
  readonly happenings: readonly Happening[];
}

export const MINUTE = 60;
export const DAY = 86_400;
export const START_AT = 1_900_000_000 - (1_900_000_000 % DAY);

export function at(time: number, type: string, more: Partial<Happening> = {}): Happening {
  return { at: Math.floor(time), type, data: {}, ...more };
}
