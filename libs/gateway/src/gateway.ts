import type { EventStore } from "@grantline/event-store";
import type { Endpoint } from "@grantline/oauth/http";
import type { Resolve } from "@grantline/oauth/outbound";
import type { Servers, Upstreams } from "@grantline/upstream";
import { createBridge } from "./bridge/bridge.ts";
import { createOpenStreams } from "./call/open-streams.ts";
import type { GatewayContext, GatewaySources } from "./context.ts";
import { gatewayEndpoints } from "./gateway.endpoints.ts";
import type { GatewayMetrics } from "./gateway-metrics.ts";
import type { GatewaySettings } from "./gateway-settings.ts";
import { createJournal } from "./journal/journal.ts";
import { createCircuits, createOutbound } from "./outbound/index.ts";
import { createTokenWatch } from "./watch/token-watch.ts";

export interface GatewayParts {
  readonly sources: GatewaySources;
  readonly store: EventStore;
  readonly settings: GatewaySettings;
  readonly region: string;
  readonly service: string;
  readonly servers: Servers;
  readonly upstreams: Upstreams;
  /** Where many processes share the engines: what makes this one see all that was acknowledged before. */
  readonly upToDate?: (() => Promise<void>) | undefined;
  readonly resolve?: Resolve | undefined;
  readonly metrics?: GatewayMetrics | undefined;
  /** Told when decisions could not be recorded yet. */
  readonly onFailure?: (error: unknown) => void;
}

/** The gateway of one process. */
export interface Gateway {
  readonly endpoints: readonly Endpoint[];
  /** Resolves when all decided so far is durable. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function openGateway(parts: GatewayParts): Gateway {
  const { sources, settings, servers, upstreams, store, region, service, metrics } = parts;
  const { seals, clock } = sources;
  const context: GatewayContext = {
    sources,
    settings,
    servers,
    upstreams,
    journal: createJournal({ store, clock, region, service, ...(parts.onFailure === undefined ? {} : { onFailure: parts.onFailure }) }),
    outbound: createOutbound(settings, parts.resolve),
    circuits: createCircuits({ onState: (server, open) => metrics?.gatewayCircuit(server, open) }),
    watch: createTokenWatch({ context: sources, upToDate: parts.upToDate }),
    streams: createOpenStreams(),
    bridge: createBridge({ servers, seals, clock, commands: settings.commands, host: settings.bridgeHost }),
    metrics,
  };
  return {
    endpoints: gatewayEndpoints(context),
    flush: () => context.journal.flush(),
    async close() {
      context.watch.close();
      await context.bridge.close();
      await context.outbound.close();
      await context.journal.close();
    },
  };
}
