import { recordedAtOf, type AuditEvent } from "../replay/audit-event.ts";
import { factsOf } from "../replay/facts.ts";

/** An event laid flat: what CSV and Parquet have as columns. */
export interface Row {
  readonly position: string;
  readonly at: string;
  readonly recorded_at: string;
  readonly type: string;
  readonly outcome: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly subject?: string | undefined;
  readonly client_id?: string | undefined;
  /** URIs where they are known, else ids; with a blank between. */
  readonly resources: string;
  readonly grant_id?: string | undefined;
  readonly scope: string;
  readonly jti?: string | undefined;
  readonly reason?: string | undefined;
  readonly correlation_id: string;
  readonly stream: string;
  readonly revision: number;
  readonly region: string;
  readonly service: string;
  readonly id: string;
  readonly hash: string;
  readonly data: string;
}

/** In order. */
export const COLUMNS = [
  "position",
  "at",
  "recorded_at",
  "type",
  "outcome",
  "actor_kind",
  "actor_id",
  "subject",
  "client_id",
  "resources",
  "grant_id",
  "scope",
  "jti",
  "reason",
  "correlation_id",
  "stream",
  "revision",
  "region",
  "service",
  "id",
  "hash",
  "data",
] as const satisfies readonly (keyof Row)[];

export function rowOf(event: AuditEvent): Row {
  const { stored, read } = event;
  const { outcome, subject, clientId, resources, grant, scope, jti, reason } = factsOf(event);
  return {
    position: stored.position,
    at: read.at,
    recorded_at: recordedAtOf(stored),
    type: stored.type,
    outcome,
    actor_kind: read.meta.actor.kind,
    actor_id: read.meta.actor.id,
    subject,
    client_id: clientId,
    resources: resources.map(({ id, uri }) => uri ?? id).join(" "),
    grant_id: grant,
    scope: (scope ?? []).join(" "),
    jti,
    reason,
    correlation_id: read.meta.correlationId,
    stream: stored.stream,
    revision: stored.revision,
    region: read.meta.region,
    service: read.meta.service,
    id: stored.id,
    hash: stored.hash,
    data: JSON.stringify(event.data),
  };
}
