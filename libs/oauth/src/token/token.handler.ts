import { authenticateClient, type AuthenticatedClient, type ClientAuthenticationSources } from "../client-authentication/index.ts";
import { OAuthError } from "../errors/index.ts";
import { type GrantContext, type GrantType, grantTypes } from "../grants/index.ts";
import { CLIENT_PARAMETERS, type Endpoint, formOperation, formParameters, type HttpRequest, type HttpResponse } from "../http/index.ts";
import { tokenResponse } from "./token.response.ts";

export type TokenEndpointContext = GrantContext & ClientAuthenticationSources;

/** POST /token (OAuth 2.1 §3.2). */
export function tokenEndpoints(context: TokenEndpointContext): readonly Endpoint[] {
  return [
    {
      id: "token",
      method: "POST",
      path: `${context.settings.basePath}/token`,
      accepts: "form",
      cors: true,
      audience: "program",
      openapi: formOperation({
        summary: "Exchange a grant for tokens (OAuth 2.1 §3.2)",
        parameters: [...new Set(["grant_type", ...CLIENT_PARAMETERS, ...[...grantTypes.values()].flatMap((grant) => grant.parameters)])],
        required: ["grant_type"],
        answers: { "200": "The tokens." },
      }),
      handle: (request) => answerToken(context, request),
    },
  ];
}

async function answerToken(context: TokenEndpointContext, request: HttpRequest): Promise<HttpResponse> {
  const params = formParameters(request.body);
  const grant = grantOf(params.get("grant_type"));
  const client = await authenticateClient(context, request, params);
  requireAllowed(client, grant);
  return tokenResponse(await grant.handle(context, { request, params, client }), client.headers);
}

function grantOf(name: string | undefined): GrantType {
  if (name === undefined) throw new OAuthError("invalid_request", "parameter-missing", "grant_type is required.");
  const grant = grantTypes.get(name);
  // RFC 6749 §5.2; the password grant is among those that do not exist here (RFC 9700 §2.4)
  if (grant === undefined) throw new OAuthError("unsupported_grant_type", "grant-type-unsupported", "This grant_type is not supported.");
  return grant;
}

function requireAllowed(client: AuthenticatedClient, grant: GrantType): void {
  // RFC 6749 §5.2: a client uses only the grant types it is registered for
  if (!client.state.metadata.grant_types.includes(grant.grantType)) {
    throw new OAuthError("unauthorized_client", "grant-type-not-allowed", `This client is not registered for ${grant.grantType}.`);
  }
}
