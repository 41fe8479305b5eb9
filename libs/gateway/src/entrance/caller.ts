import type { FlagAbout } from "@grantline/domain/flag";
import { authenticateBearer, type BearerDemand } from "@grantline/oauth/bearer";
import { requireCapability } from "@grantline/oauth/flags";
import { commandMeta } from "@grantline/oauth/context";
import type { HttpRequest } from "@grantline/oauth/http";
import { noteStepUp } from "@grantline/oauth/step-up";
import type { CommandMeta } from "@grantline/event-store";
import type { AccessTokenView } from "@grantline/oauth/tokens";
import type { Caller, GatewayContext } from "../context.ts";

type Arrived = Pick<Caller, "server" | "resource">;

/**
 * Who calls: the one judgement of access tokens there is, so the answer is what introspection would say at this moment (P5). Throws OAuthError 401 or 403
 * with the challenge MCP wants.
 */
export async function identify(context: Pick<GatewayContext, "sources">, request: HttpRequest, arrived: Arrived): Promise<Caller> {
  const token = await authenticateBearer(context.sources, request, demandOf(context, arrived, baseScopes(arrived)));
  // readBearer has just found exactly one there
  const presented = String(request.headers["authorization"]).slice("bearer ".length);
  const caller = { ...arrived, token, presented };
  requireCapability(context.sources.flags, "gateway.calls", aboutOf(caller));
  return caller;
}

/** The scopes one operation needs beside. Throws OAuthError `insufficient_scope`: all of them, and what is held, in one challenge. */
export async function requireScopes(
  context: Pick<GatewayContext, "sources">,
  request: HttpRequest,
  caller: Caller,
  scopes: readonly string[],
): Promise<void> {
  await authenticateBearer(context.sources, request, demandOf(context, caller, [...new Set([...baseScopes(caller), ...scopes])]));
}

/** Whom a flag is asked about. */
export function aboutOf({ server, token }: Pick<Caller, "server" | "token">): FlagAbout {
  return { subject: token.sub, client: token.clientId, provider: server.provider };
}

/** What every call needs: the scopes given to who asks for none. */
function baseScopes({ resource }: Arrived): readonly string[] {
  return resource.scopes.filter((scope) => scope.default === true).map(({ name }) => name);
}

function demandOf({ sources }: Pick<GatewayContext, "sources">, { resource }: Arrived, scopes: readonly string[]): BearerDemand {
  const onShort = (token: AccessTokenView): Promise<void> => noteStepUp(sources, token, scopes);
  return { resource: resource.uri, scopes, cumulative: true, onShort };
}

/** For events: who did it, by what. */
export function metaOf({ sources }: Pick<GatewayContext, "sources">, request: HttpRequest, { token }: Pick<Caller, "token">): CommandMeta {
  const kind = token.entity === "human" ? "user" : token.entity === "agent" ? "agent" : "client";
  return commandMeta(sources, request, { kind, id: token.sub });
}
