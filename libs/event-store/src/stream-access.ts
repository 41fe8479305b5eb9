import type { Position } from "./port.ts";
import type { Definitions } from "./seal.ts";
import type { CachedStream, StreamCache } from "./stream-cache.ts";
import type { StreamFold } from "./stream-fold.ts";

/** The streams of one decider, through the cache. */
export interface StreamAccess<S> {
  readonly definitions: Definitions;
  /** Are there states shared by other processes at all? */
  readonly sharing: boolean;
  cached(stream: string): CachedStream<S> | undefined;
  /** As it stands in the store now. Events never change, so what was folded stays true: reading on from there is reading past the cache. */
  read(stream: string, known?: CachedStream<S>): Promise<CachedStream<S>>;
  /** From the other processes of the region where they have shared it, else from the store. Good for accepting, not for refusing. */
  readShared(stream: string): Promise<CachedStream<S>>;
  /** Lets the other processes have a state that was just appended. */
  share(stream: string, entry: CachedStream<S>, asOf: Position): Promise<void>;
  /** Does something that leads to a newer state, and keeps that. Without one, or when it fails, what was believed is forgotten. */
  kept<T extends { readonly entry: CachedStream<S> | undefined }>(stream: string, work: () => Promise<T>): Promise<T>;
}

export function createStreamAccess<S>(cache: StreamCache, fold: StreamFold<S>): StreamAccess<S> {
  const cached = (stream: string) => cache.get(stream) as CachedStream<S> | undefined;

  const kept: StreamAccess<S>["kept"] = async (stream, work) => {
    const watch = cache.watch(stream);
    try {
      const done = await work();
      if (done.entry === undefined) cache.drop(stream, watch);
      else cache.put(stream, done.entry, watch);
      return done;
    } catch (error) {
      cache.drop(stream, watch);
      throw error;
    }
  };

  const read = async (stream: string, known?: CachedStream<S>): Promise<CachedStream<S>> => {
    const { entry } = await kept(stream, async () => {
      const held = cached(stream);
      return { entry: await fold.read(stream, held !== undefined && held.revision > (known?.revision ?? -2) ? held : known) };
    });
    return entry;
  };

  const readShared = async (stream: string): Promise<CachedStream<S>> => {
    if (!fold.sharing) return read(stream);
    const { entry } = await kept(stream, async () => ({ entry: await fold.shared(stream) }));
    if (entry !== undefined) return entry;
    const asOf = fold.position();
    const stored = await read(stream);
    // Sharing what was read spares the others the store; nobody waits for it, and it is guarded by its revision.
    void fold.share(stream, stored, asOf);
    return stored;
  };

  return { definitions: fold.definitions, sharing: fold.sharing, cached, read, readShared, share: fold.share, kept };
}
