import type { EventDefinitions } from "../kernel/index.ts";
import type { LeaseEvent } from "./types.ts";

/** Stream `lease-{duty}`: who may work at a duty that only one process may do at a time. */
export const leaseEvents: EventDefinitions<LeaseEvent> = {
  LeaseTaken: {
    version: 1,
    about: "A process took the duty over; whoever held it under a lower term may not act any more.",
    ignorable: false,
    fields: {
      holder: { kind: "id", about: "The process, by a random id." },
      term: { kind: "public", about: "One more than the last term; it fences." },
    },
  },
  LeaseReleased: {
    version: 1,
    about: "The holder stopped of its own will; the duty is free at once.",
    ignorable: false,
    fields: {
      holder: { kind: "id", about: "The process, by a random id." },
      term: { kind: "public", about: "The term it held the duty in." },
    },
  },
};
