import type { Endpoint } from "@grantline/oauth/http";
import { gatewayApiEndpoints } from "./api/gateway-api.endpoints.ts";
import { connectEndpoints } from "./connect/connect.endpoints.ts";
import type { UpstreamContext } from "./context.ts";
import { rememberingFetch } from "./discovery/remembering-fetch.ts";
import { endOrphansDuty } from "./duties/end-orphans.duty.ts";
import { refreshUpstreamsDuty } from "./duties/refresh-upstreams.duty.ts";
import type { UpstreamDuty } from "./duties/rows.ts";
import { gatewayAdminEndpoints } from "./registry/servers.routes.ts";
import type { RefreshParts } from "./refresh/refresh.ts";
import { createServers } from "./registry/servers.ts";
import { createTokenRecords } from "./tokens/record.ts";
import type { Servers, Upstreams } from "./upstream.port.ts";
import { createUpstreams } from "./upstreams.ts";

/** Everything of this package that a process needs, once. */
export interface UpstreamSide {
  readonly servers: Servers;
  readonly upstreams: Upstreams;
  /** Connecting, and the API for people's own connections. */
  readonly endpoints: readonly Endpoint[];
  /** The registry of servers, in the admin API. */
  readonly adminEndpoints: readonly Endpoint[];
  /** For one process of many. */
  readonly duties: readonly UpstreamDuty[];
}

export function createUpstreamSide(given: UpstreamContext): UpstreamSide {
  const { fetcher, outside, clock } = given;
  const context = { ...given, ...rememberingFetch(fetcher, clock), outside: { ...outside, ...rememberingFetch(outside.fetcher, clock) } };
  const servers = createServers(context);
  const records = createTokenRecords(context.secrets);
  const parts: RefreshParts = { context, records, unsaved: new Map() };
  const upstreams = createUpstreams(parts);
  return {
    servers,
    upstreams,
    endpoints: upstreamEndpoints(context, { servers, upstreams, records }),
    adminEndpoints: gatewayAdminEndpoints(context),
    duties: [refreshUpstreamsDuty({ parts, servers }), endOrphansDuty({ parts, servers })],
  };
}

function upstreamEndpoints(
  context: UpstreamContext,
  {
    servers,
    upstreams,
    records,
  }: Pick<UpstreamSide, "servers" | "upstreams"> & { readonly records: ReturnType<typeof createTokenRecords> },
): readonly Endpoint[] {
  return [...connectEndpoints({ context, records }), ...gatewayApiEndpoints({ context, servers, upstreams })];
}
