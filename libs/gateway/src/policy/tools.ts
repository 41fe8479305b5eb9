import { fold } from "../message/fold.ts";
import type { ToolPolicy } from "@grantline/domain/server";

export type ToolVerdict =
  | { readonly kind: "allowed" }
  /** For nobody, or under another spelling of a name that has rules. */
  | { readonly kind: "denied" }
  /** For those whose token has these scopes as well. */
  | { readonly kind: "scopes"; readonly scopes: readonly string[] };

/**
 * May this tool be called with these scopes? Rules hold for every spelling a careless server might take for the name; what is allowed is allowed
 * in its own spelling alone.
 */
export function judgeTool(policy: ToolPolicy | undefined, name: string, held: readonly string[]): ToolVerdict {
  if (policy === undefined) return { kind: "allowed" };
  const folded = fold(name);
  const means = (rule: string): boolean => fold(rule) === folded;
  if (policy.deny?.some(means) === true) return { kind: "denied" };
  if (policy.allow !== undefined && !policy.allow.includes(name)) return { kind: "denied" };
  const needed = Object.entries(policy.scopes ?? {}).flatMap(([rule, scopes]) => (means(rule) ? scopes : []));
  const missing = needed.filter((scope) => !held.includes(scope));
  return missing.length === 0 ? { kind: "allowed" } : { kind: "scopes", scopes: needed };
}

/** What of a list of tools a caller is shown: all that could be called, also with more scope, for that can be asked for. */
export function visibleTools<T extends { readonly name?: unknown }>(policy: ToolPolicy | undefined, tools: readonly T[]): readonly T[] {
  return tools.filter(({ name }) => typeof name === "string" && judgeTool(policy, name, []).kind !== "denied");
}
