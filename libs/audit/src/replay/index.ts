export { AuditEvent, atOf, recordedAtOf, type ResourceReference, type StreamOrigin } from "./audit-event.ts";
export { factsOf, type Facts } from "./facts.ts";
export { outcomeOf, REFUSALS, type Outcome } from "./outcome.ts";
export { BadAuditQuery, describeQuery, FILTERS, readQuery, timeOf, type FilterName, type ReplayQuery } from "./query.ts";
export { replay, type Replay, type ReplayOptions, type ReplayProgress } from "./replay.ts";
