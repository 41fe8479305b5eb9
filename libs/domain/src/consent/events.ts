import type { EventDefinitions } from "../kernel/index.ts";
import type { ConsentEvent } from "./types.ts";

/** Stream `consent-{subject}-{client}`: what one person lets one client have. */
export const consentEvents: EventDefinitions<ConsentEvent> = {
  ConsentGranted: {
    version: 1,
    about: "The subject allowed scopes; what is remembered adds up.",
    ignorable: false,
    fields: {
      subject: { kind: "id", about: "Pseudonymous subject." },
      clientId: { kind: "id", about: "The client." },
      scopes: { kind: "public", about: "Scopes allowed now, by resource id; identity scopes under the empty key." },
      remember: { kind: "public", about: "False: this once, the next authorization asks again." },
    },
  },
  ConsentNarrowed: {
    version: 1,
    about: "The subject took scopes back; the event holds all that is left.",
    ignorable: false,
    fields: { scopes: { kind: "public", about: "Scopes left, by resource id." } },
  },
  ConsentWithdrawn: {
    version: 1,
    about: "The subject took everything back; grants that rest on it are dead.",
    ignorable: false,
    fields: { generation: { kind: "public", about: "The consent's generation from now on." } },
  },
};
