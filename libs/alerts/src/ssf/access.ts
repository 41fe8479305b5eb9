import { authenticateBearer, bearerChallenge } from "@grantline/oauth/bearer";
import { clientStreamId, type OAuthContext } from "@grantline/oauth/context";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import { signalsResource } from "@grantline/oauth/resource";

/** Who calls the transmitter: a program an operator made a client for, with a token of its own. */
export interface ReceiverClient {
  readonly clientId: string;
  /** Id of its domain stream. */
  readonly receiver: string;
}

/** Throws OAuthError 401, or 403 where the scope is not enough. */
export async function receiverClient(context: OAuthContext, request: HttpRequest, access: "read" | "manage"): Promise<ReceiverClient> {
  const resource = signalsResource(context.settings);
  const token = await authenticateBearer(context, request, { resource, scopes: access === "manage" ? ["ssf.manage"] : [] });
  if (!token.scope.includes("ssf.read") && !token.scope.includes("ssf.manage"))
    throw refused("The access token does not have the scope this needs.", resource, access);
  // one stream belongs to one client: a person's token would say who, but not for which receiver
  if (token.grantId !== undefined) throw refused("A receiver uses a token of its own (client_credentials).", resource, access);
  return { clientId: token.clientId, receiver: clientStreamId(token.clientId) };
}

function refused(description: string, resource: string, access: "read" | "manage"): OAuthError {
  const headers = bearerChallenge({ resource, scopes: [`ssf.${access}`] }, "insufficient_scope", description);
  return new OAuthError("insufficient_scope", "bearer-scope", description, { headers });
}
