import type { EventDefinitions } from "../kernel/index.ts";
import type { TokenEvent } from "./types.ts";

/** Stream `token-{jti}`: the revocation of a token that has no grant. */
export const tokenEvents: EventDefinitions<TokenEvent> = {
  AccessTokenRevoked: {
    version: 1,
    about: "An access token without a grant was revoked.",
    ignorable: false,
    fields: {
      jti: { kind: "id", about: "Its id." },
      clientId: { kind: "id", about: "The client it was issued to." },
      exp: { kind: "public", about: "When it would have ended, epoch seconds." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
};
