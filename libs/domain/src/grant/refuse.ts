import type { Decision } from "../kernel/index.ts";
import type { GrantEvent, GrantOutcome, GrantRefusal } from "./types.ts";

/** A refusal, with the events that make it matter. */
export function refuse(reason: GrantRefusal, ...events: readonly GrantEvent[]): Decision<GrantEvent, GrantOutcome> {
  return { events, outcome: { kind: "refused", reason } };
}
