/** Are two values the same JSON? Order of members does not count, order of elements does. Deciders use it to append nothing when nothing changes. */
export function equalData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => equalData(item, b[i]));
  return equalMembers(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>);
}

function equalMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && equalData(a[name], b[name]));
}
