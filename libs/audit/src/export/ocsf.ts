import { recordedAtOf, type AuditEvent } from "../replay/audit-event.ts";
import { factsOf, type Facts } from "../replay/facts.ts";
import { lineFormat } from "./format.ts";
import { ocsfClassOf } from "./ocsf-classes.ts";

type Json = Readonly<Record<string, unknown>>;

export const OCSF_VERSION = "1.9.0";
/** activity_id 99, whose name OCSF leaves to the source. */
const OTHER = 99;

/** OCSF, one JSON object a line, for a SIEM. What OCSF has no place for stands in `unmapped`. */
export const ocsf = lineFormat(
  { id: "ocsf", extension: "ocsf.jsonl", contentType: "application/jsonl", needsOrigins: true },
  (event) => `${JSON.stringify(ocsfEventOf(event))}\n`,
);

export function ocsfEventOf(event: AuditEvent): Json {
  const { stored, read, word } = event;
  const facts = factsOf(event);
  const { class: classUid, activity, severity = 1 } = ocsfClassOf(word, stored.type);
  return {
    activity_id: activity,
    ...(activity === OTHER ? { activity_name: stored.type } : {}),
    category_uid: Math.floor(classUid / 1_000),
    class_uid: classUid,
    type_uid: classUid * 100 + activity,
    severity_id: severity,
    status_id: facts.outcome === "accepted" ? 1 : 2,
    ...(facts.reason === undefined ? {} : { status_code: facts.reason }),
    time: Date.parse(read.at),
    ...(typeof event.data["count"] === "number" ? { count: event.data["count"] } : {}),
    metadata: metadataOf(event),
    actor: { user: userOf(read.meta.actor.kind, read.meta.actor.id) },
    ...OF_CLASS[classUid](event, facts),
    unmapped: { position: stored.position, stream: stored.stream, revision: stored.revision, hash: stored.hash, data: event.data },
  };
}

function metadataOf({ stored, read }: AuditEvent): Json {
  return {
    version: OCSF_VERSION,
    product: { name: "Grantline", vendor_name: "Grantline" },
    uid: stored.id,
    event_code: stored.type,
    original_time: read.at,
    logged_time: Date.parse(recordedAtOf(stored)),
    correlation_uid: read.meta.correlationId,
  };
}

const OF_CLASS: Readonly<Record<3002 | 3003 | 3004 | 6003, (event: AuditEvent, facts: Facts) => Json>> = {
  // Authentication: `user` required, and one of `service` and `dst_endpoint`
  3002: (event, facts) => ({ user: personOf(event, facts), service: serviceOf(event, facts), ...sessionOf(facts) }),
  // Authorize Session: `user` required, and one of `privileges`, `groups` and `iam_roles`
  3003: (event, facts) => ({ user: personOf(event, facts), privileges: privilegesOf(event, facts), ...sessionOf(facts) }),
  3004: ({ stored, word }, facts) => ({ entity: { uid: stored.stream.slice(word.length + 1), type: word, ...nameOf(facts) } }),
  // API Activity: `actor`, `api` and `src_endpoint` required. The address is sealed in the log (P9), so the endpoint is ours
  6003: ({ stored, read }, facts) => ({
    api: { operation: stored.type, service: { name: "Grantline" } },
    src_endpoint: { name: read.meta.service, type: "Server" },
    resources: facts.resources.map(({ id, uri }) => ({ uid: id, name: uri ?? id })),
  }),
};

/** The person, else the client that acts for itself, else whoever acted. */
function personOf({ read }: AuditEvent, { subject, clientId }: Facts): Json {
  if (subject !== undefined) return userOf("user", subject);
  return clientId === undefined ? userOf(read.meta.actor.kind, read.meta.actor.id) : userOf("client", clientId);
}

/** OCSF user types: 1 user, 2 admin, 3 system, 4 service; 99 other. */
function userOf(kind: string, id: string): Json {
  const type = { user: 1, operator: 2, system: 3, client: 4, agent: 99 }[kind] ?? 99;
  return { uid: id, type_id: type, type: kind };
}

function serviceOf({ read }: AuditEvent, { resources: [resource] }: Facts): Json {
  return resource === undefined ? { name: "Grantline", uid: read.meta.service } : { name: resource.uri ?? resource.id, uid: resource.id };
}

function privilegesOf({ data }: AuditEvent, { scope }: Facts): readonly string[] {
  return scope ?? Object.values((data["scopes"] ?? {}) as Readonly<Record<string, readonly string[]>>).flat();
}

function sessionOf({ grant, clientId }: Facts): Json {
  return grant === undefined ? {} : { session: { uid: grant, ...(clientId === undefined ? {} : { issuer: clientId }) } };
}

function nameOf({ resources: [resource], clientId }: Facts): Json {
  const name = resource?.uri ?? clientId;
  return name === undefined ? {} : { name };
}
