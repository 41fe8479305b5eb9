import type { RegisteredResource } from "@grantline/domain/resource";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { OAuthError } from "../errors/index.ts";
import { permittedFor, personAdmits, scopeCeiling } from "../resource/index.ts";
import { IDENTITY_SCOPES, isIdentityScope, parseOptionalScope } from "../scope/index.ts";
import type { AuthorizationRequest } from "../authorization-request/index.ts";

export interface OfferedResource {
  readonly resource: RegisteredResource;
  readonly scopes: readonly string[];
}

/** What this person could give this client: the request, cut by policy (P14). The consent page shows it and nothing beyond it can be granted. */
export interface Offer {
  readonly identity: readonly string[];
  readonly resources: readonly OfferedResource[];
}

/** The part of a request that says what is wanted. */
type Asked = Pick<AuthorizationRequest, "resources" | "scope">;

/**
 * Throws OAuthErrors meant for the client: `invalid_target` when a resource is gone since, `access_denied` (policy-denied) when the
 * person may not use a requested resource through this client, or none of what was asked.
 */
export async function offerFor(
  context: Pick<OAuthContext, "resources" | "subjects" | "subjectKeys" | "settings">,
  client: ClientView,
  subject: string,
  request: Asked,
): Promise<Offer> {
  const resources = await Promise.all(request.resources.map(({ id }) => offerResource(context, client, subject, id, request.scope)));
  const identity = identityScopes(client, request);
  if (request.scope !== undefined && identity.length === 0 && resources.every(({ scopes }) => scopes.length === 0)) throw denied();
  return { identity, resources };
}

async function offerResource(
  context: Pick<OAuthContext, "resources" | "subjects" | "subjectKeys" | "settings">,
  client: ClientView,
  subject: string,
  resourceId: string,
  requested: readonly string[] | undefined,
): Promise<OfferedResource> {
  const { state: resource } = await context.resources.load(resourceId);
  if (resource.status !== "active")
    throw new OAuthError("invalid_target", "resource-unknown", "A requested resource is not registered any more.");
  const query = { client, subject, resource };
  if (!(await personAdmits(context, query))) throw denied();
  return { resource, scopes: await permittedFor(context, { ...query, requested: namedOf(requested) }) };
}

/**
 * What was asked of resources. Who names a resource and only scopes about the person has named none of its own (RFC 6749 §3.3: the default then): clients ask for
 * all that our metadata lists where an MCP server says nothing, and would be left with a token that opens nothing.
 */
function namedOf(requested: readonly string[] | undefined): readonly string[] | undefined {
  const named = requested?.filter((scope) => !isIdentityScope(scope)) ?? [];
  return named.length === 0 ? undefined : named;
}

function identityScopes(client: ClientView, request: Asked): readonly string[] {
  const ceiling = scopeCeiling(client);
  if (request.scope !== undefined) {
    // offline_access is always accepted (mcp-auth.md, decisions): a ceiling speaks of what may be read, not of how long.
    return request.scope.filter(
      (scope) => isIdentityScope(scope) && (ceiling === undefined || ceiling.includes(scope) || scope === "offline_access"),
    );
  }
  if (request.resources.length > 0) return [];
  // Nothing asked and no resource: what the client registered about people, else who they are by pseudonym.
  const registered = (parseOptionalScope(client.state.metadata.scope) ?? []).filter(
    (scope) => isIdentityScope(scope) && (ceiling === undefined || ceiling.includes(scope)),
  );
  return registered.length > 0 ? registered : IDENTITY_SCOPES.slice(0, 1);
}

function denied(): OAuthError {
  return new OAuthError(
    "access_denied",
    "policy-denied",
    "The access policy does not allow this person to use the requested resource through this client.",
  );
}
