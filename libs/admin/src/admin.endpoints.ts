import type { Endpoint } from "@grantline/oauth/http";
import { anomalyRoutes } from "./anomalies/anomalies.routes.ts";
import { clientRoutes } from "./clients/clients.routes.ts";
import type { AdminParts } from "./context.ts";
import { eventRoutes } from "./events/events.routes.ts";
import { flagRoutes } from "./flags/flags.routes.ts";
import { grantRoutes } from "./grants/grants.routes.ts";
import { keyRoutes } from "./keys/keys.routes.ts";
import { openApiEndpoint } from "./openapi/openapi.endpoint.ts";
import { operationRoutes } from "./operations/operations.routes.ts";
import { resourceRoutes } from "./resources/resources.routes.ts";
import { subjectRoutes } from "./subjects/subjects.routes.ts";

/** The admin API under /admin/v1, opened by our own tokens with `grantline:*` scopes; errors are problem+json (`problemResponse`). */
export function adminEndpoints(context: AdminParts): readonly Endpoint[] {
  const routes = [
    clientRoutes,
    resourceRoutes,
    subjectRoutes,
    grantRoutes,
    keyRoutes,
    flagRoutes,
    anomalyRoutes,
    eventRoutes,
    operationRoutes,
  ].flatMap((of) => of(context));
  const all: readonly Endpoint[] = [...routes, openApiEndpoint(context, () => all)];
  return all;
}
