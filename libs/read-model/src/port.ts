import type { Position } from "@grantline/event-store";

/** One row of a projection. `columns` are what listings filter on; `value` is JSON. */
export interface ReadModelRow {
  readonly key: string;
  /** Guard: a write with a lower (epoch, revision) than the row has is ignored; equal ones are repeats and replace it. */
  readonly revision: number;
  readonly value: unknown;
  /** A list means the row is found under each of its values. */
  readonly columns?: Readonly<Record<string, string | readonly string[]>>;
  /** Epoch seconds after which the row may be dropped. */
  readonly expiresAt?: number;
}

export interface ListQuery {
  readonly where?: Readonly<Record<string, string>>;
  /** Opaque, from a former page. A foreign or tampered one throws `BadCursor`. */
  readonly cursor?: string;
  /** 1 to 1000; outside of that it is clamped. */
  readonly limit: number;
  /** From the highest key down. */
  readonly descending?: boolean;
}

export interface ListPage {
  readonly rows: readonly ReadModelRow[];
  readonly nextCursor?: string;
}

export class BadCursor extends Error {
  override readonly name = "BadCursor";
}

/** The checkpoint is not where the writer left it: another process cleared, rebuilt or moved the projection. */
export class CheckpointMoved extends Error {
  override readonly name = "CheckpointMoved";
}

/**
 * Rows of projections, by `table` ({projection}.v{version}), with one checkpoint a table set. Disposable (P6). A table
 * belongs to the projection that wrote it first. Rows come in the order of their keys (bytes).
 * `write` is atomic with the checkpoint it is given.
 */
export interface ReadModel {
  get(table: string, key: string): Promise<ReadModelRow | undefined>;
  list(table: string, query: ListQuery): Promise<ListPage>;
  /** With `after` (START: none yet) the write only happens while the checkpoint still stands there, else `CheckpointMoved`. */
  write(projection: string, writes: readonly ProjectionWrite[], checkpoint?: Position, after?: Position): Promise<void>;
  checkpoint(projection: string): Promise<Position | undefined>;
  /** Drops the projection's rows and checkpoint. */
  clear(projection: string): Promise<void>;
  /** At once: rows and checkpoint of `{projection}{suffix}` (tables named `{table}{suffix}`) take the place of the projection's own, which are dropped. */
  promote(projection: string, suffix: string): Promise<void>;
  close(): Promise<void>;
}

export type ProjectionWrite =
  | { readonly kind: "put"; readonly table: string; readonly row: ReadModelRow }
  | { readonly kind: "delete"; readonly table: string; readonly key: string; readonly revision: number };

export type Swapped = { readonly swapped: true } | { readonly swapped: false; readonly found?: string };

/** Short-lived things: seen jti, rate buckets, nonces. Losing them must never turn a no into a yes. */
export interface EphemeralStore {
  /** True when the key was not there (or had expired): the caller is the first. */
  addIfAbsent(key: string, expiresAt: number): Promise<boolean>;
  /** Sets a value, whatever was there. */
  put(key: string, value: string, expiresAt: number): Promise<void>;
  /** Undefined when it is not there, has expired or was lost. */
  get(key: string): Promise<string | undefined>;
  /** Adds to a counter that begins at 0 and dies at the `expiresAt` it was begun with; the count after it. `by`: a whole number, default 1. */
  increment(key: string, expiresAt: number, by?: number): Promise<number>;
  /** Sets a value where there is `expected` (undefined: nothing), in one step; else says what there is. */
  swap(key: string, expected: string | undefined, value: string, expiresAt: number): Promise<Swapped>;
  /** Epoch seconds since which this store has been complete: what happened before may have been lost. */
  completeSince(): Promise<number>;
}
