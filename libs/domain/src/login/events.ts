import type { EventDefinitions } from "../kernel/index.ts";
import type { LoginEvent } from "./types.ts";

/** Stream `login-{keyed hash of iss, sub}`: finds the subject at login without an index. */
export const loginEvents: EventDefinitions<LoginEvent> = {
  SubjectLinked: {
    version: 1,
    about: "This login belongs to that subject from now on.",
    ignorable: false,
    fields: { subject: { kind: "id", about: "Pseudonymous subject." } },
  },
};
