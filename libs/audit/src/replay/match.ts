import type { StoredEvent } from "@grantline/event-store";
import { atOf, recordedAtOf, wordOf, type AuditEvent } from "./audit-event.ts";
import { factsOf, resourceIdOf, subjectOf } from "./facts.ts";
import { outcomeOf } from "./outcome.ts";
import { WITH_ORIGIN } from "./origins.ts";
import type { ReplayQuery } from "./query.ts";

/** A query made ready to be asked of a million events. */
export interface Match {
  /** Looks at the text alone, and lets through whatever might match. */
  readonly perhaps: (stored: StoredEvent) => boolean;
  /** Must the origins be known for `surely`? */
  readonly needsOrigins: boolean;
  readonly surely: (event: AuditEvent) => boolean;
}

type Check<T> = (value: T) => boolean;

export function matchOf(query: ReplayQuery): Match {
  const perhaps = [...textChecks(query), ...concernTexts(query)];
  const surely = parsedChecks(query);
  return {
    perhaps: (stored) => perhaps.every((check) => check(stored)),
    needsOrigins: query.subject !== undefined || query.client !== undefined || query.resource !== undefined,
    surely: (event) => surely.every((check) => check(event)),
  };
}

/** Checks the text decides. */
function textChecks(query: ReplayQuery): Check<StoredEvent>[] {
  const { since, until, recordedSince, recordedUntil, types, outcome, stream, grant } = query;
  const checks: Check<StoredEvent>[] = [];
  if (stream !== undefined) checks.push((stored) => stored.stream === stream);
  if (grant !== undefined) checks.push((stored) => stored.stream === `grant-${grant}`);
  if (types !== undefined) checks.push(({ type }) => types.includes(type));
  if (outcome !== undefined) checks.push(({ type }) => outcomeOf(type) === outcome);
  // ISO 8601 in UTC and of one length: the order of the texts is the order of the times
  if (since !== undefined) checks.push((stored) => atOf(stored) >= since);
  if (until !== undefined) checks.push((stored) => atOf(stored) < until);
  if (recordedSince !== undefined) checks.push((stored) => recordedAtOf(stored) >= recordedSince);
  if (recordedUntil !== undefined) checks.push((stored) => recordedAtOf(stored) < recordedUntil);
  return checks;
}

/** Values that must at least stand somewhere in the body, or in the origin of its stream. */
function concernTexts({ subject, client, resource, actorId, correlationId }: ReplayQuery): Check<StoredEvent>[] {
  const within = (value: string): Check<StoredEvent> => {
    const written = JSON.stringify(value).slice(1, -1);
    return ({ body }) => body.includes(written);
  };
  const originOr = (value: string): Check<StoredEvent> => {
    const inside = within(value);
    return (stored) => WITH_ORIGIN.has(wordOf(stored.stream)) || inside(stored);
  };
  return [
    ...[actorId, correlationId].filter((value) => value !== undefined).map(within),
    ...[subject, client, resource === undefined ? undefined : resourceIdOf(resource)].filter((value) => value !== undefined).map(originOr),
  ];
}

function parsedChecks(query: ReplayQuery): Check<AuditEvent>[] {
  const { subject, client, resource, actorKind, actorId, correlationId } = query;
  const checks: Check<AuditEvent>[] = [];
  // what an origin decides comes first: it spares the parsing
  if (subject !== undefined) checks.push((event) => (event.origin?.subject ?? subjectOf(event)) === subject);
  if (client !== undefined) checks.push((event) => (event.origin?.clientId ?? factsOf(event).clientId) === client);
  if (resource !== undefined) checks.push(concerns(resourceIdOf(resource)));
  if (correlationId !== undefined) checks.push(({ read }) => read.meta.correlationId === correlationId);
  if (actorKind !== undefined) checks.push(({ read }) => read.meta.actor.kind === actorKind);
  if (actorId !== undefined) checks.push(({ read }) => read.meta.actor.id === actorId);
  return checks;
}

function concerns(id: string): Check<AuditEvent> {
  return (event) => {
    if (event.word === "grant" && event.origin?.resources.some((each) => each.id === id) !== true) return false;
    return factsOf(event).resources.some((each) => each.id === id);
  };
}
