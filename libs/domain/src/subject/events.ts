import type { EventDefinitions } from "../kernel/index.ts";
import type { SubjectEvent } from "./types.ts";

/** Stream `subject-{id}`: a person, by a random id. */
export const subjectEvents: EventDefinitions<SubjectEvent> = {
  SubjectSeen: {
    version: 1,
    about: "The person logged in for the first time, or with other claims than before.",
    ignorable: false,
    fields: {
      subject: { kind: "id", about: "Random id; the `sub` of tokens." },
      claims: { kind: "sealed", about: "JSON of name, preferred_username, email and the like, under the subject's own key." },
      groups: { kind: "public", about: "Groups of the identity provider, for access policies." },
    },
  },
  SubjectDisabled: {
    version: 1,
    about: "The person may not log in until enabled; their tokens are dead for good.",
    ignorable: false,
    fields: {
      reason: { kind: "public", about: "Why, as a kebab id." },
      generation: { kind: "public", about: "The subject's generation from now on." },
    },
  },
  SubjectEnabled: { version: 1, about: "The person may log in again; tokens from before stay dead.", ignorable: false, fields: {} },
  GenerationRaised: {
    version: 1,
    about: "Everything of the person was revoked, or one login session ended.",
    ignorable: false,
    fields: {
      of: { kind: "public", about: "subject or session." },
      generation: { kind: "public", about: "The subject's generation from now on; unchanged when a session ended." },
      sessionId: { kind: "id", about: "The session that ended.", optional: true },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
  SubjectErased: {
    version: 1,
    about: "The person is gone: their key was destroyed, so sealed fields cannot be read any more (P9).",
    ignorable: false,
    fields: { generation: { kind: "public", about: "The subject's generation from now on." } },
  },
};
