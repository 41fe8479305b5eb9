import type { Decider } from "../kernel/index.ts";
import { decideLogin } from "./decide.ts";
import { loginEvents } from "./events.ts";
import { evolveLogin } from "./evolve.ts";
import type { LoginCommand, LoginEvent, LoginOutcome, LoginState } from "./types.ts";

export type * from "./types.ts";
export { loginEvents } from "./events.ts";

export const loginDecider: Decider<LoginState, LoginCommand, LoginEvent, LoginOutcome> = {
  stream: "login",
  events: loginEvents,
  initial: { status: "none" },
  decide: decideLogin,
  evolve: evolveLogin,
};
