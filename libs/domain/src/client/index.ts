import type { Decider } from "../kernel/index.ts";
import { decideClient } from "./decide.ts";
import { clientEvents } from "./events.ts";
import { evolveClient } from "./evolve.ts";
import type { ClientCommand, ClientEvent, ClientOutcome, ClientState } from "./types.ts";

export type * from "./types.ts";
export { clientEvents } from "./events.ts";

export const clientDecider: Decider<ClientState, ClientCommand, ClientEvent, ClientOutcome> = {
  stream: "client",
  events: clientEvents,
  initial: { status: "none" },
  decide: decideClient,
  evolve: evolveClient,
};
