import type { Position } from "@grantline/event-store";

/** An event as detectors see it. Networks and agents are keyed fingerprints (P9): good for telling same from other, and for nothing else. */
export interface Observation {
  readonly position: Position;
  readonly id: string;
  /** Epoch seconds, of the event itself. */
  readonly at: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly subject?: string;
  readonly clientId?: string;
  readonly grantId?: string;
  /** Who sat at the address: the person before a browser, or the client's own machine. */
  readonly from?: "person" | "client";
  /** Of one subject, so that two people in one office can't be linked; of strangers, of the installation. */
  readonly network?: string;
  readonly agent?: string;
}
