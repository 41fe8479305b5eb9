import type { Decider } from "../kernel/index.ts";
import { decideFlag } from "./decide.ts";
import { flagEvents } from "./events.ts";
import { evolveFlag } from "./evolve.ts";
import type { FlagCommand, FlagEvent, FlagOutcome, FlagState } from "./types.ts";

export type * from "./types.ts";
export { evaluateFlag, type FlagAbout, type FlagReason, type FlagVerdict } from "./evaluate.ts";
export { flagEvents } from "./events.ts";
export { defaultSetting, isFlagName, KNOWN_FLAGS, type FlagName, type KnownFlag } from "./known-flags.ts";

export const flagDecider: Decider<FlagState, FlagCommand, FlagEvent, FlagOutcome> = {
  stream: "flag",
  events: flagEvents,
  initial: { status: "default", changes: 0 },
  decide: decideFlag,
  evolve: evolveFlag,
};
