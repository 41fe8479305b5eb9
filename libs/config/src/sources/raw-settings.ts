/** A tree of values as found, before the schema has looked at them. */
export type Tree = { [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path, undefined when the way there is blocked. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), tree);
}

/** Puts a value in place. Groups that are absent are made; a group that is something else is left for the schema to refuse. */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  // A group with nothing below it in the file ("server:") reads as null and means the same as no group.
  const group = tree[key] ?? {};
  tree[key] = group;
  if (isTree(group)) setAt(group, rest, value);
}
