import { standingLost, type GrantBasis, type GrantState } from "@grantline/domain/grant";
import { clientStreamId, consentStreamId } from "@grantline/oauth/context";
import type { Standing } from "@grantline/domain/kernel";
import type { Explanation, Held } from "./fold.ts";
import type { FoldedState } from "./state-at.ts";

/** Why something that was given is worth nothing any more. */
export type WhyNot =
  | "revoked"
  | "expired"
  | "client-barred"
  | "client-revoked"
  | "subject-barred"
  | "subject-revoked"
  | "session-ended"
  | "consent-withdrawn"
  | "resource-revoked"
  | "unreadable";

export interface Lost {
  readonly why: WhyNot;
  readonly by: readonly Explanation[];
}

/** Everything standing at the moment, by whom a token's client, person, consent and resources are judged (P5). */
export function standingOf({ streams }: FoldedState, { clientId, subject, resources, sessionId }: StandingOf): Standing {
  const client = streams.client.get(`client-${clientStreamId(clientId)}`)?.state;
  const person = subject === undefined ? undefined : streams.subject.get(`subject-${subject}`)?.state;
  const consent = subject === undefined ? undefined : streams.consent.get(`consent-${consentStreamId(subject, clientId)}`)?.state;
  return {
    generations: {
      client: client === undefined || client.status === "none" ? 0 : client.generation,
      subject: person === undefined || person.status === "none" ? 0 : person.generation,
      consent: consent?.generation ?? 0,
      resources: Object.fromEntries(resources.map((id) => [id, generationOf(streams.resource.get(`resource-${id}`)?.state)])),
    },
    // a client of a metadata document gets its stream with its first grant
    clientActive: client === undefined ? clientId.startsWith("https://") : client.status === "active",
    subjectActive: subject === undefined || person?.status === "active",
    sessionActive:
      sessionId === undefined || person === undefined || !("endedSessions" in person) || !person.endedSessions.includes(sessionId),
  };
}

export interface StandingOf {
  readonly clientId: string;
  readonly subject?: string;
  readonly resources: readonly string[];
  readonly sessionId?: string | undefined;
}

function generationOf(state: { readonly status: string; readonly generation?: number } | undefined): number {
  return state?.generation ?? 0;
}

/** Undefined: the grant could be used at the moment. */
export function grantLost(folded: FoldedState, held: Held<GrantState>): Lost | undefined {
  const { state } = held;
  if (held.unreadable === true) return { why: "unreadable", by: [] };
  if (state.status !== "authorized" && state.status !== "active") return endedBy(held);
  const now = Math.floor(Date.parse(folded.moment.time) / 1_000);
  const { basis } = state;
  const standing = standingOf(folded, { ...basis, resources: basis.resources.map(({ id }) => id) });
  if (standingLost(basis, standing)) return standingLostBy(folded, basis, standing);
  return expired(state, now) ? { why: "expired", by: [...held.last.values()].slice(-1) } : undefined;
}

function endedBy({ state, last }: Held<GrantState>): Lost {
  const end = last.get("GrantRevoked") ?? last.get("GrantExpired") ?? last.get("GrantDenied");
  const theft = [last.get("CodeReplayDetected"), last.get("RefreshReuseDetected"), end].filter((each) => each !== undefined);
  const expiry = state.status === "revoked" && (state.reason === "idle" || state.reason === "absolute" || state.reason === "code");
  return { why: expiry ? "expired" : "revoked", by: theft };
}

/** As the server judges it: an end that is reached counts without an event. */
function expired(state: Extract<GrantState, { status: "authorized" | "active" }>, now: number): boolean {
  if (state.basis.absoluteExpiresAt <= now) return true;
  if (state.status === "authorized") return state.code.expiresAt <= now;
  return !((state.refresh !== undefined && state.refresh.idleExpiresAt > now) || state.tokens.some(({ exp }) => exp > now));
}

type Judged = Pick<GrantBasis, "clientId" | "generations" | "offline"> & { readonly subject?: string };

/** Names the first reason, with the events that made it one. */
export function standingLostBy({ streams }: FoldedState, basis: Judged, standing: Standing): Lost {
  const { generations: made, clientId, subject } = basis;
  const { generations: now } = standing;
  const of = (held: Held<unknown> | undefined, ...types: string[]): readonly Explanation[] =>
    types
      .flatMap((type) => held?.last.get(type) ?? [])
      .toSorted((one, other) => (one.revision < other.revision ? 1 : -1))
      .slice(0, 1);
  const client = streams.client.get(`client-${clientStreamId(clientId)}`);
  const person = streams.subject.get(`subject-${subject ?? ""}`);
  if (!standing.clientActive) return { why: "client-barred", by: of(client, "ClientSuspended", "ClientDeleted") };
  if (!standing.subjectActive) return { why: "subject-barred", by: of(person, "SubjectDisabled", "SubjectErased") };
  if (now.client > made.client) return { why: "client-revoked", by: of(client, "ClientGenerationRaised", "ClientSuspended") };
  if (now.subject > made.subject) return { why: "subject-revoked", by: of(person, "GenerationRaised", "SubjectDisabled") };
  if (now.consent > made.consent)
    return {
      why: "consent-withdrawn",
      by: of(streams.consent.get(`consent-${consentStreamId(subject ?? "", clientId)}`), "ConsentWithdrawn"),
    };
  if (!standing.sessionActive && !basis.offline) return { why: "session-ended", by: of(person, "GenerationRaised") };
  const raised = Object.keys(made.resources).filter((id) => (now.resources[id] ?? 0) > (made.resources[id] ?? 0));
  return {
    why: "resource-revoked",
    by: raised.flatMap((id) => of(streams.resource.get(`resource-${id}`), "ResourceGenerationRaised", "ResourceRemoved")),
  };
}
