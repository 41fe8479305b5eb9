export interface CacheOptions {
  /** How long an answer is good, milliseconds; 0 keeps nothing. */
  readonly ttlMs: number;
  readonly max: number;
  readonly nowMs: () => number;
}

interface Entry<T> {
  readonly answer: T;
  readonly untilMs: number;
}

/** The latest answers by name, the least recently used one leaving first. "There is none" is an answer too. */
export function createCache<T>({ ttlMs, max, nowMs }: CacheOptions) {
  const entries = new Map<string, Entry<T>>();
  return {
    /** Undefined when nothing good is kept; the answer itself is in a box. */
    find(name: string): { readonly answer: T } | undefined {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      entries.delete(name);
      if (nowMs() >= entry.untilMs) return undefined;
      entries.set(name, entry);
      return entry;
    },
    keep(name: string, answer: T): void {
      if (ttlMs <= 0) return;
      entries.delete(name);
      entries.set(name, { answer, untilMs: nowMs() + ttlMs });
      const oldest = entries.keys().next().value;
      if (entries.size > max && oldest !== undefined) entries.delete(oldest);
    },
    drop: (name: string): void => void entries.delete(name),
    clear: (): void => entries.clear(),
  };
}
