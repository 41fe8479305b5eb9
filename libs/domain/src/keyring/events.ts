import type { EventDefinitions } from "../kernel/index.ts";
import type { KeyringEvent } from "./types.ts";

/** Stream `keyring-{region}`: the life of the signing keys. */
export const keyringEvents: EventDefinitions<KeyringEvent> = {
  SigningKeyCreated: {
    version: 1,
    about: "A key pair was made; the private part stays wrapped in the vault.",
    ignorable: false,
    fields: {
      kid: { kind: "id", about: "Key id." },
      alg: { kind: "public", about: "ES256, EdDSA or RS256." },
      publicJwk: { kind: "public", about: "Public part." },
    },
  },
  SigningKeyPublished: {
    version: 1,
    about: "The key is in the JWKS, so validators can fetch it before it signs.",
    ignorable: false,
    fields: { kid: { kind: "id", about: "Key id." } },
  },
  SigningKeyActivated: {
    version: 1,
    about: "The key signs for its algorithm.",
    ignorable: false,
    fields: { kid: { kind: "id", about: "Key id." } },
  },
  SigningKeyRetired: {
    version: 1,
    about: "The key signs no more and stays published for what it has signed.",
    ignorable: false,
    fields: {
      kid: { kind: "id", about: "Key id." },
      removeAfter: { kind: "public", about: "When nothing it signed can be alive, epoch seconds." },
    },
  },
  SigningKeyRemoved: {
    version: 1,
    about: "The key is out of the JWKS for good.",
    ignorable: false,
    fields: { kid: { kind: "id", about: "Key id." } },
  },
  SigningKeyCompromised: {
    version: 1,
    about: "The key is out of the JWKS at once and everything it signed is dead.",
    ignorable: false,
    fields: { kid: { kind: "id", about: "Key id." }, reason: { kind: "public", about: "Why, in an operator's words." } },
  },
};
