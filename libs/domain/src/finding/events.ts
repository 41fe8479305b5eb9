import type { EventDefinitions } from "../kernel/index.ts";
import type { FindingEvent } from "./types.ts";

const target = {
  clientId: { kind: "id", about: "The client it is about.", optional: true },
  subject: { kind: "id", about: "The person it is about, by subject id.", optional: true },
  grantId: { kind: "id", about: "The grant it is about.", optional: true },
} as const;

/** Stream `finding-{id}`: one anomaly, what was done about it, and whether that was taken back. The id follows from what was found, so finding it twice is one stream. */
export const findingEvents: EventDefinitions<FindingEvent> = {
  AnomalyDetected: {
    version: 1,
    about: "Something in the log looks like an attack or a fault.",
    ignorable: true,
    fields: {
      ...target,
      kind: { kind: "public", about: "What it looks like, as a kebab id." },
      severity: { kind: "public", about: "low, medium or high." },
      response: { kind: "public", about: "What the policy wants done: observe, alert, step-up, suspend-client or revoke-grant." },
      evidence: { kind: "public", about: "The last events it rests on, by position and id; at most 20." },
      count: { kind: "public", about: "How many happenings stand behind it." },
      since: { kind: "public", about: "The first of them, epoch seconds." },
      until: { kind: "public", about: "The last of them, epoch seconds." },
    },
  },
  ResponseTaken: {
    version: 1,
    about: "The response the policy wanted was carried out, or could not be.",
    ignorable: true,
    fields: {
      ...target,
      response: { kind: "public", about: "Which." },
      result: { kind: "public", about: "done, already (it was so before) or not-possible." },
    },
  },
  ResponseLifted: {
    version: 1,
    about: "An operator took a response back.",
    ignorable: true,
    fields: {
      reason: { kind: "public", about: "Why, in the operator's words." },
      undone: { kind: "public", about: "Could its effect be undone? What was ended stays ended." },
    },
  },
};
