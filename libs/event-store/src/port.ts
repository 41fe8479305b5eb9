import type { DomainEvent, Recorded } from "@grantline/domain/kernel";

/** The store's global order of an event: a decimal string, opaque to callers. Compare with `comparePositions`. */
export type Position = string;
export const START: Position = "0";

/** A stream that must not exist. */
export const NO_STREAM = -1;

export interface Actor {
  readonly kind: "user" | "client" | "agent" | "operator" | "system";
  readonly id: string;
}

export interface EventMeta {
  readonly correlationId: string;
  readonly causationId?: string;
  readonly traceparent?: string;
  readonly actor: Actor;
  readonly region: string;
  readonly service: string;
  /** Sealed (P9). */
  readonly ip?: string;
  readonly userAgent?: string;
}

/**
 * An event ready to be stored. `body` is the exact JSON text of {id, stream, revision, type, version, at, data, meta, ignorable?};
 * `hash` = base64url SHA-256(previous hash of the stream, or "" for the first, ‖ body): P10. Stores keep both byte for byte.
 */
export interface SealedEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly body: string;
  readonly hash: string;
}

export interface StoredEvent extends SealedEvent {
  readonly position: Position;
}

/** A stored event without its body: its link in its stream's chain, and when it was recorded. What the tree of the log is made of (P10). */
export interface EventLink {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly hash: string;
  /** yyyy-mm-dd, UTC, of the envelope's `at`. */
  readonly day: string;
}

/** A stored event with its body parsed. `at` as epoch seconds is `atSeconds`. */
export interface ReadEvent<E extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly hash: string;
  readonly at: string;
  readonly version: number;
  readonly meta: EventMeta;
  readonly event: Recorded<E>;
  /** True when the definitions given do not know this type, or only an older version of it; `event.data` is then as written. */
  readonly unknown?: true;
  /** True when the writer marked it as skippable by readers that do not know it (P11). */
  readonly ignorable?: true;
}

export type AppendResult =
  | { readonly kind: "appended"; readonly position: Position; readonly revision: number }
  /** The stream is not at the expected revision; `actual` is where it is. */
  | { readonly kind: "conflict"; readonly actual: number };

/** The store can't be reached or did not answer: the outcome is unknown. Retry with the same event ids and expected revision. */
export class EventStoreUnavailable extends Error {
  override readonly name: string = "EventStoreUnavailable";
}

/** One stream that was appended to, and the revision it reached. */
export interface StreamChange {
  readonly stream: string;
  readonly revision: number;
}

/**
 * Keeps caches exact across processes (P5). `poll` is synchronous and cheap; it names the streams appended to since the last
 * poll, and everything acknowledged to any process before the call is among them. "many": too much to list, drop every cache.
 */
export interface ChangeCursor {
  poll(): readonly StreamChange[] | "many";
}

/** What a reader wants of the whole log; the store leaves the rest out before it reads bodies. */
export interface EventFilter {
  /** Only events of these types. */
  readonly types?: readonly string[];
  /** No streams with this prefix. */
  readonly except?: string;
}

/** What was appended after a position: names only, no bodies. "many": too much to list, drop every cache. */
export interface ChangesSince {
  readonly changes: readonly StreamChange[] | "many";
  /** Everything up to here is among them. */
  readonly position: Position;
}

/**
 * The source of truth. One contract suite (`@grantline/event-store/contract`) for every adapter.
 * - `append` resolves only after the events are durable (P1). Atomic. Same event ids at the same place again: `appended`, nothing new.
 * - reading by position never skips an event that gets a lower position later (gap-free under concurrent writers).
 */
export interface EventStore {
  append(stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult>;
  /** In order of revision from `fromRevision` (inclusive, default 0), at most `limit`. */
  readStream(stream: string, fromRevision?: number, limit?: number): Promise<readonly StoredEvent[]>;
  /** The last event of a stream, for its revision and hash. */
  readLast(stream: string): Promise<StoredEvent | undefined>;
  /** All streams, in order of position, strictly after `after`. With a filter `limit` counts what passes it. */
  readAll(after: Position, limit: number, filter?: EventFilter): Promise<readonly StoredEvent[]>;
  /** The same as `readAll` without a filter, but no bodies, for who takes in every event there is. Without it `readAll` has to do. */
  readLinks?(after: Position, limit: number): Promise<readonly EventLink[]>;
  /** Position of the newest event, START when empty. A read barrier: sees everything acknowledged before the call, by any process. */
  head(): Promise<Position>;
  /**
   * Live feed after `from`: at least once, in order. The callback is awaited before the next batch. `upTo`: every event up to this position that
   * passes the filter has now been handed over; with a filter it may lie beyond the last event, and a batch may be empty to tell it (at the
   * latest a second after the log has grown).
   */
  subscribe(from: Position, onEvents: OnEvents, filter?: EventFilter): Subscription;
  /** A new cursor, starting now; streams with the prefix `except` are not told. Undefined, or no such method: nobody else can write to this store, caches need no check. */
  changes?(except?: string): ChangeCursor | undefined;
  /**
   * For stores behind a network, where no synchronous look is possible: the streams appended to after `after`, names only, without those with the prefix
   * `except`. A read barrier like `head`: everything acknowledged before the call, by any process, is among them.
   */
  readChanges?(after: Position, except?: string): Promise<ChangesSince>;
  /** Calls back soon after anybody has appended (LISTEN/NOTIFY or like); never relied upon, only spares waiting. Returns its end. */
  onAppended?(wake: () => void): () => void;
  /**
   * Forgets whole streams that still end at the revision given (P13): their rows and their names, which may be begun anew. Positions stay as they are, so gaps
   * are left; nothing is ever renumbered. Broken off, it may be called again with the same. The newest stream stays. Answers how many events went. Only for
   * `grantline audit drop`, which first writes to the log what goes. May need rights that serving processes do not have.
   */
  dropStreams?(streams: readonly StreamChange[]): Promise<number>;
  close(): Promise<void>;
}

export type OnEvents = (events: readonly StoredEvent[], upTo: Position) => Promise<void> | void;

export interface Subscription {
  close(): Promise<void>;
}

export function comparePositions(a: Position, b: Position): number {
  return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length;
}
