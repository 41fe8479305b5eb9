import type { Decider, DomainEvent, Outcome } from "@grantline/domain/kernel";
import type { EventMeta, Position } from "./port.ts";

/** A stream's folded state and where it stands. `revision` -1: the stream does not exist. */
export interface Loaded<S> {
  readonly state: S;
  readonly revision: number;
  /** Hash of the last event, "" when none. */
  readonly hash: string;
}

export interface Executed<S, O> {
  readonly outcome: O;
  readonly state: S;
  readonly revision: number;
  /** Of the last event appended; undefined when nothing was. */
  readonly position?: Position;
}

/**
 * Runs one decider against its streams: load (cache, snapshot, store) → decide → append at the expected revision →
 * write-through → answer. On a conflict it reloads and decides again, bounded and jittered. A refusal is decided only on
 * state just read from the store; a cached state may only accept (architecture.md §4).
 */
export interface StreamRepository<S, C, O extends Outcome> {
  /** Latest state this instance knows; `fresh` reads past every cache. Never older than a revocation acknowledged before the call (P5). */
  load(id: string, options?: { readonly fresh?: boolean }): Promise<Loaded<S>>;
  /**
   * `load` for the hot path, without a promise: undefined when the state is not in memory (then `load`). A stream known not to
   * exist is answered too, with revision -1. Same guarantee as `load`.
   */
  loadCached(id: string): Loaded<S> | undefined;
  /** `loadCached` of one stream, for who asks again and again: its name is made once. */
  cachedReads(id: string): () => Loaded<S> | undefined;
  execute(id: string, command: C, meta: CommandMeta): Promise<Executed<S, O>>;
  /** The stream name for an id: `grant-{id}`. */
  stream(id: string): string;
}

/** Everything of the envelope a handler knows; ids, time, region and service are added by the runtime. */
export type CommandMeta = Pick<EventMeta, "correlationId" | "actor" | "traceparent" | "ip" | "userAgent" | "causationId">;

/** A fold kept to shorten the next one. Disposable: it is checked against the stream and dropped when it does not fit. */
export interface Snapshot {
  /** Of the decider that folded it; another one's snapshot is not used. */
  readonly fold: string;
  readonly state: unknown;
  readonly revision: number;
  readonly hash: string;
}

export interface SnapshotStore {
  get(stream: string): Promise<Snapshot | undefined>;
  put(stream: string, snapshot: Snapshot): Promise<void>;
}

export interface StreamRuntime {
  repository<S, C, E extends DomainEvent, O extends Outcome>(decider: Decider<S, C, E, O>): StreamRepository<S, C, O>;
}
