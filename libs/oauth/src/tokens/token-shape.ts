import type { EntityKind } from "@grantline/domain/kernel";
import type { SigningAlg } from "@grantline/domain/keyring";
import type { RegisteredResource } from "@grantline/domain/resource";
import type { ClientView, OAuthContext } from "../context/index.ts";

export interface TokenShape {
  readonly format: "jwt" | "opaque";
  /** Seconds. */
  readonly lifetime: number;
  /** Absent: the signer's default. */
  readonly alg?: SigningAlg;
}

/** What an access token looks like: the client's settings first, then the resource's token policy, then the default of the entity kind. */
export function tokenShape(
  context: Pick<OAuthContext, "settings" | "signer">,
  client: ClientView,
  entity: EntityKind,
  resource: Pick<RegisteredResource, "tokenPolicy"> | undefined,
): TokenShape {
  const own = client.state.settings;
  const policy = resource?.tokenPolicy;
  const { settings, signer } = context;
  const format = own.accessTokenFormat ?? policy?.format ?? settings.accessTokenFormat;
  const lifetime = own.accessTokenLifetime ?? policy?.accessTokenLifetime ?? settings.lifetimes[entity].accessToken;
  // An algorithm this region holds no key for falls back to the default rather than to no token.
  return policy?.alg !== undefined && signer.algs().includes(policy.alg) ? { format, lifetime, alg: policy.alg } : { format, lifetime };
}
