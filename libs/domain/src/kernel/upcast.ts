import type { AnyEventDefinition } from "./event.ts";

/**
 * Lifts the data of an event written by an older release to the present version, one version at a time (P8).
 * Undefined when this reader cannot read it: a type it does not know, a version newer than its own, or a missing step.
 * The caller then judges by P11. The data given is not changed.
 */
export function upcast(
  definitions: Readonly<Record<string, Pick<AnyEventDefinition, "version" | "upcasters">>>,
  type: string,
  version: number,
  data: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const definition = Object.hasOwn(definitions, type) ? definitions[type] : undefined;
  if (!definition || !Number.isInteger(version) || version < 1 || version > definition.version) return undefined;
  let lifted = data;
  for (let from = version; from < definition.version; from += 1) {
    const step = definition.upcasters?.[from];
    if (!step) return undefined;
    lifted = step({ ...lifted });
  }
  return lifted;
}
