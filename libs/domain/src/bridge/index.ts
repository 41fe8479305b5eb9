import type { Decider } from "../kernel/index.ts";
import { decideBridge } from "./decide.ts";
import { bridgeEvents } from "./events.ts";
import { evolveBridge } from "./evolve.ts";
import type { BridgeCommand, BridgeEvent, BridgeOutcome, BridgeState } from "./types.ts";

export type * from "./types.ts";
export { bridgeEvents } from "./events.ts";
export { currentKey, isComplete, nextStep, type BridgeStep, type BridgeTimes } from "./next-step.ts";

export const bridgeDecider: Decider<BridgeState, BridgeCommand, BridgeEvent, BridgeOutcome> = {
  stream: "bridge",
  events: bridgeEvents,
  initial: { status: "none", life: 0 },
  decide: decideBridge,
  evolve: evolveBridge,
};
