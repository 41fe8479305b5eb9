import type { EventDefinition, EventDefinitions } from "../kernel/index.ts";
import type { FlagChanged, FlagEvent } from "./types.ts";

const fields: EventDefinition<FlagChanged["data"]>["fields"] = {
  enabled: { kind: "public", about: "False: off for everybody." },
  rollout: { kind: "public", about: "Per cent of subjects." },
  providers: { kind: "public", about: "Percentages of single upstream providers." },
  clients: { kind: "public", about: "Clients it is on or off for by name." },
  reason: { kind: "public", about: "Why, in the words of whoever changed it." },
};

/** Stream `flag-{name}`: whom a capability is on for, who changed that, and why. */
export const flagEvents: EventDefinitions<FlagEvent> = {
  FlagDefined: {
    version: 1,
    about: "A flag left its default for the first time.",
    ignorable: false,
    fields: { name: { kind: "public", about: "The flag." }, ...fields },
  },
  FlagChanged: { version: 1, about: "A flag was set anew.", ignorable: false, fields },
};
