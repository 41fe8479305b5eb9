import type { AccessPolicy, ResourceCommand, ScopeDefinition, TokenPolicy } from "@grantline/domain/resource";
import type { CommandMeta } from "@grantline/event-store";
import { resourceStreamId } from "@grantline/oauth/context";
import type { AdminParts } from "../context.ts";
import { AdminProblem } from "../problem.ts";
import { createResource, type NewResource } from "../resources/register-resource.handler.ts";
import { policyOrDefault } from "../resources/resource-rules.ts";

/** A resource as the settings declare it. What is left out is left as it is. */
export interface DeclaredResource {
  readonly uri: string;
  readonly name?: string | undefined;
  readonly scopes: readonly { readonly name: string; readonly description?: string | undefined; readonly default?: boolean | undefined }[];
  readonly tokenFormat?: "jwt" | "opaque" | undefined;
  readonly accessTokenLifetime?: number | undefined;
  readonly alg?: "ES256" | "EdDSA" | "RS256" | undefined;
  readonly policy?: AccessPolicy | undefined;
}

/** Registers what is missing and follows what changed; unchanged settings append nothing, since the decider compares. */
export async function ensureResource(context: AdminParts, declared: DeclaredResource, meta: CommandMeta): Promise<void> {
  const now = context.clock.now();
  const resourceId = resourceStreamId(declared.uri);
  const scopes = declared.scopes.map(scopeOf);
  const tokenPolicy = tokenPolicyOf(declared);
  const { state } = await context.resources.load(resourceId, { fresh: true });
  if (state.status !== "active") {
    const policy = policyOrDefault(context.settings, declared.policy);
    const clientId = `rs-${context.random.hex(16)}`;
    if (
      await made(context, { now, meta }, { uri: declared.uri, name: declared.name ?? declared.uri, scopes, policy, tokenPolicy, clientId })
    )
      return;
  }
  const commands: ResourceCommand[] = [
    { kind: "define-scopes", now, scopes },
    ...(declared.policy === undefined ? [] : [{ kind: "set-access-policy", now, policy: declared.policy } as const]),
    ...(tokenPolicy === undefined || Object.keys(tokenPolicy).length === 0
      ? []
      : [{ kind: "set-token-policy", now, policy: tokenPolicy } as const]),
  ];
  for (const command of commands) await context.resources.execute(resourceId, command, meta);
}

/** False when another process was first: several may find an empty log at the same moment, and none of them may fail for it. */
async function made(
  context: AdminParts,
  call: { readonly now: number; readonly meta: CommandMeta },
  resource: NewResource,
): Promise<boolean> {
  try {
    await createResource(context, call, resource);
    return true;
  } catch (error) {
    if (error instanceof AdminProblem && error.id === "already-exists") return false;
    throw error;
  }
}

function scopeOf(scope: DeclaredResource["scopes"][number]): ScopeDefinition {
  return {
    name: scope.name,
    description: scope.description ?? scope.name,
    ...(scope.default === undefined ? {} : { default: scope.default }),
  };
}

function tokenPolicyOf({ tokenFormat: format, accessTokenLifetime, alg }: DeclaredResource): TokenPolicy {
  return {
    ...(format === undefined ? {} : { format }),
    ...(accessTokenLifetime === undefined ? {} : { accessTokenLifetime }),
    ...(alg === undefined ? {} : { alg }),
  };
}
