import { gatewayOrigin, type Config } from "@grantline/config";
import { openGateway, type Gateway } from "@grantline/gateway";
import type { Servers, Upstreams } from "@grantline/upstream";
import type { Resolve } from "@grantline/oauth/outbound";
import type { Logger } from "@grantline/telemetry";
import type { Platform } from "./platform.ts";

export interface GatewayWiring {
  readonly platform: Platform;
  readonly config: Config;
  readonly log: Logger;
  readonly servers: Servers;
  readonly upstreams: Upstreams;
  /** What the process calls itself in events. */
  readonly service?: string;
  readonly resolve?: Resolve;
}

/** MCP servers of others behind our own authorization, in this process. */
export function openGatewayOf({ platform, config, log, servers, upstreams, service = "mcp-gateway", resolve }: GatewayWiring): Gateway {
  const { context, upToDate } = platform;
  const { browserOrigins, privateUpstreams, commands, bodyLimit, timeout } = config.gateway;
  return openGateway({
    sources: context,
    store: context.store,
    region: config.server.region,
    service,
    servers,
    upstreams,
    upToDate,
    resolve,
    settings: {
      origin: gatewayOrigin(config),
      issuer: config.server.issuer,
      browserOrigins,
      privateUpstreams,
      allowLoopback: !config.production,
      commands,
      bodyLimit,
      timeoutMs: timeout * 1_000,
    },
    onFailure: (error) => log.warn({ err: error }, "decisions of the gateway could not be recorded yet; they are kept and tried again"),
  });
}
