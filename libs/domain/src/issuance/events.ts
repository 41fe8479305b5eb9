import type { EventDefinitions } from "../kernel/index.ts";
import type { IssuanceEvent } from "./types.ts";

/** Stream `issuance-{writer}-{yyyymmddhh}`: tokens without a grant, one event each. It has one writer and no decider. */
export const issuanceEvents: EventDefinitions<IssuanceEvent> = {
  AccessTokenIssued: {
    version: 1,
    about: "An access token was issued without a grant (client_credentials and its like).",
    ignorable: false,
    fields: {
      clientId: { kind: "id", about: "The client it was issued to." },
      sub: { kind: "id", about: "Its `sub`: the client, or a pseudonymous subject." },
      entity: { kind: "public", about: "human, service or agent." },
      grantType: { kind: "public", about: "The grant_type used." },
      access: { kind: "hash", about: "The token: jti, hash, format, audience, scope and times." },
      generations: { kind: "public", about: "Generations of client, resource and subject it was made under (P5)." },
    },
  },
};
