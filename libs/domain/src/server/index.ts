import type { Decider } from "../kernel/index.ts";
import { decideServer } from "./decide.ts";
import { serverEvents } from "./events.ts";
import { evolveServer } from "./evolve.ts";
import type { ServerCommand, ServerEvent, ServerOutcome, ServerState } from "./types.ts";

export type * from "./types.ts";
export { serverEvents } from "./events.ts";

export const serverDecider: Decider<ServerState, ServerCommand, ServerEvent, ServerOutcome> = {
  stream: "server",
  events: serverEvents,
  initial: { status: "none" },
  decide: decideServer,
  evolve: evolveServer,
};
