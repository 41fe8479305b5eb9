import type { CommandMeta } from "@grantline/event-store";
import { resourceStreamId } from "@grantline/oauth/context";
import type { AdminParts } from "../context.ts";
import { ensureResource } from "./declared-resource.ts";

export const GATEWAY_API_SCOPE = "connections";

/** The resource people's own connections are seen and changed at. */
export function gatewayApi(origin: string): string {
  return `${origin}/gateway/v1`;
}

/** The gateway's API for people. In production nobody may use it until an operator says who (P14); that policy is left as it is. */
export async function ensureGatewayApi(context: AdminParts, origin: string, meta: CommandMeta): Promise<void> {
  const uri = gatewayApi(origin);
  const { state } = await context.resources.load(resourceStreamId(uri), { fresh: true });
  const closed = state.status !== "active" && context.settings.production;
  const scopes = [{ name: GATEWAY_API_SCOPE, description: "See and change which MCP servers act for you", default: true }];
  await ensureResource(context, { uri, name: "Connections to MCP servers", scopes, ...(closed ? { policy: { rules: [] } } : {}) }, meta);
}
