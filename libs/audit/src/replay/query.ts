import type { Actor } from "@grantline/event-store";
import { REFUSALS, type Outcome } from "./outcome.ts";

/** What a replay is asked for; all of it must hold. Times are ISO 8601 UTC with milliseconds, `since` inclusive, `until` exclusive. */
export interface ReplayQuery {
  /** When it happened by the writer's clock: the envelope's `at`. */
  readonly since?: string;
  readonly until?: string;
  /** When it was made ready for the log, which an id of version 7 carries. */
  readonly recordedSince?: string;
  readonly recordedUntil?: string;
  readonly actorKind?: Actor["kind"];
  readonly actorId?: string;
  readonly subject?: string;
  readonly client?: string;
  /** A resource's URI or id. */
  readonly resource?: string;
  readonly grant?: string;
  readonly types?: readonly string[];
  readonly outcome?: Outcome;
  readonly correlationId?: string;
  readonly stream?: string;
}

/** A filter that can't be understood. `parameter` is its name as a person wrote it. */
export class BadAuditQuery extends RangeError {
  override readonly name = "RangeError";
  readonly parameter: string;

  constructor(parameter: string, message: string) {
    super(`${parameter}: ${message}`);
    this.parameter = parameter;
  }
}

const KINDS: readonly Actor["kind"][] = ["user", "client", "agent", "operator", "system"];
const OUTCOMES: readonly Outcome[] = ["accepted", "refused"];
const MOST_CHARACTERS = 2_048;

/** The names of the filters, as options of the command line (with dashes) and parameters of HTTP. */
export const FILTERS = [
  "since",
  "until",
  "recorded_since",
  "recorded_until",
  "actor",
  "subject",
  "client",
  "resource",
  "grant",
  "type",
  "outcome",
  "correlation_id",
  "stream",
] as const;
export type FilterName = (typeof FILTERS)[number];

/** Reads filters as a person wrote them. `actor` is a kind, a kind and an id ("client:abc"), or ":id"; `type` a list with commas. Throws BadAuditQuery. */
export function readQuery(given: Readonly<Partial<Record<FilterName, string | undefined>>>): ReplayQuery {
  for (const name of FILTERS) {
    const value = given[name];
    if (value !== undefined && (value === "" || value.length > MOST_CHARACTERS)) throw new BadAuditQuery(name, "is empty or too long");
  }
  const { subject, client, resource, grant, stream } = given;
  return defined({
    since: timeOf("since", given.since),
    until: timeOf("until", given.until),
    recordedSince: timeOf("recorded_since", given.recorded_since),
    recordedUntil: timeOf("recorded_until", given.recorded_until),
    ...actorOf(given.actor),
    subject,
    client,
    resource,
    grant,
    types: typesOf(given.type),
    outcome: oneOf("outcome", OUTCOMES, given.outcome),
    correlationId: given.correlation_id,
    stream,
  });
}

/** The query as names and values, in one order: what is recorded, signed and shown. */
export function describeQuery(query: ReplayQuery): Readonly<Partial<Record<FilterName, string>>> {
  const { actorKind = "", actorId } = query;
  const actor = actorId === undefined ? actorKind : `${actorKind}:${actorId}`;
  return defined({
    since: query.since,
    until: query.until,
    recorded_since: query.recordedSince,
    recorded_until: query.recordedUntil,
    actor: actor === "" ? undefined : actor,
    subject: query.subject,
    client: query.client,
    resource: query.resource,
    grant: query.grant,
    type: query.types?.join(","),
    outcome: query.outcome,
    correlation_id: query.correlationId,
    stream: query.stream,
  });
}

/** A moment or a day (its beginning, UTC) as ISO 8601 with milliseconds. Throws BadAuditQuery. */
export function timeOf(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(value) || Number.isNaN(Date.parse(value)))
    throw new BadAuditQuery(name, "is no day or time; write 2026-03-03 or 2026-03-03T09:30:00Z");
  return new Date(value).toISOString();
}

/** The types the store may leave everything else out for; undefined: all. */
export function typesWanted({ types, outcome }: ReplayQuery): readonly string[] | undefined {
  if (outcome !== "refused") return types;
  return types === undefined ? REFUSALS : types.filter((type) => REFUSALS.includes(type));
}

function actorOf(value: string | undefined): Pick<ReplayQuery, "actorKind" | "actorId"> {
  if (value === undefined) return {};
  const colon = value.indexOf(":");
  const [kind, id] = colon < 0 ? [value, ""] : [value.slice(0, colon), value.slice(colon + 1)];
  return defined({
    actorKind: kind === "" ? undefined : oneOf("actor", KINDS, kind),
    actorId: id === "" ? undefined : id,
  });
}

function typesOf(value: string | undefined): readonly string[] | undefined {
  const types = value?.split(",").map((type) => type.trim());
  if (types?.some((type) => !/^[A-Za-z0-9]{1,100}$/.test(type)) === true)
    throw new BadAuditQuery("type", "is a list of event types, such as GrantRevoked,CodeReplayDetected");
  return types;
}

function oneOf<T extends string>(name: string, allowed: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new BadAuditQuery(name, `is one of ${allowed.join(", ")}`);
  return found;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Defined<T>;
}
