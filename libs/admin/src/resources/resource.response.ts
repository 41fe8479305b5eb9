import type { RegisteredResource, TokenPolicy } from "@grantline/domain/resource";

export function showResource(resource: RegisteredResource): Readonly<Record<string, unknown>> {
  return {
    resource_id: resource.resourceId,
    uri: resource.uri,
    name: resource.name,
    client_id: resource.clientId,
    scopes: resource.scopes,
    access_policy: resource.policy,
    token_policy: showTokenPolicy(resource.tokenPolicy),
    generation: resource.generation,
  };
}

function showTokenPolicy({ format, accessTokenLifetime, alg }: TokenPolicy): Readonly<Record<string, unknown>> {
  return {
    ...(format === undefined ? {} : { format }),
    ...(accessTokenLifetime === undefined ? {} : { access_token_lifetime: accessTokenLifetime }),
    ...(alg === undefined ? {} : { alg }),
  };
}
