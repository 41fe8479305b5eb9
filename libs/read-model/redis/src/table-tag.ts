/** What a table of parked events puts before the name of the table it belongs to. */
const PARKED = "parked.";

/**
 * The hash tag of a projection and its tables is the first word of their name: `grants` of `grants.v1`, `grants.v2`, `grants.v1~rebuild` and
 * `parked.grants.v1`. So a table is found by its name alone, and versions that take over from each other share a slot.
 */
export function tagOf(name: string): string {
  const plain = name.startsWith(PARKED) ? name.slice(PARKED.length) : name;
  return `rm.${/^[^.~]*/.exec(plain)?.[0] ?? ""}`;
}
