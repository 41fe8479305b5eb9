import { atOf, type AuditEvent } from "../replay/audit-event.ts";
import { factsOf, type Facts } from "../replay/facts.ts";

/** One act that took access away, and how long it took until everything under it was closed. Seconds. */
export interface RevocationRecord {
  readonly position: string;
  readonly at: string;
  readonly type: string;
  readonly stream: string;
  readonly reason?: string;
  readonly subject?: string;
  readonly client?: string;
  readonly resources?: readonly string[];
  /** A generation was raised, or one grant or token ended: from this very event on nothing under it is valid (P5). */
  readonly effective: "at once";
  /** Grants under it that were then closed one by one, and when the last was. */
  readonly grantsClosed: number;
  readonly lastClosedAfter?: number;
}

interface Cause {
  readonly event: AuditEvent;
  readonly facts: Facts;
  closed: number;
  lastAt: string | undefined;
}

/** What raises a generation or bars somebody, by the reason its grants are then closed with. */
const BROAD: Readonly<Record<string, "subject" | "client" | "consent" | "resource">> = {
  SubjectDisabled: "subject",
  GenerationRaised: "subject",
  SubjectErased: "subject",
  ClientSuspended: "client",
  ClientDeleted: "client",
  ClientGenerationRaised: "client",
  ConsentWithdrawn: "consent",
  ResourceGenerationRaised: "resource",
  ResourceRemoved: "resource",
};
const SINGLE: ReadonlySet<string> = new Set(["GrantRevoked", "AccessTokenRevoked"]);
/** Reasons of a grant that was revoked for itself; every other follows a broad revocation. */
const OF_ITSELF: ReadonlySet<string> = new Set(["code-replay", "refresh-reuse", "token-revocation", "admin"]);

/** Follows revocations through a period; holds one small record for each broad one. */
export function createRevocations() {
  const causes: Cause[] = [];
  const singles: RevocationRecord[] = [];

  function causeOf({ subject, clientId, resources }: Facts): Cause | undefined {
    return causes.findLast(({ event, facts }) => {
      const kind = BROAD[event.stored.type];
      if (kind === "subject") return facts.subject === subject;
      if (kind === "client") return facts.clientId === clientId;
      if (kind === "consent") return facts.subject === subject && facts.clientId === clientId;
      return resources.some(({ id }) => event.stored.stream === `resource-${id}`);
    });
  }

  return {
    see(event: AuditEvent): void {
      const { type } = event.stored;
      if (Object.hasOwn(BROAD, type)) causes.push({ event, facts: factsOf(event), closed: 0, lastAt: undefined });
      if (!SINGLE.has(type)) return;
      const facts = factsOf(event);
      const cause = type === "GrantRevoked" && !OF_ITSELF.has(facts.reason ?? "") ? causeOf(facts) : undefined;
      if (cause === undefined) return void singles.push(recordOf(event, facts, 0, undefined));
      cause.closed += 1;
      cause.lastAt = atOf(event.stored);
    },
    /** In order of position. */
    records(): readonly RevocationRecord[] {
      const broad = causes.map(({ event, facts, closed, lastAt }) => recordOf(event, facts, closed, lastAt));
      return [...broad, ...singles].toSorted((one, other) => (BigInt(one.position) < BigInt(other.position) ? -1 : 1));
    },
  };
}

function recordOf(
  { stored }: AuditEvent,
  { reason, subject, clientId, resources }: Facts,
  grantsClosed: number,
  lastAt: string | undefined,
): RevocationRecord {
  const at = atOf(stored);
  return {
    position: stored.position,
    at,
    type: stored.type,
    stream: stored.stream,
    ...(reason === undefined ? {} : { reason }),
    ...(subject === undefined ? {} : { subject }),
    ...(clientId === undefined ? {} : { client: clientId }),
    ...(resources.length === 0 ? {} : { resources: resources.map(({ id, uri }) => uri ?? id) }),
    effective: "at once",
    grantsClosed,
    ...(lastAt === undefined ? {} : { lastClosedAfter: (Date.parse(lastAt) - Date.parse(at)) / 1_000 }),
  };
}
