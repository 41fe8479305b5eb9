import type { Decider } from "../kernel/index.ts";
import { decideToken } from "./decide.ts";
import { tokenEvents } from "./events.ts";
import { evolveToken } from "./evolve.ts";
import type { TokenCommand, TokenEvent, TokenOutcome, TokenState } from "./types.ts";

export type * from "./types.ts";
export { tokenEvents } from "./events.ts";

export const tokenDecider: Decider<TokenState, TokenCommand, TokenEvent, TokenOutcome> = {
  stream: "token",
  events: tokenEvents,
  initial: { status: "none" },
  decide: decideToken,
  evolve: evolveToken,
};
