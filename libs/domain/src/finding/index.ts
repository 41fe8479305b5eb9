import type { Decider } from "../kernel/index.ts";
import { decideFinding } from "./decide.ts";
import { findingEvents } from "./events.ts";
import { evolveFinding } from "./evolve.ts";
import type { FindingCommand, FindingEvent, FindingOutcome, FindingState } from "./types.ts";

export type * from "./types.ts";
export { findingEvents } from "./events.ts";

export const findingDecider: Decider<FindingState, FindingCommand, FindingEvent, FindingOutcome> = {
  stream: "finding",
  events: findingEvents,
  initial: { status: "none" },
  decide: decideFinding,
  evolve: evolveFinding,
};
