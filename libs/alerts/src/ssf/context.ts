import type { ReceiverCommand, ReceiverOutcome, ReceiverState } from "@grantline/domain/receiver";
import type { StreamRepository } from "@grantline/event-store";
import type { OAuthContext } from "@grantline/oauth/context";
import type { SafeFetch } from "@grantline/oauth/outbound";
import type { ReadModel } from "@grantline/read-model";
import type { SignalSources } from "./signals.ts";

export interface SsfContext {
  readonly oauth: OAuthContext;
  readonly receivers: StreamRepository<ReceiverState, ReceiverCommand, ReceiverOutcome>;
  readonly readModel: Pick<ReadModel, "checkpoint" | "write" | "get" | "clear">;
  readonly sources: SignalSources;
  /** Would a push reach a public host? */
  readonly checkUrl: SafeFetch["check"];
}

/** Whose key seals what a receiver told us about itself. */
export function streamSubject(streamId: string): string {
  return `ssf-${streamId}`;
}
export const AUTHORIZATION = "authorization";
