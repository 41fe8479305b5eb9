import type { ConsentedScopes, ConsentState } from "@grantline/domain/consent";
import type { ClientView } from "../context/index.ts";
import type { Interaction } from "./interaction.ts";
import type { Offer } from "./offer.ts";

/** What is granted: by resource id, identity scopes under "". As consent events spell it. */
export type GrantedScopes = ConsentedScopes;

/** All that is offered. */
export function fullGrant(offer: Offer): GrantedScopes {
  const resources = offer.resources.map(({ resource, scopes }) => [resource.resourceId, scopes] as const);
  return Object.fromEntries([...(offer.identity.length > 0 ? [["", offer.identity] as const] : []), ...resources]);
}

/** May a decision about this client stand in for the person's next one at all? */
export function mayRemember(interaction: Interaction, client: ClientView): boolean {
  // RFC 8252 §8.6: any program on the machine can pose as an unvetted client at a loopback address or private-use scheme, so the person is always asked
  if (interaction.request.redirectUri.startsWith("https://")) return true;
  // and of a client that every installation has, everybody knows the id
  return client.state.verification === "operator" && client.state.how !== "bootstrap";
}

/** Has the person already allowed all of this, with the wish not to be asked again? */
export function remembered(interaction: Interaction, client: ClientView, consent: ConsentState, offer: Offer): boolean {
  // OpenID Connect Core §3.1.2.1: prompt=consent asks again
  if (interaction.request.prompt.includes("consent")) return false;
  if (!mayRemember(interaction, client)) return false;
  if (consent.status !== "granted" || !consent.remember) return false;
  return Object.entries(fullGrant(offer)).every(([resource, scopes]) => {
    const known = consent.scopes[resource];
    return known !== undefined && scopes.every((scope) => known.includes(scope));
  });
}
