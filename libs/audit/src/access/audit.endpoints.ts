import type { Endpoint } from "@grantline/oauth/http";
import type { AuditContext } from "./context.ts";
import { eventsEndpoints } from "./events.endpoints.ts";
import { stateEndpoints } from "./state.endpoints.ts";

/**
 * The audit log over HTTP, below /audit/v1: events (streamed), manifest, state, diff, sample. Every reading is recorded before its first byte.
 * Errors are problem+json by the rim (`audience: "admin"`).
 */
export function auditEndpoints(context: AuditContext): readonly Endpoint[] {
  return [...eventsEndpoints(context), ...stateEndpoints(context)];
}
