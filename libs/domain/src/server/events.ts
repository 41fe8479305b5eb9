import type { EventDefinitions } from "../kernel/index.ts";
import type { ServerEvent } from "./types.ts";

/** Stream `server-{name}`: a third-party MCP server behind the gateway. */
export const serverEvents: EventDefinitions<ServerEvent> = {
  ServerAdded: {
    version: 1,
    about: "A server is behind the gateway from now on.",
    ignorable: false,
    fields: {
      server: { kind: "public", about: "Where it is, who gives tokens for it, and what may be called; secrets by name alone." },
      resourceId: { kind: "id", about: "The resource that tokens for the gateway's place of it are for." },
    },
  },
  ServerChanged: {
    version: 1,
    about: "The whole definition of the server from now on.",
    ignorable: false,
    fields: { server: { kind: "public", about: "As in ServerAdded." } },
  },
  ServerClientRegistered: {
    version: 1,
    about: "We registered ourselves at the server's authorization server.",
    ignorable: false,
    fields: {
      issuer: { kind: "public", about: "Where; the registration is good there alone." },
      clientId: { kind: "public", about: "Who we are there." },
      secretName: { kind: "public", about: "Name of our secret in the secret store.", optional: true },
      authMethod: { kind: "public", about: "How we authenticate at its token endpoint." },
      expiresAt: { kind: "public", about: "When the secret ends, epoch seconds.", optional: true },
    },
  },
  ServerRemoved: {
    version: 1,
    about: "The server is no longer behind the gateway.",
    ignorable: false,
    fields: { name: { kind: "public", about: "The server." } },
  },
};
