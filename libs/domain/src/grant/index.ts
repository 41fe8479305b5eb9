import type { Decider } from "../kernel/index.ts";
import { decideGrant } from "./decide.ts";
import { grantEvents } from "./events.ts";
import { evolveGrant } from "./evolve.ts";
import type { GrantCommand, GrantEvent, GrantOutcome, GrantState } from "./types.ts";

export type * from "./types.ts";
export { grantEvents } from "./events.ts";
export { supersededHash } from "./superseded.ts";
export { standingLost, type StandingBasis } from "./standing-lost.ts";

export const grantDecider: Decider<GrantState, GrantCommand, GrantEvent, GrantOutcome> = {
  stream: "grant",
  events: grantEvents,
  initial: { status: "none" },
  decide: decideGrant,
  evolve: evolveGrant,
};
