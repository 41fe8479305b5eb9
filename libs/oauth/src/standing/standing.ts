import type { Loaded } from "@grantline/event-store";
import type { Standing } from "@grantline/domain/kernel";
import type { ClientState } from "@grantline/domain/client";
import type { ConsentState } from "@grantline/domain/consent";
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

/** What a standing is read from. */
interface States {
  readonly client: Loaded<ClientState>;
  readonly person: Loaded<SubjectState> | undefined;
  readonly consent: Loaded<ConsentState> | undefined;
  readonly resources: readonly Loaded<ResourceState>[];
}

type Sources = Pick<OAuthContext, "clients" | "subjects" | "resources" | "consents">;

/**
 * The world as a token command meets it: who is barred, and the generations of today (P5). Four cached loads;
 * a stale one mints tokens born dead, never living ones.
 */
export async function currentStanding(context: Sources, query: StandingQuery): Promise<Standing> {
  const { client, person, consent, resources } = heldStates(context, query) ?? (await loadStates(context, query));
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

/** Mostly all are in memory, and then there is no promise. */
function heldStates(context: Sources, { clientId, subject, resourceIds }: StandingQuery): States | undefined {
  const client = context.clients.loadCached(clientStreamId(clientId));
  const person = subject === undefined ? undefined : context.subjects.loadCached(subject);
  const consent = subject === undefined ? undefined : context.consents.loadCached(consentStreamId(subject, clientId));
  if (client === undefined || (subject !== undefined && (person === undefined || consent === undefined))) return undefined;
  const resources: Loaded<ResourceState>[] = [];
  for (const id of resourceIds) {
    const resource = context.resources.loadCached(id);
    if (resource === undefined) return undefined;
    resources.push(resource);
  }
  return { client, person, consent, resources };
}

async function loadStates(context: Sources, { clientId, subject, resourceIds }: StandingQuery): Promise<States> {
  const [client, person, consent, ...resources] = await Promise.all([
    context.clients.load(clientStreamId(clientId)),
    subject === undefined ? undefined : context.subjects.load(subject),
    subject === undefined ? undefined : context.consents.load(consentStreamId(subject, clientId)),
    ...resourceIds.map((id) => context.resources.load(id)),
  ]);
  return { client, person, consent, resources };
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
