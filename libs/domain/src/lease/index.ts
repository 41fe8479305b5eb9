import type { Decider } from "../kernel/index.ts";
import { decideLease } from "./decide.ts";
import { leaseEvents } from "./events.ts";
import { evolveLease } from "./evolve.ts";
import type { LeaseCommand, LeaseEvent, LeaseOutcome, LeaseState } from "./types.ts";

export type * from "./types.ts";
export { leaseEvents } from "./events.ts";

export const leaseDecider: Decider<LeaseState, LeaseCommand, LeaseEvent, LeaseOutcome> = {
  stream: "lease",
  events: leaseEvents,
  initial: { status: "free", term: 0 },
  decide: decideLease,
  evolve: evolveLease,
};
