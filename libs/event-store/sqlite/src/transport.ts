import type { AppendBatch, AppendReplies } from "./wire.ts";

/** A way to the writer. After `down` nothing more is answered and what was sent has an unknown outcome. */
export interface Transport {
  send(id: number, batch: AppendBatch): void;
  close(): Promise<void>;
}

export interface TransportEvents {
  replies(id: number, replies: AppendReplies): void;
  down(why: string): void;
}

/** Resolves when the writer is ready; rejects when it can't be had. */
export type OpenTransport = (events: TransportEvents) => Promise<Transport>;
