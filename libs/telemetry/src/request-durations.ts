import type { Metric, MetricValueWithName, Registry } from "prom-client";

const NAME = "grantline_http_request_duration_seconds";

/** Up to 20 ms is what we promise; the rest is for seeing how bad it was. */
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  readonly labels: { readonly endpoint: string; readonly method: string; readonly status: string };
  /** How many fell into each bucket, the last one for all above. */
  readonly counts: number[];
  sum: number;
}

/**
 * The request histogram. prom-client sorts and hashes the labels of every observation, which costs a tenth of an introspection; here a request only adds
 * to a few numbers, and they become prom-client's when somebody reads the metrics.
 */
export function requestDurations(registry: Registry): (endpoint: string, method: string, status: number, seconds: number) => void {
  const known = new Map<string, Series>();
  const metric = { name: NAME, get: async () => exported(known.values()), reset: () => known.clear() };
  registry.registerMetric(metric as unknown as Metric);
  return (endpoint, method, status, seconds) => {
    const key = `${endpoint} ${method} ${status}`;
    let series = known.get(key);
    if (series === undefined) {
      series = {
        labels: { endpoint, method, status: String(status) },
        counts: BUCKETS.concat(Number.POSITIVE_INFINITY).map(() => 0),
        sum: 0,
      };
      known.set(key, series);
    }
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] as number) + 1;
    series.sum += seconds;
  };
}

/** As prom-client's own histogram would tell it: buckets add up, the last one is everything. */
function exported(all: Iterable<Series>) {
  const values: MetricValueWithName<string>[] = [];
  for (const { labels, counts, sum } of all) {
    let count = 0;
    for (const [index, here] of counts.entries()) {
      count += here;
      values.push({ metricName: `${NAME}_bucket`, labels: { le: BUCKETS[index] ?? "+Inf", ...labels }, value: count });
    }
    values.push({ metricName: `${NAME}_sum`, labels, value: sum }, { metricName: `${NAME}_count`, labels, value: count });
  }
  return { name: NAME, help: "Time to answer a request", type: "histogram", aggregator: "sum", values };
}
