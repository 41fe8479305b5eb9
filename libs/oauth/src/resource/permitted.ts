import { isAdminScope } from "@grantline/domain/kernel";
import { permittedScopes, type Principal, type RegisteredResource } from "@grantline/domain/resource";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { parseOptionalScope } from "../scope/index.ts";
import { principalOf, type PrincipalQuery } from "./principal.ts";

type Parts = Pick<OAuthContext, "subjects" | "subjectKeys" | "settings">;

/**
 * P14: the one function that says which of a resource's scopes a client may have, for itself or for a person. Every grant
 * calls it: authorize, refresh, client_credentials, exchange. `requested` undefined asks for the defaults.
 * The answer is the policy's, cut by the client's ceiling; empty when nothing is allowed.
 */
export async function permittedFor(
  context: Parts,
  query: {
    readonly client: ClientView;
    readonly subject?: string;
    readonly resource: RegisteredResource;
    readonly requested?: readonly string[] | undefined;
  },
): Promise<readonly string[]> {
  const { client, resource, requested } = query;
  if (!clientAdmits(client, resource.resourceId)) return [];
  const principal = await principalOf(context, query);
  if (principal === undefined) return [];
  const ceiling = scopeCeiling(client);
  const permitted = permittedScopes(resource, principal, requested);
  // P14: a program has admin scopes only where an operator wrote them into its ceiling
  if (ceiling === undefined) return principal.subject === undefined ? permitted.filter((scope) => !isAdminScope(scope)) : permitted;
  const cut = permitted.filter((scope) => ceiling.includes(scope));
  // Where no default is left under the ceiling, the ceiling itself is what the operator meant this client to have.
  return requested === undefined && cut.length === 0 ? permittedScopes(resource, principal, ceiling) : cut;
}

/**
 * The scopes an operator limited the client to, undefined for no limit. The `scope` an unvetted client wrote into its own
 * registration limits nobody (it can register again), and stock MCP clients register with their first scope only and step up later.
 */
export function scopeCeiling(client: ClientView): readonly string[] | undefined {
  const { settings, metadata, verification } = client.state;
  if (settings.allowedScopes !== undefined) return settings.allowedScopes;
  return verification === "operator" ? parseOptionalScope(metadata.scope) : undefined;
}

/** May the client ask for the resource at all? */
export function clientAdmits(client: ClientView, resourceId: string): boolean {
  return client.state.settings.allowedResources?.includes(resourceId) ?? true;
}

/** Is there any way in for this person through this client, whatever the scope? Tells "no scope asked" from "not allowed". */
export async function personAdmits(context: Parts, query: PrincipalQuery & { readonly resource: RegisteredResource }): Promise<boolean> {
  if (!clientAdmits(query.client, query.resource.resourceId)) return false;
  const principal = await principalOf(context, query);
  return principal !== undefined && anyRule(query.resource, principal);
}

function anyRule(resource: RegisteredResource, principal: Principal): boolean {
  if (
    permittedScopes(
      resource,
      principal,
      resource.scopes.map(({ name }) => name),
    ).length > 0
  )
    return true;
  // A resource without scopes: ask its rules about one that stands for all.
  const probe = "any";
  const rules = resource.policy.rules.map((rule) => ({ ...rule, scopes: ["*"] }));
  return (
    resource.scopes.length === 0 &&
    permittedScopes({ ...resource, scopes: [{ name: probe, description: probe }], policy: { rules } }, principal, [probe]).length > 0
  );
}
