import type { Position } from "@grantline/event-store";
import { resourceIdOf } from "../replay/facts.ts";
import { entriesOf, type AccessEntry } from "./entries.ts";
import type { FoldedState } from "./state-at.ts";

export interface StateView {
  readonly position: Position;
  readonly time: string;
  /** Who could call what, in order of their beginning. */
  readonly access: readonly AccessEntry[];
  readonly consents: readonly ConsentView[];
  readonly clients: readonly ClientView[];
  readonly resources: readonly ResourceView[];
  readonly subjects: readonly SubjectView[];
}

export interface ConsentView {
  readonly subject: string;
  readonly client: string;
  readonly status: string;
  /** By resource id; identity scopes under the empty key. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
}

export interface ClientView {
  readonly id: string;
  readonly status: string;
  readonly generation: number;
  readonly how?: string;
  readonly name?: string;
}

export interface ResourceView {
  readonly id: string;
  readonly uri: string;
  readonly status: string;
  readonly generation: number;
  readonly scopes: readonly string[];
  /** Rules of its access policy (P14). */
  readonly rules: readonly unknown[];
}

export interface SubjectView {
  readonly id: string;
  /** active, disabled or erased; nothing of an erased person is left but this. */
  readonly status: string;
  readonly generation: number;
}

/** What was granted to whom at the moment. `ended`: also what could not be used any more, with the reason. */
export function viewOf(folded: FoldedState, { ended = false }: { readonly ended?: boolean } = {}): StateView {
  const access = entriesOf(folded).filter(({ could }) => could || ended);
  const asked = askedOf(folded, access);
  return {
    ...folded.moment,
    access,
    consents: consentViews(folded).filter((consent) => asked.consent(consent)),
    clients: clientViews(folded).filter(({ id }) => asked.client(id)),
    resources: resourceViews(folded).filter(({ id, uri }) => asked.resource(id, uri)),
    subjects: subjectViews(folded).filter(({ id }) => asked.subject(id)),
  };
}

/** With a filter, only what the answer is about. */
function askedOf({ query }: FoldedState, access: readonly AccessEntry[]) {
  const all = query.subject === undefined && query.client === undefined && query.resource === undefined;
  const clients = new Set([query.client, ...access.map(({ client }) => client.id)]);
  const subjects = new Set([query.subject, ...access.map(({ subject }) => subject)]);
  const uris = new Set(access.flatMap(({ resources }) => resources.map(({ uri }) => uri)));
  const id = query.resource === undefined ? undefined : resourceIdOf(query.resource);
  return {
    client: (each: string): boolean => all || clients.has(each),
    subject: (each: string): boolean => all || subjects.has(each),
    resource: (each: string, uri: string): boolean => all || (id === undefined ? uris.has(uri) : each === id),
    consent: ({ scopes }: ConsentView): boolean => id === undefined || Object.hasOwn(scopes, id),
  };
}

function consentViews({ streams }: FoldedState): readonly ConsentView[] {
  return [...streams.consent.values()].flatMap(({ state }) =>
    state.status === "none"
      ? []
      : [{ subject: state.subject, client: state.clientId, status: state.status, scopes: state.status === "granted" ? state.scopes : {} }],
  );
}

function clientViews({ streams }: FoldedState): readonly ClientView[] {
  return [...streams.client.values()].flatMap(({ state }) => {
    if (state.status === "none") return [];
    const { clientId: id, status, generation } = state;
    if (state.status === "deleted") return [{ id, status, generation }];
    const name = state.metadata.client_name;
    return [{ id, status, generation, how: state.how, ...(name === undefined ? {} : { name }) }];
  });
}

function resourceViews({ streams }: FoldedState): readonly ResourceView[] {
  return [...streams.resource.values()].flatMap(({ state }) => {
    if (state.status === "none") return [];
    const { resourceId: id, uri, status, generation } = state;
    if (state.status === "removed") return [{ id, uri, status, generation, scopes: [], rules: [] }];
    return [{ id, uri, status, generation, scopes: state.scopes.map(({ name }) => name), rules: state.policy.rules }];
  });
}

function subjectViews({ streams }: FoldedState): readonly SubjectView[] {
  return [...streams.subject.values()].flatMap(({ state: { status, ...rest } }) =>
    "subject" in rest ? [{ id: rest.subject, status, generation: rest.generation }] : [],
  );
}
