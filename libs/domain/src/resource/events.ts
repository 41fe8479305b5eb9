import type { EventDefinitions } from "../kernel/index.ts";
import type { ResourceEvent } from "./types.ts";

/** Stream `resource-{id}`: an MCP server that tokens are for; the id is a digest of its URI. */
export const resourceEvents: EventDefinitions<ResourceEvent> = {
  ResourceRegistered: {
    version: 1,
    about: "A resource came to be, or came back.",
    ignorable: false,
    fields: {
      resourceId: { kind: "id", about: "Id of the resource." },
      uri: { kind: "public", about: "Its RFC 8707 URI, which tokens carry as `aud`." },
      name: { kind: "public", about: "Its name on the consent page." },
      clientId: { kind: "id", about: "Its resource-server client, which may introspect its tokens." },
    },
  },
  ScopesDefined: {
    version: 1,
    about: "All scopes of the resource from now on.",
    ignorable: false,
    fields: { scopes: { kind: "public", about: "Name, plain words and default mark of each." } },
  },
  AccessPolicySet: {
    version: 1,
    about: "Who may hold which scopes from now on (P14).",
    ignorable: false,
    fields: { policy: { kind: "public", about: "The rules, which add up." } },
  },
  TokenPolicySet: {
    version: 1,
    about: "How tokens for the resource are made from now on.",
    ignorable: false,
    fields: { policy: { kind: "public", about: "Format, lifetime in seconds and signing algorithm." } },
  },
  ResourceGenerationRaised: {
    version: 1,
    about: "All tokens for the resource were revoked at once.",
    ignorable: false,
    fields: {
      generation: { kind: "public", about: "The resource's generation from now on." },
      reason: { kind: "public", about: "Why, as a kebab id." },
    },
  },
  ResourceRemoved: {
    version: 1,
    about: "The resource is gone and its tokens are dead.",
    ignorable: false,
    fields: { generation: { kind: "public", about: "The resource's generation from now on." } },
  },
};
