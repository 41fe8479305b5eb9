import type { Decision } from "../kernel/index.ts";
import type { UpstreamCommand, UpstreamEvent, UpstreamOutcome, UpstreamState } from "./types.ts";

type Decided = Decision<UpstreamEvent, UpstreamOutcome>;
type Of<K extends UpstreamCommand["kind"]> = Extract<UpstreamCommand, { kind: K }>;
type Refusal = Extract<UpstreamOutcome, { kind: "refused" }>;

const refuse = (outcome: Refusal): Decided => ({ events: [], outcome });

/**
 * Of all processes that find the tokens too old one asks the provider: its claim is the append that wins. A claim ends by an answer or by its
 * time, so that a process that died holds nobody up for longer.
 */
export function decideClaim({ now, claim, generation, until, after, unasked }: Of<"claim-refresh">, state: UpstreamState): Decided {
  if (state.status !== "connected") return refuse({ kind: "refused", reason: "not-connected" });
  const { connection } = state;
  if (connection.generation !== generation) return refuse({ kind: "refused", reason: "generation-moved" });
  if (state.claim !== undefined && now < state.claim.until) return refuse({ kind: "refused", reason: "claimed", until: state.claim.until });
  const rested = Math.max(state.retryAt ?? 0, after === 0 ? 0 : connection.refreshedAt + after);
  if (now < rested) return refuse({ kind: "refused", reason: "resting", until: rested });
  const next = state.issued + 1;
  return {
    events: [{ type: "UpstreamRefreshClaimed", data: { claim, generation: next, until, ...(unasked === undefined ? {} : { unasked }) } }],
    outcome: { kind: "claimed", generation: next },
  };
}

/**
 * Tokens are believed from whoever holds the claim, and from one that held it once and answers late when nobody brought newer ones: with a provider
 * that takes each refresh token once, the late answer holds the only tokens there are, and whoever asked after it was refused.
 */
export function decideRefreshed({ claim, generation, tokens }: Of<"refreshed">, state: UpstreamState): Decided {
  if (state.status !== "connected" && state.status !== "refused") return refuse({ kind: "refused", reason: "not-connected" });
  if (generation <= state.connection.generation || generation > state.issued) return refuse({ kind: "refused", reason: "superseded" });
  return {
    events: [{ type: "UpstreamRefreshed", data: { claim, generation, ...tokens } }],
    outcome: { kind: "done", generation },
  };
}

/** Only the present claim may say that it failed. */
export function decideRefreshFailed({ claim, reason, terminal, retryAt }: Of<"refresh-failed">, state: UpstreamState): Decided {
  if (state.status !== "connected") return refuse({ kind: "refused", reason: "not-connected" });
  if (state.claim?.id !== claim) return refuse({ kind: "refused", reason: "superseded" });
  return {
    events: [
      { type: "UpstreamRefreshFailed", data: { claim, reason, terminal, ...(terminal || retryAt === undefined ? {} : { retryAt }) } },
    ],
    outcome: { kind: "done", generation: state.connection.generation },
  };
}
