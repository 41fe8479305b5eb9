import type { FlagName } from "@grantline/domain/flag";
import type { FeatureFlags } from "@grantline/oauth/context";
import { requireCapability } from "@grantline/oauth/flags";
import { formParameters, queryParameters, type Endpoint, type HttpRequest } from "@grantline/oauth/http";

/** Reading and removing a registration stay open: nobody is kept from leaving. */
const SWITCHES: Readonly<Record<string, readonly FlagName[]>> = {
  "bridge-register": ["bridge.registration", "bridge.entra"],
  "bridge-registration-update": ["bridge.registration", "bridge.entra"],
  "bridge-authorize": ["bridge.facade"],
  "bridge-token": ["bridge.facade"],
};

/** The bridge's endpoints behind their flags; the provider a flag is asked about is the directory. */
export function behindSwitches(endpoints: readonly Endpoint[], flags: FeatureFlags, directory: string): readonly Endpoint[] {
  return endpoints.map((endpoint) => {
    const switches = (SWITCHES[endpoint.id] ?? []).filter((flag) => flag !== "bridge.entra" || directory === "entra");
    if (switches.length === 0) return endpoint;
    return {
      ...endpoint,
      handle: (request) => {
        for (const flag of switches) requireCapability(flags, flag, { client: clientOf(endpoint, request), provider: directory });
        return endpoint.handle(request);
      },
    };
  });
}

/** As far as it says who it is; a client that lies here is turned away by its secret later. */
function clientOf({ accepts, method }: Endpoint, { query, body }: HttpRequest): string | undefined {
  if (accepts === "form") return formParameters(body).get("client_id");
  return method === "GET" ? queryParameters(query).get("client_id") : undefined;
}
