import type { Decider } from "../kernel/index.ts";
import { decideKeyring } from "./decide.ts";
import { keyringEvents } from "./events.ts";
import { evolveKeyring } from "./evolve.ts";
import type { KeyringCommand, KeyringEvent, KeyringOutcome, KeyringState } from "./types.ts";

export type * from "./types.ts";
export { keyringEvents } from "./events.ts";

export const keyringDecider: Decider<KeyringState, KeyringCommand, KeyringEvent, KeyringOutcome> = {
  stream: "keyring",
  events: keyringEvents,
  initial: { keys: {} },
  decide: decideKeyring,
  evolve: evolveKeyring,
};
