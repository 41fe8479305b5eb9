import { LRUCache } from "lru-cache";

/** What a detector knows, by key: bounded, plain data, and the same after the same events. The least recently touched goes first. */
export interface Memory<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  /** Looks at all there is: for what is rare. */
  deleteWhere(goes: (key: string, value: T) => boolean): void;
  save(): readonly (readonly [string, T])[];
  load(saved: readonly (readonly [string, T])[]): void;
}

export function createMemory<T extends object>(most: number): Memory<T> {
  const kept = new LRUCache<string, T>({ max: most });
  return {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    delete: (key) => void kept.delete(key),
    deleteWhere(goes) {
      // found first: a cache is not to be changed while it is walked through
      const gone = [...kept.entries()].filter(([key, value]) => goes(key, value));
      for (const [key] of gone) kept.delete(key);
    },
    // the oldest first, so that loading touches them in the old order
    save: () => [...kept.entries()].toReversed(),
    load(saved) {
      kept.clear();
      for (const [key, value] of saved) kept.set(key, value);
    },
  };
}
