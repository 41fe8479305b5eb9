import type { GrantAuthorized, GrantBasis, GrantedResource } from "@grantline/domain/grant";
import type { ClientView, OAuthContext } from "../context/index.ts";
import { entityOf } from "../resource/index.ts";
import type { Session } from "../session/index.ts";
import type { Offer } from "./offer.ts";
import type { GrantedScopes } from "./remembered.ts";

/** The consent a grant rests on, already durable, and its generation as it was judged. */
export interface GivenConsent {
  readonly reference: GrantAuthorized["data"]["consent"];
  readonly generation: number;
}

/** What a person allowed a client, and what it was judged by. */
export interface Allowed {
  readonly client: ClientView;
  readonly session: Session;
  readonly offer: Offer;
  readonly granted: GrantedScopes;
  readonly consent: GivenConsent;
}

/** What the grant is made of, however its code reaches the client. Never more than was offered. */
export function grantBasis(
  context: Pick<OAuthContext, "clock" | "settings">,
  allowed: Allowed,
): Omit<GrantBasis, "nonce"> & Pick<GrantAuthorized["data"], "consent"> {
  const { client, session, granted, consent } = allowed;
  const entity = entityOf(client, session.subject);
  const resources = grantedResources(allowed);
  const identity = granted[""] ?? [];
  const longest = client.state.settings.refreshAbsoluteLifetime ?? context.settings.lifetimes[entity].refreshAbsolute;
  return {
    clientId: client.clientId,
    subject: session.subject,
    entity,
    sessionId: session.sid,
    resources,
    scope: [...new Set([...identity, ...resources.flatMap(({ scopes }) => scopes)])],
    authTime: session.authTime,
    amr: session.amr,
    generations: generationsOf(allowed),
    // Every client registered for refresh tokens gets them, offline_access or not (mcp-auth.md, P1).
    refreshable: client.state.metadata.grant_types.includes("refresh_token"),
    absoluteExpiresAt: context.clock.now() + longest,
    offline: identity.includes("offline_access"),
    consent: consent.reference,
  };
}

/**
 * The generations everything was judged under, not those of this moment: what is revoked between that judgement and the grant ends the grant
 * too (P5).
 */
export function generationsOf(allowed: Allowed): GrantBasis["generations"] {
  const { client, session, offer, consent } = allowed;
  const granted = new Set(grantedResources(allowed).map(({ id }) => id));
  const resources = offer.resources.flatMap(({ resource: { resourceId: id, generation } }) =>
    granted.has(id) ? [[id, generation] as const] : [],
  );
  return {
    client: client.state.generation,
    subject: session.generation,
    consent: consent.generation,
    resources: Object.fromEntries(resources),
  };
}

/** A resource is in the grant when the person left it anything, or when it has nothing to tick. Never more than was offered. */
function grantedResources({ offer, granted }: Allowed): readonly GrantedResource[] {
  return offer.resources.flatMap(({ resource, scopes }) => {
    const kept = scopes.filter((scope) => granted[resource.resourceId]?.includes(scope));
    return kept.length === 0 && scopes.length > 0 ? [] : [{ id: resource.resourceId, uri: resource.uri, scopes: kept }];
  });
}
