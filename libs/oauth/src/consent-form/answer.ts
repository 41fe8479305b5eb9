import { OAuthError } from "../errors/index.ts";
import { queryParameters, repeatedParameters, type Parameters } from "../http/index.ts";
import type { GrantedScopes, Offer } from "../interaction/index.ts";

/**
 * Value of a scope's checkbox. All are named `scope`; the resource id keeps equal names of two resources apart, and the first of a
 * name goes without.
 */
export function checkboxValue(offer: Offer, resourceId: string, scope: string): string {
  const first = offer.resources.find(({ scopes }) => scopes.includes(scope));
  return first === undefined || first.resource.resourceId === resourceId ? scope : `${scope} ${resourceId}`;
}

/** The form; one `scope` for each ticked box, everything else once. */
export function consentParameters(body: string | undefined): Parameters {
  const parameters = queryParameters(body ?? "", { lenient: true });
  // OAuth 2.1 §3.1: what comes twice is an error
  if (repeatedParameters(parameters).some((name) => name !== "scope"))
    throw new OAuthError("invalid_request", "parameter-repeated", "A field was sent more than once.");
  return parameters;
}

export interface ConsentAnswer {
  readonly allowed: boolean;
  readonly granted: GrantedScopes;
  readonly remember: boolean;
}

/** The person's answer: what is ticked of what is offered, nothing beyond. Allowing nothing at all is a denial. */
export function consentAnswer(parameters: Parameters, offer: Offer): ConsentAnswer {
  const values = new Set(parameters.all("scope"));
  const ticked = (resourceId: string, scopes: readonly string[]) =>
    scopes.filter((scope) => values.has(checkboxValue(offer, resourceId, scope)));
  const identity = ticked("", offer.identity);
  const resources = offer.resources.flatMap(({ resource, scopes }) => {
    const kept = ticked(resource.resourceId, scopes);
    return kept.length === 0 && scopes.length > 0 ? [] : [[resource.resourceId, kept] as const];
  });
  const granted = Object.fromEntries([...(identity.length > 0 ? [["", identity] as const] : []), ...resources]);
  const anything = Object.keys(granted).length > 0;
  return { allowed: parameters.get("decision") === "allow" && anything, granted, remember: parameters.get("remember") !== undefined };
}
