import type { EventStore, StoredEvent } from "@grantline/event-store";
import type { FeedLog } from "../log.port.ts";

/** Which revision of each stream was handled last. */
export interface RevisionLedger {
  /** Undefined: not known. */
  get(stream: string): Promise<number | undefined>;
  put(stream: string, revision: number): Promise<void>;
  /** Never forgets, over restarts either: a stream it does not know was never handled. */
  readonly complete: boolean;
}

/** An event that could not be handled, or that came behind such a one in its stream (P11). */
export interface ParkedMessage {
  readonly event: StoredEvent;
  /** `handler-failed: …`, `gap`, or `stream-parked`. */
  readonly reason: string;
}

export interface ParkedMessages {
  park(message: ParkedMessage): Promise<void>;
  /** Does the stream have a parked event? */
  blocks(stream: string): Promise<boolean>;
  /** Of a stream by revision; of all streams, by stream and revision, when none is named. */
  list(stream?: string): Promise<readonly ParkedMessage[]>;
  drop(event: Pick<StoredEvent, "stream" | "revision">): Promise<void>;
}

export interface ConsumerMetrics {
  feed(name: string, state: { readonly parked?: number; readonly behind?: number; readonly lagSeconds?: number }): void;
}

export interface SequencerOptions {
  /** Of the consumer, for log and metrics. */
  readonly name: string;
  /**
   * Handles one event; must bear a repetition. Each stream's come in order and without a gap. A throw is tried again a few times, then the event is
   * parked; a throw of EventStoreUnavailable, or of what `transient` knows, is tried again for ever.
   */
  readonly onEvent: (event: StoredEvent) => Promise<void> | void;
  readonly parked: ParkedMessages;
  readonly ledger?: RevisionLedger;
  /** Where missing events are read from. Without it a gap parks its stream. */
  readonly store?: Pick<EventStore, "readStream">;
  readonly transient?: (error: unknown) => boolean;
  readonly log: FeedLog;
  readonly metrics?: ConsumerMetrics;
  /** First pause before an event is tried again. */
  readonly pauseMs?: number;
}

export interface Sequencer {
  /** Resolves when the event, and what was missing before it, has been handled, known as a duplicate, or parked. `waiting` is called before each pause. */
  take(event: StoredEvent, waiting?: () => Promise<void>): Promise<"handled" | "duplicate" | "parked">;
  /** After a fix: tries a parked stream again, in order, up to the first that still fails. How many were handled. */
  retry(stream: string): Promise<number>;
}
