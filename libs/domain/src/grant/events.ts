import type { EventDefinitions } from "../kernel/index.ts";
import type { GrantEvent } from "./types.ts";

/** Stream `grant-{id}`: one authorization with its code, refresh tokens and access tokens (the token family). */
export const grantEvents: EventDefinitions<GrantEvent> = {
  GrantAuthorized: {
    version: 1,
    about: "A subject allowed a client; an authorization code was made.",
    ignorable: false,
    fields: {
      clientId: { kind: "id", about: "The client the code is for." },
      subject: { kind: "id", about: "Pseudonymous subject." },
      entity: { kind: "public", about: "human, service or agent." },
      sessionId: { kind: "id", about: "Login session it was made in.", optional: true },
      resources: { kind: "public", about: "Resources granted: id, uri and scopes of each." },
      scope: { kind: "public", about: "All scopes granted, identity scopes included." },
      nonce: { kind: "id", about: "OpenID nonce of the client, for the ID token.", optional: true },
      authTime: { kind: "public", about: "When the subject logged in, epoch seconds." },
      amr: { kind: "public", about: "How the subject logged in." },
      generations: { kind: "public", about: "Generations of client, subject, consent and resources it was made under (P5)." },
      refreshable: { kind: "public", about: "May refresh tokens be issued?" },
      absoluteExpiresAt: { kind: "public", about: "End of the whole family, epoch seconds." },
      offline: { kind: "public", about: "Outlives its login session." },
      codeHash: { kind: "hash", about: "SHA-256 of the code." },
      codeExpiresAt: { kind: "public", about: "End of the code, epoch seconds." },
      codeChallenge: { kind: "hash", about: "PKCE S256 challenge; absent for a device code.", optional: true },
      redirectUri: { kind: "public", about: "Where the code was sent; absent for a device code.", optional: true },
      redirectUriGiven: { kind: "public", about: "Did the authorization request name the redirect_uri?" },
      consent: { kind: "id", about: "Stream and revision of the consent it rests on." },
    },
  },
  GrantDenied: {
    version: 1,
    about: "The authorization was refused by the subject or by policy; the interaction is spent.",
    ignorable: false,
    fields: {
      clientId: { kind: "id", about: "The client that asked." },
      subject: { kind: "id", about: "Pseudonymous subject." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
  CodeRedeemed: {
    version: 1,
    about: "The code was exchanged for the first tokens.",
    ignorable: false,
    fields: {
      access: { kind: "hash", about: "The access token issued: locator, jti, hash, format, audience, scope and times." },
      refresh: { kind: "hash", about: "The first refresh generation: hash, retry nonce and key id, idle end.", optional: true },
    },
  },
  RefreshTokenRotated: {
    version: 1,
    about: "A refresh generation was used and its successor issued.",
    ignorable: false,
    fields: {
      access: { kind: "hash", about: "The access token issued." },
      refresh: { kind: "hash", about: "The successor generation." },
      requestedScope: { kind: "public", about: "The scope parameter as asked; a retry must repeat it (P4).", optional: true },
      requestedResource: { kind: "public", about: "The resource parameter as asked; a retry must repeat it (P4).", optional: true },
    },
  },
  RefreshRetried: {
    version: 1,
    about: "A used generation came again inside the retry window and got the first answer again. Once per generation.",
    ignorable: true,
    fields: { generation: { kind: "public", about: "The generation presented again." } },
  },
  CodeReplayDetected: {
    version: 1,
    about: "A used code came back with everything right; the family is revoked with it (P3).",
    ignorable: true,
    fields: { clientId: { kind: "id", about: "The client that presented it." } },
  },
  RefreshReuseDetected: {
    version: 1,
    about: "A used refresh generation came back outside the retry window; the family is revoked with it (P3).",
    ignorable: true,
    fields: {
      clientId: { kind: "id", about: "The client that presented it." },
      generation: { kind: "public", about: "The generation that came back." },
    },
  },
  AccessTokenRevoked: {
    version: 1,
    about: "One access token was revoked; the grant goes on.",
    ignorable: false,
    fields: {
      n: { kind: "public", about: "Generation the token was issued with." },
      jti: { kind: "id", about: "Its id." },
      exp: { kind: "public", about: "When it would have ended, epoch seconds." },
    },
  },
  GrantRevoked: {
    version: 1,
    about: "The whole family is dead.",
    ignorable: false,
    fields: { reason: { kind: "public", about: "Why, as a kebab id." } },
  },
  GrantExpired: {
    version: 1,
    about: "The family ended of itself; this does not un-happen when a clock goes back.",
    ignorable: false,
    fields: { reason: { kind: "public", about: "Which end was reached: idle, absolute or code." } },
  },
};
