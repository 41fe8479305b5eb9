import type { Endpoint } from "@grantline/oauth/http";
import { revocationFeedEndpoint, type RevocationFeedContext } from "./feed/revocations.endpoint.ts";
import { forwardAuthEndpoints, type ForwardAuthContext } from "./forward-auth/forward-auth.endpoints.ts";
import { statusListEndpoint, type StatusListContext } from "./status-list/status-list.endpoint.ts";

export { createRevocationHub, type RevocationHub } from "./feed/hub.ts";
export type { FeedEntry } from "./feed/entry.ts";
export { statusProjection } from "./status-list/status.projection.ts";

export type ValidatorContext = RevocationFeedContext & ForwardAuthContext & StatusListContext;

/** Everything for those who judge tokens elsewhere: the revocation feed, status lists where they are kept, and the question gateways ask. */
export function validatorEndpoints(context: ValidatorContext): readonly Endpoint[] {
  return [
    revocationFeedEndpoint(context),
    ...forwardAuthEndpoints(context),
    ...(context.settings.statusList === true ? [statusListEndpoint(context)] : []),
  ];
}
