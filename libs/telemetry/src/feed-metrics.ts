import { Counter, Gauge, type Registry } from "prom-client";

export interface FeedState {
  readonly behind?: number;
  readonly lagSeconds?: number;
  readonly parked?: number;
  /** Since the last call. */
  readonly published?: number;
}

/** Where the relay and the consumers of the feed stand. */
export function feedMetrics(registry: Registry): (name: string, state: FeedState) => void {
  const registers = [registry];
  const labelNames = ["feed"];
  const behind = new Gauge({ name: "grantline_feed_behind_events", help: "Events a feed has not delivered yet", labelNames, registers });
  const lag = new Gauge({
    name: "grantline_feed_lag_seconds",
    help: "Age of the oldest event a feed has not delivered yet",
    labelNames,
    registers,
  });
  const parked = new Gauge({ name: "grantline_feed_parked_events", help: "Events a consumer could not handle", labelNames, registers });
  const published = new Counter({
    name: "grantline_feed_published_events_total",
    help: "Events published and acknowledged",
    labelNames,
    registers,
  });
  return (name, state) => {
    if (state.behind !== undefined) behind.set({ feed: name }, state.behind);
    if (state.lagSeconds !== undefined) lag.set({ feed: name }, state.lagSeconds);
    if (state.parked !== undefined) parked.set({ feed: name }, state.parked);
    if (state.published !== undefined) published.inc({ feed: name }, state.published);
  };
}
