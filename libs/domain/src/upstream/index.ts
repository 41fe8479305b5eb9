import type { Decider } from "../kernel/index.ts";
import { decideUpstream } from "./decide.ts";
import { upstreamEvents } from "./events.ts";
import { evolveUpstream } from "./evolve.ts";
import type { UpstreamCommand, UpstreamEvent, UpstreamOutcome, UpstreamState } from "./types.ts";

export type * from "./types.ts";
export { upstreamEvents } from "./events.ts";

export const upstreamDecider: Decider<UpstreamState, UpstreamCommand, UpstreamEvent, UpstreamOutcome> = {
  stream: "upstream",
  events: upstreamEvents,
  initial: { status: "none", issued: 0, attempts: {} },
  decide: decideUpstream,
  evolve: evolveUpstream,
};
