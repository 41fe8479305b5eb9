import type { EventDefinitions } from "../kernel/index.ts";
import type { GatewayEvent } from "./types.ts";

const call = {
  server: { kind: "public", about: "Name of the MCP server behind the gateway." },
  subject: { kind: "id", about: "Pseudonymous subject who called, or the client itself." },
  clientId: { kind: "id", about: "The client that called." },
} as const;
const method = { kind: "public", about: "JSON-RPC method, or the HTTP method of a stream." } as const;

/** Stream `gateway-{writer}-{yyyymmddhh}`: decisions about calls through the MCP gateway. It has one writer and no decider. */
export const gatewayEvents: EventDefinitions<GatewayEvent> = {
  ToolCallDecided: {
    version: 1,
    about: "A tool call was allowed or refused.",
    ignorable: true,
    fields: {
      ...call,
      tool: { kind: "public", about: "Name of the tool; by its hash where the name is an odd one." },
      decision: { kind: "public", about: "allowed or refused." },
      reason: { kind: "public", about: "Why it was refused, as a kebab id.", optional: true },
      grantId: { kind: "id", about: "The grant of the token that was presented.", optional: true },
      shape: { kind: "public", about: "Size of the message and number of arguments; never their content." },
    },
  },
  UpstreamAuthorizationAsked: {
    version: 1,
    about: "A person was asked to authorize the gateway at the server's provider.",
    ignorable: true,
    fields: {
      ...call,
      authorizationId: { kind: "id", about: "Digest of the id of the authorization that was begun." },
      how: { kind: "public", about: "elicitation (-32042), input-request (2026-07-28) or link (text)." },
      reason: { kind: "public", about: "Why the gateway had no token it could use." },
      scopes: { kind: "public", about: "Scopes the provider wanted beyond those held.", optional: true },
    },
  },
  UpstreamCallRetried: {
    version: 1,
    about: "A call to an MCP server was sent again.",
    ignorable: true,
    fields: {
      ...call,
      method,
      reason: { kind: "public", about: "What became of the attempt before." },
      attempt: { kind: "public", about: "The new attempt, counted from 1." },
      waitedMs: { kind: "public", about: "Milliseconds waited before it." },
    },
  },
  UpstreamCallFailed: {
    version: 1,
    about: "A call to an MCP server got no answer that could be passed on.",
    ignorable: true,
    fields: {
      ...call,
      method,
      reason: { kind: "public", about: "Why, as a kebab id." },
      attempts: { kind: "public", about: "How often it was sent." },
      status: { kind: "public", about: "HTTP status the server gave.", optional: true },
    },
  },
  GatewayStreamClosed: {
    version: 1,
    about: "A stream was closed because its access token ended.",
    ignorable: true,
    fields: { ...call, reason: { kind: "public", about: "expired, or revoked for every other end." } },
  },
};
