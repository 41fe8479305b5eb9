export type { Detector, Found } from "./detector.ts";
export { createEngine, type Engine } from "./engine.ts";
export type { Observation } from "./observation.ts";
export { createObserver, type ObserverOptions } from "./observer.ts";
export { DEFAULT_POLICY, responseTo, type Policy } from "./policy.ts";
export { respond, suspensionReason } from "./respond.ts";
export { findingId, watchForAnomalies, type AnomalyMetrics, type WatchOptions } from "./watch.ts";
