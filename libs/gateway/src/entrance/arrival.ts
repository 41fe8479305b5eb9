import type { RegisteredResource } from "@grantline/domain/resource";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import { isLoopbackHost } from "@grantline/oauth/outbound";
import { findResource } from "@grantline/oauth/resource";
import type { GatewayContext } from "../context.ts";
import { resourceOf, type GatewaySettings } from "../gateway-settings.ts";
import type { GatewayServer } from "@grantline/upstream";

/** Before anybody is asked who they are: did the request come to us, from where it may, for a server there is? Throws OAuthError. */
export async function arrive(
  { sources, settings, servers }: Pick<GatewayContext, "sources" | "settings" | "servers">,
  request: HttpRequest,
): Promise<{ readonly server: GatewayServer; readonly resource: RegisteredResource }> {
  refuseForeignHost(request, settings);
  refuseForeignOrigin(request, settings);
  // OAuth 2.1 §5.1: never in the query, where logs and histories keep it
  if (/(?:^|&)access_token=/i.test(decoded(request.query)))
    throw new OAuthError("invalid_request", "token-in-query", "Send the access token in the Authorization header.");
  return requireServer({ sources, settings, servers }, request.params["server"]);
}

/** By its exact name, which is never part of a path or a key of somebody else's (security case G-03). Throws OAuthError, 404. */
export async function requireServer(
  { sources, settings, servers }: Pick<GatewayContext, "sources" | "settings" | "servers">,
  name: string | undefined,
): Promise<{ readonly server: GatewayServer; readonly resource: RegisteredResource }> {
  if (name !== undefined && isServerName(name)) {
    const [server, resource] = await Promise.all([servers.find(name), findResource(sources, resourceOf(settings, name))]);
    if (server !== undefined && resource !== undefined) return { server, resource };
  }
  throw new OAuthError("invalid_request", "server-unknown", "There is no such MCP server here.", { status: 404 });
}

export function isServerName(name: string): boolean {
  return name.length <= 48 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name);
}

/** DNS rebinding: a page whose name now leads to us still says its own name (security case G-06). RFC 9110 §15.5.20: 421. */
function refuseForeignHost({ headers }: HttpRequest, { origin }: GatewaySettings): void {
  const own = new URL(origin);
  const host = headers["host"];
  if (typeof host === "string" && URL.canParse(`${own.protocol}//${host}`)) {
    const asked = new URL(`${own.protocol}//${host}`);
    const same = asked.hostname === own.hostname || (isLoopbackHost(asked.hostname) && isLoopbackHost(own.hostname));
    if (same && asked.port === own.port && asked.pathname === "/") return;
  }
  throw new OAuthError("invalid_request", "host-foreign", "The request was made for another host.", { status: 421 });
}

/** MCP, Streamable HTTP: Origin must be validated, 403 otherwise. Programs send none. */
function refuseForeignOrigin({ headers }: HttpRequest, { origin, browserOrigins }: GatewaySettings): void {
  const from = headers["origin"];
  if (from === undefined || from === origin) return;
  if (typeof from === "string" && (browserOrigins.includes("*") || browserOrigins.includes(from) || isLoopbackOrigin(from))) return;
  throw new OAuthError("access_denied", "origin-foreign", "Pages of this origin may not call here.");
}

function isLoopbackOrigin(from: string): boolean {
  return URL.canParse(from) && isLoopbackHost(new URL(from).hostname);
}

function decoded(query: string): string {
  try {
    return decodeURIComponent(query);
  } catch {
    return query; // as it is: nobody reads it
  }
}
