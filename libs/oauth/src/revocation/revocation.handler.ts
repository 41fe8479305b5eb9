import { authenticateClient, type ClientAuthenticationSources } from "../client-authentication/index.ts";
import { type ClientView, commandMeta, type OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { CLIENT_PARAMETERS, type Endpoint, formOperation, formParameters, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { type AccessTokenView, findAccessToken, findRefreshToken, type TokenSources } from "../tokens/index.ts";
import { parseRevocationRequest } from "./revocation.request.ts";
import { revocationResponse } from "./revocation.response.ts";

export type RevocationContext = TokenSources & ClientAuthenticationSources & Pick<OAuthContext, "subjectKeys">;

/** POST /revoke (RFC 7009). */
export function revocationEndpoints(context: RevocationContext): readonly Endpoint[] {
  return [
    {
      id: "revocation",
      method: "POST",
      path: `${context.settings.basePath}/revoke`,
      accepts: "form",
      cors: true,
      audience: "program",
      openapi: formOperation({
        summary: "Revoke a token (RFC 7009)",
        parameters: ["token", "token_type_hint", ...CLIENT_PARAMETERS],
        required: ["token"],
        answers: { "200": "The token is not active any more." },
      }),
      handle: (request) => revoke(context, request),
    },
  ];
}

async function revoke(context: RevocationContext, request: HttpRequest): Promise<HttpResponse> {
  const params = formParameters(request.body);
  const client = await authenticateClient(context, request, params);
  const { token } = parseRevocationRequest(params);
  const refresh = await findRefreshToken(context, token);
  if (refresh !== undefined) {
    requireOwn(client, refresh.clientId);
    const meta = commandMeta(context, request, { kind: "client", id: client.clientId });
    // RFC 7009 §2.1: with the refresh token go all access tokens of the same authorization
    await context.grants.execute(refresh.grantId, { kind: "revoke", now: context.clock.now(), reason: "token-revocation" }, meta);
    return revocationResponse(client.headers);
  }
  const access = await findAccessToken(context, token);
  if (access !== undefined) {
    requireOwn(client, access.clientId);
    await revokeAccessToken(context, request, access);
  }
  // RFC 7009 §2.2: an invalid token is no error, the client's aim is reached
  return revocationResponse(client.headers);
}

function requireOwn(client: ClientView, issuedTo: string): void {
  // RFC 7009 §2.1: the token was issued to the client asking, else the request is refused
  if (client.clientId !== issuedTo) throw new OAuthError("invalid_grant", "client-mismatch", "The token was issued to another client.");
}

async function revokeAccessToken(context: RevocationContext, request: HttpRequest, token: AccessTokenView): Promise<void> {
  const now = context.clock.now();
  const { jti, exp, clientId, grantId, n } = token;
  const meta = commandMeta(context, request, { kind: "client", id: clientId });
  if (grantId === undefined || n === undefined) {
    await context.tokens.execute(jti, { kind: "revoke", now, jti, clientId, exp, reason: "token-revocation" }, meta);
    return;
  }
  const { outcome } = await context.grants.execute(grantId, { kind: "revoke-access-token", now, n, jti, exp }, meta);
  // A refusal here would mean the token lives on: never answered as success (CVE 15)
  if (outcome.kind === "refused") throw new OAuthError("server_error", outcome.reason, "The token could not be revoked.");
}
