import type { EventDefinitions } from "../kernel/index.ts";
import type { BridgeEvent } from "./types.ts";

const metadata = { kind: "public", about: "RFC 7591 metadata of the client." } as const;
const documentHash = { kind: "hash", about: "SHA-256 of the document." } as const;
const needsSecret = { kind: "public", about: "Does the application at the target need a secret?" } as const;
const clientSecretHash = { kind: "hash", about: "SHA-256 of the secret the client was given.", optional: true } as const;
const registrationTokenHash = { kind: "hash", about: "SHA-256 of the registration access token (RFC 7592).", optional: true } as const;
const keyId = { kind: "id", about: "Which secret of the application." } as const;

/** Stream `bridge-{id}`: one client's registration at another directory, and the process that makes and unmakes it. */
export const bridgeEvents: EventDefinitions<BridgeEvent> = {
  RegistrationRequested: {
    version: 1,
    about: "A client asked to be registered at the bridge's target.",
    ignorable: false,
    fields: {
      bridgeId: { kind: "id", about: "Names the registration, here and at the target." },
      clientId: { kind: "id", about: "The client_id the client uses with the bridge; a URL for a client ID metadata document." },
      life: { kind: "public", about: "One more than last time; a document client may come back." },
      origin: { kind: "public", about: "dcr or cimd." },
      target: { kind: "public", about: "entra or rfc7591." },
      metadata,
      documentHash,
      needsSecret,
      clientSecretHash,
      registrationTokenHash,
    },
  },
  EntraAppCreated: {
    version: 1,
    about: "The application exists in Microsoft Entra.",
    ignorable: false,
    fields: {
      appId: { kind: "id", about: "Its application (client) id." },
      objectId: { kind: "id", about: "Its object id." },
      documentHash,
    },
  },
  EntraServicePrincipalCreated: {
    version: 1,
    about: "The application can be used in its tenant.",
    ignorable: false,
    fields: { servicePrincipalId: { kind: "id", about: "Object id of its service principal." } },
  },
  EntraSecretIssued: {
    version: 1,
    about: "Entra issued a secret for the application; it is not kept yet.",
    ignorable: false,
    fields: {
      keyId,
      secretName: { kind: "public", about: "Where the secret store keeps it." },
      endsAt: { kind: "public", about: "When Entra ends it, epoch seconds." },
    },
  },
  SecretStored: {
    version: 1,
    about: "The secret store keeps the secret; the bridge uses it from now on.",
    ignorable: false,
    fields: { keyId, formerEndAt: { kind: "public", about: "When the secrets before it are taken away, epoch seconds." } },
  },
  EntraSecretRemoved: {
    version: 1,
    about: "The secret is gone, at Entra and in the secret store.",
    ignorable: false,
    fields: { keyId },
  },
  ForeignClientRegistered: {
    version: 1,
    about: "A server that speaks RFC 7591 registered the client, and what it gave is kept.",
    ignorable: false,
    fields: {
      clientId: { kind: "id", about: "The client_id that server knows it by." },
      documentHash,
      keyId: { ...keyId, optional: true },
      secretName: { kind: "public", about: "Where the secret store keeps it.", optional: true },
      endsAt: { kind: "public", about: "When that server ends the secret, epoch seconds; 0 never.", optional: true },
    },
  },
  ApplicationUpdated: {
    version: 1,
    about: "The application at the target agrees with the client's metadata again.",
    ignorable: false,
    fields: { documentHash },
  },
  RegistrationCompleted: { version: 1, about: "Everything is in place; the client may be answered.", ignorable: false, fields: {} },
  RegistrationChanged: {
    version: 1,
    about: "The client's metadata, or what it authenticates with, changed.",
    ignorable: false,
    fields: { metadata, documentHash, needsSecret, clientSecretHash, registrationTokenHash },
  },
  RegistrationUsed: { version: 1, about: "The client got a token; said once in a while.", ignorable: true, fields: {} },
  RegistrationFailed: {
    version: 1,
    about: "The registration can't be made; what there is of it is taken back.",
    ignorable: false,
    fields: {
      step: { kind: "public", about: "What could not be done." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
  RegistrationEnded: {
    version: 1,
    about: "The registration is over; its application and secrets are taken away.",
    ignorable: false,
    fields: { reason: { kind: "public", about: "self, unused, idle or admin." } },
  },
  CompensationDone: {
    version: 1,
    about: "Nothing of the registration is left at the target or in the secret store.",
    ignorable: false,
    fields: {},
  },
};
