const REST = "other";

/** Values of a label that operators or strangers make: the first so many as they are, all later ones together. A series each would be memory without a bound. */
export function boundedLabel(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return REST;
    known.add(value);
    return value;
  };
}
