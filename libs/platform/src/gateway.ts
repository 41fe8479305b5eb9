import { gatewayOrigin, type Config } from "@grantline/config";
import { openGateway, type Gateway } from "@grantline/gateway";
import type { Servers, Upstreams } from "@grantline/upstream";
import type { Resolve } from "@grantline/oauth/outbound";
import type { Logger, Metrics } from "@grantline/telemetry";
import type { Platform } from "./platform.ts";

export interface GatewayWiring {
  readonly platform: Platform;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The platform's own unless given. */
  readonly servers?: Servers;
  readonly upstreams?: Upstreams;
  readonly resolve?: Resolve;
}

/** MCP servers of others behind our own authorization, in this process. */
export function openGatewayOf({ platform, config, log, metrics, resolve, ...given }: GatewayWiring): Gateway {
  const { context, upToDate } = platform;
  const { servers, upstreams } = { ...platform.upstream, ...given };
  const { browserOrigins, privateUpstreams, commands, bridgeHost, bodyLimit, timeout } = config.gateway;
  return openGateway({
    sources: context,
    store: context.store,
    region: config.server.region,
    service: "mcp-gateway",
    servers,
    upstreams,
    upToDate,
    metrics,
    resolve,
    settings: {
      origin: gatewayOrigin(config),
      issuer: config.server.issuer,
      browserOrigins,
      privateUpstreams,
      allowLoopback: !config.production,
      commands,
      bridgeHost,
      bodyLimit,
      timeoutMs: timeout * 1_000,
    },
    onFailure: (error) => log.warn({ err: error }, "decisions of the gateway could not be recorded yet; they are kept and tried again"),
  });
}
