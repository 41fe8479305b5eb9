import type { StreamName } from "../catalogue/catalogue.ts";
import { classification, type Effect } from "./classification.ts";
import type { Revocation } from "./revocation.ts";

/** What validators have to be told when `event` was appended to `stream` (`grant-eu1…`). Data of the present version. Empty for types this release does not know. */
export function revocationsOf(stream: string, event: { readonly type: string; readonly data: object }): readonly Revocation[] {
  const dash = stream.indexOf("-");
  const effect = effectOf(stream.slice(0, Math.max(0, dash)), event.type);
  return typeof effect === "function" ? effect(stream.slice(dash + 1), event.data as never) : [];
}

/**
 * May something that was valid be invalid after an event of this type? By type alone, before any event is read. A type this release does not know
 * may take away anything.
 */
export function takesAway(type: string): boolean {
  return !HARMLESS.has(type);
}

/** Event types that may be a revocation: what a feed of revocations asks the store for. */
export const revocationTypes: readonly string[] = [
  ...new Set(all().flatMap(([type, effect]) => (typeof effect === "function" ? [type] : []))),
];

/** A name used in two streams is harmless only when it is in both. */
const HARMLESS: ReadonlySet<string> = harmless();

function harmless(): ReadonlySet<string> {
  const types = new Set(all().map(([type]) => type));
  for (const [type, effect] of all()) if (effect !== "nothing") types.delete(type);
  return types;
}

function all(): readonly (readonly [string, Effect])[] {
  return Object.values(classification).flatMap((effects) => Object.entries<Effect>(effects));
}

function effectOf(word: string, type: string): Effect | undefined {
  if (!Object.hasOwn(classification, word)) return undefined;
  const effects: Readonly<Record<string, Effect>> = classification[word as StreamName];
  return Object.hasOwn(effects, type) ? effects[type] : undefined;
}
