import type { LegalHold, Segment } from "@grantline/domain/segments";
import { keptUntil } from "./kept-until.ts";

/** `due`: its retention is over, and `grantline audit drop` may let it go. */
export type DayStatus = "kept" | "held" | "due" | "dropped";

/** What may happen to a closed day. `retention` in seconds, `now` in epoch seconds. */
export function dayStatus({ day, archive }: Segment, holds: readonly LegalHold[], retention: number, now: number): DayStatus {
  if (archive !== undefined) return "dropped";
  if (isHeld(day, holds)) return "held";
  return now >= keptUntil(day, retention) ? "due" : "kept";
}

export function isHeld(day: string, holds: readonly LegalHold[]): boolean {
  return holds.some(({ fromDay, untilDay }) => fromDay <= day && day <= untilDay);
}
