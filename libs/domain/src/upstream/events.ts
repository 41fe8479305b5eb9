import type { EventDefinitions } from "../kernel/index.ts";
import type { UpstreamEvent } from "./types.ts";

const tokens = {
  generation: { kind: "public", about: "Number of these tokens, higher than any before." },
  scopes: { kind: "public", about: "What the provider granted." },
  expiresAt: { kind: "public", about: "End of the access token, epoch seconds; absent when the provider did not say.", optional: true },
  refreshable: { kind: "public", about: "Did a refresh token come?" },
} as const;
const attempt = { kind: "id", about: "The authorization, as the person was sent on its way." } as const;
const claim = { kind: "id", about: "The process's claim on this refresh." } as const;

/** Stream `upstream-{user}-{server}`: the tokens we hold of one person for one third-party server; references, never tokens. */
export const upstreamEvents: EventDefinitions<UpstreamEvent> = {
  UpstreamCodeReceived: {
    version: 1,
    about: "The provider sent the person back with a code, which is redeemed once.",
    ignorable: false,
    fields: { attempt, record: { kind: "public", about: "Number the tokens are stored under." } },
  },
  UpstreamAuthorizationFailed: {
    version: 1,
    about: "An authorization ended without tokens.",
    ignorable: false,
    fields: { attempt, reason: { kind: "public", about: "Why, as a kebab id." } },
  },
  UpstreamAuthorized: {
    version: 1,
    about: "The person is connected; the tokens are in the secret store.",
    ignorable: false,
    fields: {
      attempt,
      provider: { kind: "public", about: "Who gave them." },
      issuer: { kind: "public", about: "The authorization server, where it has a name.", optional: true },
      clientId: { kind: "public", about: "Our client id there." },
      target: { kind: "public", about: "URL of the MCP server they are for, and for nobody else." },
      secretName: { kind: "public", about: "Name of the record in the secret store." },
      record: { kind: "public", about: "Number that record carries." },
      ...tokens,
    },
  },
  UpstreamRefreshClaimed: {
    version: 1,
    about: "One process is about to ask the provider for new tokens.",
    ignorable: false,
    fields: {
      claim,
      generation: { kind: "public", about: "Number the new tokens will have." },
      until: { kind: "public", about: "Until then nobody else asks, epoch seconds." },
      unasked: { kind: "public", about: "True when nobody's call waited for them.", optional: true },
    },
  },
  UpstreamRefreshed: { version: 1, about: "New tokens are in the secret store.", ignorable: false, fields: { claim, ...tokens } },
  UpstreamRefreshFailed: {
    version: 1,
    about: "No new tokens came.",
    ignorable: false,
    fields: {
      claim,
      reason: { kind: "public", about: "Why, as a kebab id or the provider's error code." },
      terminal: { kind: "public", about: "True: the person has to connect again." },
      retryAt: { kind: "public", about: "Else: not asked again before, epoch seconds.", optional: true },
    },
  },
  UpstreamRevoked: {
    version: 1,
    about: "The connection was ended; its tokens are not used any more.",
    ignorable: false,
    fields: {
      generation: { kind: "public", about: "Number of the tokens that ended." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
};
