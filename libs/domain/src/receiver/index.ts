import type { Decider } from "../kernel/index.ts";
import { decideReceiver } from "./decide.ts";
import { receiverEvents } from "./events.ts";
import { evolveReceiver } from "./evolve.ts";
import type { ReceiverCommand, ReceiverEvent, ReceiverOutcome, ReceiverState } from "./types.ts";

export type * from "./types.ts";
export { receiverEvents } from "./events.ts";

export const receiverDecider: Decider<ReceiverState, ReceiverCommand, ReceiverEvent, ReceiverOutcome> = {
  stream: "receiver",
  events: receiverEvents,
  initial: { kind: "none" },
  decide: decideReceiver,
  evolve: evolveReceiver,
};
