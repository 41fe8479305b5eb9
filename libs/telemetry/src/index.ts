export type { Logger, LoggerOptions } from "./logger.ts";
export { createLogger } from "./logger.ts";
export type { Metrics, MetricsSnapshot } from "./metrics.ts";
export { createMetrics, mergedText } from "./metrics.ts";
export { scrubText } from "./scrub.ts";
export { formatTraceparent, parseTraceparent, type TraceContext } from "./tracing/traceparent.ts";
export type { TracedRequest, Tracing, TracingOptions } from "./tracing/start-tracing.ts";
export { startTracing } from "./tracing/start-tracing.ts";
