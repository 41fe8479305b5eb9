import type { Failure } from "./errors.ts";
import type { AppendBatch, AppendReplies } from "./wire.ts";

export interface WriterData {
  readonly file: string;
  /** Socket path for other processes. */
  readonly listen?: string;
  /** One Int32, raised with each commit that holds another process's events, before anybody is answered. */
  readonly unseenCommits: SharedArrayBuffer;
}

export type ToWriter = { readonly kind: "append"; readonly id: number; readonly batch: AppendBatch } | { readonly kind: "close" };

export type FromWriter =
  | { readonly kind: "ready" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "replies"; readonly id: number; readonly replies: AppendReplies }
  | { readonly kind: "closed" };
