import { clientDecider, type ClientState } from "@grantline/domain/client";
import { consentDecider, type ConsentState } from "@grantline/domain/consent";
import { grantDecider, type GrantState } from "@grantline/domain/grant";
import type { Decider, DomainEvent, Outcome, Recorded } from "@grantline/domain/kernel";
import { resourceDecider, type ResourceState } from "@grantline/domain/resource";
import { subjectDecider, type SubjectState } from "@grantline/domain/subject";
import { tokenDecider, type TokenState } from "@grantline/domain/token";
import type { Position } from "@grantline/event-store";
import type { AuditEvent } from "../replay/audit-event.ts";

/** An event that explains an answer. */
export interface Explanation {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly at: string;
}

/** A stream folded so far, and the events that made it what it is: of each type the first and the last. */
export interface Held<S> {
  readonly state: S;
  readonly first: ReadonlyMap<string, Explanation>;
  readonly last: ReadonlyMap<string, Explanation>;
  /** It holds an event this release can't read; what rests on it is not vouched for (P11). */
  readonly unreadable?: true;
}

export interface States {
  readonly grant: GrantState;
  readonly consent: ConsentState;
  readonly client: ClientState;
  readonly resource: ResourceState;
  readonly subject: SubjectState;
  readonly token: TokenState;
}
export type StateWord = keyof States;

interface Fold {
  readonly initial: unknown;
  readonly types: readonly string[];
  evolve(state: unknown, event: Recorded<DomainEvent>): unknown;
}

/** Refresh hashes and earlier rotations are for judging secrets; nothing shown here depends on them, and they are most of a grant's size. */
const lighterGrant = (state: GrantState): GrantState => {
  if (state.status === "revoked") return { ...state, history: { newest: -1, hashes: [] } };
  if (state.status !== "active") return state;
  const { earlierRotations: _earlier, rotation: _rotation, ...rest } = state;
  return { ...rest, history: { newest: -1, hashes: [] } };
};
/** Sealed claims are not shown here. */
const lighterSubject = (state: SubjectState): SubjectState => ("claims" in state ? { ...state, claims: "" } : state);

const FOLDS: Readonly<Record<StateWord, Fold>> = {
  grant: foldOf(grantDecider, lighterGrant),
  consent: foldOf(consentDecider),
  client: foldOf(clientDecider),
  resource: foldOf(resourceDecider),
  subject: foldOf(subjectDecider, lighterSubject),
  token: foldOf(tokenDecider),
};

function foldOf<S, C, E extends DomainEvent, O extends Outcome>(
  decider: Decider<S, C, E, O>,
  lighter: (state: S) => S = (state) => state,
): Fold {
  return {
    initial: decider.initial,
    types: Object.keys(decider.events),
    evolve: (state, event) => lighter(decider.evolve(state as S, event as Recorded<E>)),
  };
}

/** Every event type that has a say in who could do what. */
export const STATE_TYPES: readonly string[] = [...new Set([...Object.values(FOLDS).flatMap(({ types }) => types), "AccessTokenIssued"])];

export function isStateWord(word: string): word is StateWord {
  return Object.hasOwn(FOLDS, word);
}

export function begun<W extends StateWord>(word: W): Held<States[W]> {
  return { state: FOLDS[word].initial as States[W], first: new Map(), last: new Map() };
}

/** The stream after one more event. */
export function evolved<W extends StateWord>(word: W, held: Held<States[W]>, event: AuditEvent): Held<States[W]> {
  const { read, stored } = event;
  const { position, stream, revision, type } = stored;
  if (read.unknown === true) return read.ignorable === true ? held : { ...held, unreadable: true };
  const explanation: Explanation = { position, stream, revision, type, at: read.at };
  return {
    ...held,
    state: FOLDS[word].evolve(held.state, read.event) as States[W],
    first: held.first.has(type) ? held.first : new Map(held.first).set(type, explanation),
    last: new Map(held.last).set(type, explanation),
  };
}
