import { hash } from "node:crypto";
import type { FlagName } from "@grantline/domain/flag";

const SPAN = 2 ** 32;

/** Where a subject (or what stands in for one) lies in [0, 100) of a flag: always at the same place, and at another one of every other flag. */
export function bucketOf(flag: FlagName, unit: string): number {
  return (Number.parseInt(hash("sha256", `${flag}\n${unit}`, "hex").slice(0, 8), 16) / SPAN) * 100;
}
