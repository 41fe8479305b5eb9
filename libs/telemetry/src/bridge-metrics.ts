import { Histogram, type Registry } from "prom-client";

export interface BridgeMetrics {
  /** How a registration, an update or a removal through the bridge went, and how long it took. */
  bridged(what: "register" | "update" | "remove", outcome: "done" | "failed", seconds: number): void;
}

/** Completed within 5 s is what we promise; more than 10 s is an alarm: rate(…_count) less rate(…_bucket{le="10"}). */
const BUCKETS = [0.25, 0.5, 1, 2.5, 5, 10, 20, 60];

/** What the bridge to other directories takes. */
export function bridgeMetrics(registry: Registry): BridgeMetrics {
  const duration = new Histogram({
    name: "grantline_bridge_duration_seconds",
    help: "Time for a registration, an update or a removal at the bridge's target",
    labelNames: ["what", "outcome"],
    buckets: BUCKETS,
    registers: [registry],
  });
  return { bridged: (what, outcome, seconds) => duration.observe({ what, outcome }, seconds) };
}
