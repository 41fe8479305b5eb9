import type { Loaded } from "@grantline/event-store";

/** What the witness must be able to watch: a repository's reads. */
interface Readable {
  load(id: string, options?: { readonly fresh?: boolean }): Promise<Loaded<unknown>>;
  loadCached(id: string): Loaded<unknown> | undefined;
  cachedReads(id: string): () => Loaded<unknown> | undefined;
}

interface Seen {
  readonly repository: Readable;
  readonly id: string;
  readonly loaded: Loaded<unknown>;
  readonly again: () => Loaded<unknown> | undefined;
}

export interface Witness<Context> {
  /** The context, with the repositories' reads written down. */
  readonly context: Context;
  /** Do all states that were read still stand as they were? As exact as `loadCached`, in every process (P5). */
  holds(): boolean;
}

/**
 * Lets a judgement be kept: it reads through `context`, and as long as `holds()` it would read the very same states again. The runtime's cache gives the
 * same `Loaded` value back until its stream changes, here or in another process.
 */
export function witnessed<Context extends object, Name extends keyof Context>(context: Context, names: readonly Name[]): Witness<Context> {
  const seen: Seen[] = [];
  const watched: Partial<Record<Name, unknown>> = {};
  for (const name of names) watched[name] = watching(context[name] as Readable, seen);
  return {
    context: { ...context, ...watched },
    holds: () => seen.every(({ loaded, again }) => again() === loaded),
  };
}

function watching(repository: Readable, seen: Seen[]): Readable {
  const note = (id: string, loaded: Loaded<unknown>): void => {
    // Read twice and found the same, it is looked at once
    if (seen.some((one) => one.loaded === loaded && one.repository === repository && one.id === id)) return;
    seen.push({ repository, id, loaded, again: repository.cachedReads(id) });
  };
  return {
    ...repository,
    async load(id, options) {
      const loaded = await repository.load(id, options);
      note(id, loaded);
      return loaded;
    },
    loadCached(id) {
      const loaded = repository.loadCached(id);
      if (loaded !== undefined) note(id, loaded);
      return loaded;
    },
  };
}
