import type { RegisteredResource } from "@grantline/domain/resource";
import { authenticateBearer } from "@grantline/oauth/bearer";
import { OAuthError } from "@grantline/oauth/errors";
import { type Endpoint, formParameters, type HttpRequest, type HttpResponse, json, queryOperation } from "@grantline/oauth/http";
import { type IntrospectionContext, introspectorOf, maySee } from "@grantline/oauth/introspection";
import { findResource } from "@grantline/oauth/resource";
import { noteStepUp } from "@grantline/oauth/step-up";
import type { AccessTokenView } from "@grantline/oauth/tokens";
import type { OAuthContext } from "@grantline/oauth/context";
import { type ForwardAuthRequest, parseForwardAuth } from "./forward-auth.request.ts";
import { resourceOfUrl } from "./resource-of-url.ts";

export type ForwardAuthContext = IntrospectionContext & Pick<OAuthContext, "settings">;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * May the request a gateway holds go through? 200 with who it is in `X-Auth-…` headers, 401 or 403 with the challenge for the client (RFC 6750 §3).
 * For nginx `auth_request`, Traefik `forwardAuth` and HAProxy at the path itself, for Envoy `ext_authz` below it, with the original's method.
 */
export function forwardAuthEndpoints(context: ForwardAuthContext): readonly Endpoint[] {
  const path = `${context.settings.basePath}/v1/forward-auth`;
  const common = { audience: "program" } as const;
  const below = METHODS.map((method): Endpoint => {
    return {
      ...common,
      id: `forward-auth-below-${method.toLowerCase()}`,
      method,
      path: `${path}/*`,
      handle: (request) => judge(context, request, true),
    };
  });
  const openapi = queryOperation({
    summary: "May a request a gateway holds go through",
    parameters: ["resource", "from", "scope"],
    answers: { "200": "It may; X-Auth- headers say who it is." },
  });
  return [{ ...common, id: "forward-auth", method: "GET", path, openapi, handle: (request) => judge(context, request, false) }, ...below];
}

/** Every yes is judged anew: nothing is kept here, so a revocation holds from the moment it was acknowledged (P5). */
async function judge(context: ForwardAuthContext, request: HttpRequest, below: boolean): Promise<HttpResponse> {
  const asked = parseForwardAuth(request, below);
  const resource = await permittedResource(context, request, asked);
  try {
    const token = await authenticateBearer(context, request, {
      resource: resource.uri,
      scopes: asked.scopes,
      cumulative: true,
      onShort: (short) => noteStepUp(context, short, asked.scopes),
    });
    return allowed(token);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // answered and not thrown: a stranger's bad tokens must not count against the address of the gateway that asks about them
    const body = { error: error.code, error_description: error.description };
    return { ...json(error.status, body, error.headers), refused: error };
  }
}

async function permittedResource(
  context: ForwardAuthContext,
  request: HttpRequest,
  asked: ForwardAuthRequest,
): Promise<RegisteredResource> {
  const { method, path, params, ip, correlationId } = request;
  const own = { method, path, params, ip, correlationId, query: "", body: undefined, headers: { authorization: asked.gateway } };
  const gateway = await introspectorOf(context, own, formParameters(undefined)).catch(misconfigured);
  const { target } = asked;
  const resource = "resource" in target ? await findResource(context, target.resource) : await resourceOfUrl(context, target.url);
  if (resource === undefined || !(await maySee(context, gateway, resource.resourceId)))
    throw new OAuthError("invalid_target", "resource-not-allowed", "This gateway may not ask about that resource.");
  return resource;
}

/** A gateway would hand a 401 on to its client, as if the client's token were wrong; with 400 it says that it is the one that is set up wrongly. */
function misconfigured(error: unknown): never {
  if (!(error instanceof OAuthError) || (error.status !== 401 && error.status !== 403)) throw error;
  throw new OAuthError(error.code, error.reason, `The gateway's own credential: ${error.description}`, { status: 400, cause: error });
}

function allowed(token: AccessTokenView): HttpResponse {
  return {
    status: 200,
    headers: {
      // RFC 9111 §5.2.2.5: no gateway may keep a yes
      "cache-control": "no-store",
      "x-auth-subject": token.sub,
      "x-auth-client": headerSafe(token.clientId),
      "x-auth-scope": token.scope.join(" "),
      "x-auth-entity": token.entity,
      "x-auth-resource": token.aud,
      "x-auth-token-id": token.jti,
      "x-auth-expires": String(token.exp),
      ...(token.grantId === undefined ? {} : { "x-auth-grant": token.grantId }),
    },
  };
}

/** A client_id may be a URL with letters no header can carry. */
function headerSafe(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : encodeURI(text);
}
