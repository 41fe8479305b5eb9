import type { EventDefinitions } from "../kernel/index.ts";
import type { ClientEvent } from "./types.ts";

/** Stream `client-{id}`: a registered client. */
export const clientEvents: EventDefinitions<ClientEvent> = {
  ClientRegistered: {
    version: 1,
    about: "A client came to be.",
    ignorable: false,
    fields: {
      clientId: { kind: "id", about: "Its client_id; a URL for a client ID metadata document." },
      how: { kind: "public", about: "admin, dcr, cimd, bridge, bootstrap or resource." },
      metadata: { kind: "public", about: "RFC 7591 metadata as registered." },
      settings: { kind: "public", about: "What only an operator may set." },
      documentHash: { kind: "hash", about: "SHA-256 of the exact document registered." },
      registrationTokenHash: { kind: "hash", about: "SHA-256 of the registration access token (RFC 7592).", optional: true },
      unusedExpiresAt: { kind: "public", about: "When it goes away if it never held a live grant, epoch seconds.", optional: true },
    },
  },
  ClientUpdated: {
    version: 1,
    about: "Metadata or settings changed; the event holds all of both.",
    ignorable: false,
    fields: {
      metadata: { kind: "public", about: "RFC 7591 metadata from now on." },
      settings: { kind: "public", about: "Operator settings from now on." },
      documentHash: { kind: "hash", about: "SHA-256 of the exact document." },
    },
  },
  ClientSecretIssued: {
    version: 1,
    about: "The client got a secret.",
    ignorable: false,
    fields: { secret: { kind: "hash", about: "Id, SHA-256 and times of the secret." } },
  },
  ClientSecretRetired: {
    version: 1,
    about: "A secret was replaced and ends with the overlap.",
    ignorable: false,
    fields: {
      secretId: { kind: "id", about: "Which secret." },
      expiresAt: { kind: "public", about: "When it stops working, epoch seconds." },
    },
  },
  ClientSuspended: {
    version: 1,
    about: "The client may do nothing until reinstated; its tokens are dead for good.",
    ignorable: false,
    fields: {
      reason: { kind: "public", about: "Why, in an operator's words." },
      generation: { kind: "public", about: "The client's generation from now on." },
    },
  },
  ClientReinstated: { version: 1, about: "The suspension ended; tokens from before it stay dead.", ignorable: false, fields: {} },
  ClientDeleted: {
    version: 1,
    about: "The client is gone and its id is never used again.",
    ignorable: false,
    fields: {
      reason: { kind: "public", about: "admin, self or unused." },
      generation: { kind: "public", about: "The client's generation from now on." },
    },
  },
  RegistrationTokenRotated: {
    version: 1,
    about: "A new registration access token replaced the old one.",
    ignorable: false,
    fields: { registrationTokenHash: { kind: "hash", about: "SHA-256 of the new one." } },
  },
  ClientGenerationRaised: {
    version: 1,
    about: "All tokens and grants of the client were revoked at once.",
    ignorable: false,
    fields: {
      generation: { kind: "public", about: "The client's generation from now on." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
};
