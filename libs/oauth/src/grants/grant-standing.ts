import type { GrantBasis } from "@grantline/domain/grant";
import type { currentStanding } from "../standing/index.ts";

/** What the standing of a grant depends on. */
export function standingQuery(basis: GrantBasis): Parameters<typeof currentStanding>[1] {
  return {
    clientId: basis.clientId,
    subject: basis.subject,
    resourceIds: basis.resources.map((resource) => resource.id),
    ...(basis.sessionId === undefined ? {} : { sessionId: basis.sessionId }),
  };
}
