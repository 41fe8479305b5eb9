import type { Position } from "@grantline/event-store";

/** `events`: everything. `revocations`: compacted, the last word on each thing. `alerts`: what a security team is woken for. */
export type FeedTopic = "events" | "revocations" | "alerts";

export interface FeedMessage {
  readonly topic: FeedTopic;
  /** Messages of one key keep their order. */
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly value: string;
}

/** Where the relay publishes to. An adapter knows the technology; nothing else does. */
export interface Publisher {
  /**
   * In the order given for each key. Resolves once all of them are acknowledged as durable; rejects when that can't be said, and then
   * some may have arrived: whoever calls publishes them all again.
   */
  publish(messages: readonly FeedMessage[]): Promise<void>;
  /**
   * The position up to which everything is known to have been published, told from what was published itself (header `after`). For when the
   * checkpoint was lost. Undefined when there is nothing to tell it from.
   */
  published(): Promise<Position | undefined>;
  close(): Promise<void>;
}
