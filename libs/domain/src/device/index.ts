import type { Decider } from "../kernel/index.ts";
import { decideDevice } from "./decide.ts";
import { deviceEvents } from "./events.ts";
import { evolveDevice } from "./evolve.ts";
import type { DeviceCommand, DeviceEvent, DeviceOutcome, DeviceState } from "./types.ts";

export type * from "./types.ts";
export { deviceEvents } from "./events.ts";

export const deviceDecider: Decider<DeviceState, DeviceCommand, DeviceEvent, DeviceOutcome> = {
  stream: "device",
  events: deviceEvents,
  initial: { status: "none" },
  decide: decideDevice,
  evolve: evolveDevice,
};
