import type { Loaded } from "@grantline/event-store";
import type { Standing } from "@grantline/domain/kernel";
import type { ClientState } from "@grantline/domain/client";
import type { ResourceState } from "@grantline/domain/resource";
import type { SubjectState } from "@grantline/domain/subject";
import { clientStreamId, consentStreamId, type OAuthContext } from "../context/index.ts";

export interface StandingQuery {
  readonly clientId: string;
  /** Absent: the client acts for itself. */
  readonly subject?: string;
  readonly resourceIds: readonly string[];
  /** Login session the grant was made in. */
  readonly sessionId?: string;
}

/**
 * The world as a token command meets it: who is barred, and the generations of today (P5). Four cached loads;
 * a stale one mints tokens born dead, never living ones.
 */
export async function currentStanding(
  context: Pick<OAuthContext, "clients" | "subjects" | "resources" | "consents">,
  query: StandingQuery,
): Promise<Standing> {
  const { subject } = query;
  const [client, person, consent, ...resources] = await Promise.all([
    known(context.clients, clientStreamId(query.clientId)),
    subject === undefined ? undefined : known(context.subjects, subject),
    subject === undefined ? undefined : known(context.consents, consentStreamId(subject, query.clientId)),
    ...query.resourceIds.map((id) => known(context.resources, id)),
  ]);
  return {
    generations: {
      client: clientGeneration(client.state),
      subject: person === undefined ? 0 : subjectGeneration(person.state),
      consent: consent?.state.generation ?? 0,
      resources: Object.fromEntries(resources.map(({ state }, index) => [query.resourceIds[index], resourceGeneration(state)])),
    },
    clientActive: clientActive(client.state, query.clientId),
    subjectActive: person === undefined || person.state.status === "active",
    sessionActive: sessionActive(person?.state, query.sessionId),
  };
}

/** Mostly in memory, and then without a promise. */
function known<S>(
  repository: { loadCached(id: string): Loaded<S> | undefined; load(id: string): Promise<Loaded<S>> },
  id: string,
): Loaded<S> | Promise<Loaded<S>> {
  return repository.loadCached(id) ?? repository.load(id);
}

/** A document client has no stream before its first grant (P13): until then it is active, generation 0. */
function clientActive(state: ClientState, clientId: string): boolean {
  return state.status === "active" || (state.status === "none" && clientStreamId(clientId) !== clientId);
}

function clientGeneration(state: ClientState): number {
  return state.status === "none" ? 0 : state.generation;
}

function subjectGeneration(state: SubjectState): number {
  return state.status === "none" ? 0 : state.generation;
}

function resourceGeneration(state: ResourceState): number {
  return state.status === "none" ? 0 : state.generation;
}

function sessionActive(state: SubjectState | undefined, sessionId: string | undefined): boolean {
  if (sessionId === undefined || state === undefined) return true;
  return (state.status === "active" || state.status === "disabled") && !state.endedSessions.includes(sessionId);
}
