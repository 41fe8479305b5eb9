import type { EventDefinitions } from "../kernel/index.ts";
import type { AuditEvent } from "./types.ts";

/** Stream `audit-{writer}-{yyyymmdd}`: who read the log. It has one writer and no decider. */
export const auditEvents: EventDefinitions<AuditEvent> = {
  AuditRead: {
    version: 1,
    about: "Somebody read the audit log; recorded before the first byte of the answer.",
    ignorable: true,
    fields: {
      what: { kind: "public", about: "replay, state, diff, sample, evidence or subject-report." },
      query: { kind: "public", about: "The filters as given, by name; ids and pseudonyms only." },
      from: { kind: "public", about: "Position after which it was read." },
      to: { kind: "public", about: "Position up to which it was read." },
      count: { kind: "public", about: "How many events or items, where that was known before.", optional: true },
      format: { kind: "public", about: "The format of the answer.", optional: true },
    },
  },
};
