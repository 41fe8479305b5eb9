import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { bridgeMetrics, type BridgeMetrics } from "./bridge-metrics.ts";
import { anomalyMetrics, type AnomalyMetrics } from "./anomaly-metrics.ts";
import { gatewayMetrics, type GatewayMetrics } from "./gateway-metrics.ts";
import { feedMetrics, type FeedState } from "./feed-metrics.ts";
import { requestDurations } from "./request-durations.ts";

/** What one process has counted, as plain data: workers hand it to the primary. */
export type MetricsSnapshot = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

export interface Metrics extends AnomalyMetrics, BridgeMetrics, GatewayMetrics {
  readonly contentType: string;
  /** The Prometheus text format. */
  text(): Promise<string>;
  snapshot(): Promise<MetricsSnapshot>;
  /** A request was answered; seconds it took. `endpoint` is the endpoint's id, never a path with ids in it. */
  answered(endpoint: string, method: string, status: number, seconds: number): void;
  /** A request was refused for one of our reasons. */
  refused(endpoint: string, reason: string): void;
  tokenIssued(grantType: string, format: string, count?: number): void;
  rateLimited(kind: string): void;
  /** Events appended to streams of one kind (`grant`, `client`, …). */
  appended(stream: string, count: number): void;
  /** Where a projection stands: events it is behind, seconds it is behind, events parked. */
  projection(name: string, state: { readonly behind?: number; readonly lagSeconds?: number; readonly parked?: number }): void;
  /** The same of a relay or a consumer of the feed, and how many events it has just published. */
  feed(name: string, state: FeedState): void;
  /** Client secrets that end soon, by whether the client has another one that lasts. */
  secretsEnding(withSuccessor: number, without: number): void;
}

/** A registry of its own with the process metrics and ours. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const duration = requestDurations(registry);
  const refusals = new Counter({
    name: "grantline_refusals_total",
    help: "Requests refused, by reason",
    labelNames: ["endpoint", "reason"],
    registers,
  });
  const tokens = new Counter({
    name: "grantline_tokens_issued_total",
    help: "Access tokens issued",
    labelNames: ["grant_type", "format"],
    registers,
  });
  const limited = new Counter({
    name: "grantline_rate_limited_total",
    help: "Requests turned away by a limit",
    labelNames: ["kind"],
    registers,
  });
  const appends = new Counter({ name: "grantline_events_appended_total", help: "Events appended", labelNames: ["stream"], registers });
  const behind = new Gauge({
    name: "grantline_projection_behind_events",
    help: "Events a projection has not folded yet",
    labelNames: ["projection"],
    registers,
  });
  const lag = new Gauge({
    name: "grantline_projection_lag_seconds",
    help: "Age of the oldest event a projection has not folded yet",
    labelNames: ["projection"],
    registers,
  });
  const parked = new Gauge({
    name: "grantline_projection_parked_events",
    help: "Events a projection could not fold",
    labelNames: ["projection"],
    registers,
  });
  const secrets = new Gauge({
    name: "grantline_client_secrets_ending",
    help: "Client secrets that end soon",
    labelNames: ["successor"],
    registers,
  });
  return {
    feed: feedMetrics(registry),
    ...metricsOfParts(registry),
    secretsEnding(withSuccessor, without) {
      secrets.set({ successor: "yes" }, withSuccessor);
      secrets.set({ successor: "no" }, without);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
    snapshot: () => registry.getMetricsAsJSON(),
    answered: duration,
    refused: (endpoint, reason) => refusals.inc({ endpoint, reason }),
    tokenIssued: (grant_type, format, count = 1) => tokens.inc({ grant_type, format }, count),
    rateLimited: (kind) => limited.inc({ kind }),
    appended: (stream, count) => appends.inc({ stream }, count),
    projection(name, state) {
      if (state.behind !== undefined) behind.set({ projection: name }, state.behind);
      if (state.lagSeconds !== undefined) lag.set({ projection: name }, state.lagSeconds);
      if (state.parked !== undefined) parked.set({ projection: name }, state.parked);
    },
  };
}

/** What parts with metrics of their own count. */
function metricsOfParts(registry: Registry): AnomalyMetrics & BridgeMetrics & GatewayMetrics {
  return { ...anomalyMetrics(registry), ...bridgeMetrics(registry), ...gatewayMetrics(registry) };
}

/** One text for several processes that share a port: counters and histograms added up. */
export function mergedText(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return AggregatorRegistry.aggregate([...snapshots]).metrics();
}
