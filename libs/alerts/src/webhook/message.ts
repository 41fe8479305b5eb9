import type { FindingEvent, FindingState } from "@grantline/domain/finding";
import type { ReadEvent } from "@grantline/event-store";

/** Types of messages, as receivers switch on them. */
const TYPES = {
  AnomalyDetected: "anomaly.detected",
  ResponseTaken: "anomaly.answered",
  ResponseLifted: "anomaly.lifted",
} as const satisfies Record<FindingEvent["type"], string>;

/** Event types a webhook is told of. */
export const WEBHOOK_TYPES: readonly string[] = Object.keys(TYPES);

/** What is sent for an event of a finding; undefined when nobody is to be told. Ids only, no address, no person's data (P9). */
export function webhookMessage(
  read: ReadEvent<FindingEvent>,
  state: FindingState,
): { readonly id: string; readonly body: string } | undefined {
  if (state.status === "none" || state.finding.response === "observe") return undefined;
  const { kind, severity, response, clientId, subject, grantId, count, since, until, evidence } = state.finding;
  const { event } = read;
  const data = {
    finding_id: read.stream.slice("finding-".length),
    kind,
    severity,
    response,
    client_id: clientId,
    subject,
    grant_id: grantId,
    count,
    since,
    until,
    evidence,
    ...(event.type === "ResponseTaken" ? { result: event.data.result } : {}),
    ...(event.type === "ResponseLifted" ? { lifted_because: event.data.reason, undone: event.data.undone } : {}),
    correlation_id: read.meta.correlationId,
  };
  return { id: read.id, body: JSON.stringify({ type: TYPES[event.type], timestamp: read.at, data }) };
}
