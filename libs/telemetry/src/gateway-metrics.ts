import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { boundedLabel } from "./bounded-label.ts";

export interface GatewayMetrics {
  /** A call of somebody who is known was answered, or refused for a reason of ours. */
  gatewayCall(server: string, outcome: string): void;
  /** Seconds until a server began its answer, or had given none. */
  upstreamAnswered(server: string, seconds: number): void;
  /** So many streams more, or fewer. */
  gatewayStreams(more: number): void;
  /** The circuit for everybody of a server has opened, or closed. */
  gatewayCircuit(server: string, open: boolean): void;
  /** New tokens of a connection were fetched from its provider, or could not be. */
  upstreamRefreshed(provider: string, outcome: "done" | "refused" | "transient" | "setup"): void;
}

/** A gateway adds less than a millisecond; tools take what they take. */
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Names kept apart. */
const MOST_SERVERS = 200;
const MOST_PROVIDERS = 50;

/** What goes through the gateway, and how the servers and providers behind it are. */
export function gatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const [serverOf, providerOf] = [boundedLabel(MOST_SERVERS), boundedLabel(MOST_PROVIDERS)];
  const calls = new Counter({
    name: "grantline_gateway_calls_total",
    help: "Calls of MCP servers behind the gateway, by what became of them",
    labelNames: ["server", "outcome"],
    registers,
  });
  const latency = new Histogram({
    name: "grantline_gateway_upstream_duration_seconds",
    help: "Time until an MCP server began its answer, or gave none",
    labelNames: ["server"],
    buckets: BUCKETS,
    registers,
  });
  const streams = new Gauge({ name: "grantline_gateway_open_streams", help: "Streams open through the gateway", registers });
  const circuits = new Gauge({
    name: "grantline_gateway_circuits_open",
    help: "Processes that leave an MCP server alone because it failed",
    labelNames: ["server"],
    registers,
  });
  const refreshes = new Counter({
    name: "grantline_upstream_refreshes_total",
    help: "Refreshes of people's tokens at providers",
    labelNames: ["provider", "outcome"],
    registers,
  });
  return {
    gatewayCall: (server, outcome) => calls.inc({ server: serverOf(server), outcome }),
    upstreamAnswered: (server, seconds) => latency.observe({ server: serverOf(server) }, seconds),
    gatewayStreams: (more) => streams.inc(more),
    gatewayCircuit: (server, open) => circuits.set({ server: serverOf(server) }, open ? 1 : 0),
    upstreamRefreshed: (provider, outcome) => refreshes.inc({ provider: providerOf(provider), outcome }),
  };
}
