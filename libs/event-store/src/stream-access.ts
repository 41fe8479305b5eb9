import type { Definitions } from "./seal.ts";
import type { CachedStream, StreamCache } from "./stream-cache.ts";
import type { StreamFold } from "./stream-fold.ts";

/** The streams of one decider, through the cache. */
export interface StreamAccess<S> {
  readonly definitions: Definitions;
  cached(stream: string): CachedStream<S> | undefined;
  /** As it stands in the store now. Events never change, so what was folded stays true: reading on from there is reading past the cache. */
  read(stream: string, known?: CachedStream<S>): Promise<CachedStream<S>>;
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

  return { definitions: fold.definitions, cached, read, kept };
}
