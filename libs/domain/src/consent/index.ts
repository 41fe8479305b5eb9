import type { Decider } from "../kernel/index.ts";
import { decideConsent } from "./decide.ts";
import { consentEvents } from "./events.ts";
import { evolveConsent } from "./evolve.ts";
import type { ConsentCommand, ConsentEvent, ConsentOutcome, ConsentState } from "./types.ts";

export type * from "./types.ts";
export { consentEvents } from "./events.ts";

export const consentDecider: Decider<ConsentState, ConsentCommand, ConsentEvent, ConsentOutcome> = {
  stream: "consent",
  events: consentEvents,
  initial: { status: "none", generation: 0 },
  decide: decideConsent,
  evolve: evolveConsent,
};
