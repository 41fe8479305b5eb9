import type { EventDefinitions } from "../kernel/index.ts";
import type { DeviceEvent } from "./types.ts";

/** Stream `device-{id}`: what a person decided about a device that asked for access, and what became of it. */
export const deviceEvents: EventDefinitions<DeviceEvent> = {
  DeviceAuthorizationRequested: {
    version: 1,
    about: "A device had asked for access; told when its person decided, so that strangers leave no trace (P13).",
    ignorable: false,
    fields: {
      clientId: { kind: "id", about: "The client that asked." },
      resources: { kind: "public", about: "Resources asked for: id and uri of each." },
      scope: { kind: "public", about: "Scopes asked for; absent: the defaults.", optional: true },
      codeHash: { kind: "hash", about: "SHA-256 of the device code." },
      expiresAt: { kind: "public", about: "End of the device code, epoch seconds." },
    },
  },
  DeviceAuthorizationApproved: {
    version: 1,
    about: "The person allowed it; the device code opens one grant on this basis.",
    ignorable: false,
    fields: {
      subject: { kind: "id", about: "Pseudonymous subject." },
      entity: { kind: "public", about: "human, service or agent." },
      sessionId: { kind: "id", about: "Login session it was allowed in.", optional: true },
      resources: { kind: "public", about: "Resources granted: id, uri and scopes of each." },
      scope: { kind: "public", about: "All scopes granted, identity scopes included." },
      authTime: { kind: "public", about: "When the subject logged in, epoch seconds." },
      amr: { kind: "public", about: "How the subject logged in." },
      generations: { kind: "public", about: "Generations of client, subject, consent and resources it was judged under (P5)." },
      refreshable: { kind: "public", about: "May refresh tokens be issued?" },
      absoluteExpiresAt: { kind: "public", about: "End of the family it opens, epoch seconds." },
      offline: { kind: "public", about: "Outlives its login session." },
      consent: { kind: "id", about: "Stream and revision of the consent it rests on." },
    },
  },
  DeviceAuthorizationDenied: {
    version: 1,
    about: "The person or the access policy refused it.",
    ignorable: false,
    fields: {
      subject: { kind: "id", about: "Pseudonymous subject." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
  DeviceAuthorizationRedeemed: {
    version: 1,
    about: "The device code opened its grant; it is spent.",
    ignorable: false,
    fields: { grantId: { kind: "id", about: "The grant." } },
  },
  DeviceAuthorizationExpired: {
    version: 1,
    about: "It was allowed, but the device did not come for it in time.",
    ignorable: false,
    fields: { expiresAt: { kind: "public", about: "When the device code ended, epoch seconds." } },
  },
  SlowDownIssued: {
    version: 1,
    about: "The device was told to poll less often; recorded once, with what ended the authorization.",
    ignorable: true,
    fields: { times: { kind: "public", about: "How often it was told." } },
  },
};
