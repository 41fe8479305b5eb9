import { standingLost, type GrantState } from "@grantline/domain/grant";
import { comparePositions, type Position } from "@grantline/event-store";
import { clientStreamId } from "@grantline/oauth/context";
import { grantLost, standingLostBy, standingOf, type Lost, type WhyNot } from "./access.ts";
import type { Explanation, Held } from "./fold.ts";
import type { ConsentReference, FoldedState, LooseToken } from "./state-at.ts";

/** One way somebody could call something: a grant, or a token that has none. */
export interface AccessEntry {
  readonly kind: "grant" | "token";
  /** Grant id or jti. */
  readonly id: string;
  readonly entity: string;
  /** Pseudonymous; absent where a client acts for itself. */
  readonly subject?: string;
  readonly client: { readonly id: string; readonly name?: string };
  readonly resources: readonly { readonly uri: string; readonly scopes: readonly string[] }[];
  readonly since: string;
  /** Epoch seconds at which it ends at the latest. */
  readonly until: number;
  readonly could: boolean;
  readonly why?: WhyNot;
  /** The consent it rests on. */
  readonly consent?: { readonly stream: string; readonly revision: number; readonly position?: Position; readonly at?: string };
  /** The events that explain the answer, in order of position. */
  readonly because: readonly Explanation[];
}

/** Every grant and token the state holds, those that were worth nothing included, in order of their beginning. */
export function entriesOf(folded: FoldedState): readonly AccessEntry[] {
  const grants = [...folded.streams.grant].map(([stream, held]) => grantEntry(folded, stream, held)).filter((entry) => entry !== undefined);
  return [...grants, ...folded.tokens.map((token) => tokenEntry(folded, token))].toSorted(byFirst);
}

function grantEntry(folded: FoldedState, stream: string, held: Held<GrantState>): AccessEntry | undefined {
  const { state } = held;
  const authorized = held.first.get("GrantAuthorized");
  if (state.status === "none" || state.status === "denied" || authorized === undefined) return undefined;
  const { basis } = state;
  const lost = grantLost(folded, held);
  const consent = folded.consents.get(stream);
  return {
    kind: "grant",
    id: stream.slice(6),
    entity: basis.entity,
    subject: basis.subject,
    client: clientOf(folded, basis.clientId),
    resources: basis.resources.map(({ uri, scopes }) => ({ uri, scopes })),
    since: authorized.at,
    until: basis.absoluteExpiresAt,
    ...judged(lost),
    ...(consent === undefined ? {} : { consent: shownConsent(consent) }),
    because: inOrder([authorized, held.first.get("CodeRedeemed"), consent?.event, ...(lost?.by ?? [])]),
  };
}

function shownConsent({ stream, revision, event }: ConsentReference): NonNullable<AccessEntry["consent"]> {
  return { stream, revision, ...(event === undefined ? {} : { position: event.position, at: event.at }) };
}

function tokenEntry(folded: FoldedState, { clientId, sub, entity, access, generations, event }: LooseToken): AccessEntry {
  const resources = access.resource === undefined ? [] : [access.resource];
  const subject = sub === clientId ? undefined : sub;
  const standing = standingOf(folded, { clientId, resources, ...(subject === undefined ? {} : { subject }) });
  const made = {
    client: generations.client,
    subject: generations.subject ?? 0,
    consent: standing.generations.consent,
    resources: access.resource === undefined ? {} : { [access.resource]: generations.resource ?? 0 },
  };
  const basis = {
    clientId,
    generations: made,
    offline: true,
    absoluteExpiresAt: access.exp,
    ...(subject === undefined ? {} : { subject }),
  };
  const revoked = folded.streams.token.get(`token-${access.jti}`)?.last.get("AccessTokenRevoked");
  const dead = standingLost(basis, standing) ? standingLostBy(folded, basis, standing) : undefined;
  const lost = revoked === undefined ? dead : ({ why: "revoked", by: [revoked] } as const);
  return {
    kind: "token",
    id: access.jti,
    entity,
    ...(subject === undefined ? {} : { subject }),
    client: clientOf(folded, clientId),
    resources: [{ uri: access.aud, scopes: access.scope }],
    since: event.at,
    until: access.exp,
    ...judged(lost),
    because: inOrder([
      event,
      folded.streams.client.get(`client-${clientStreamId(clientId)}`)?.first.get("ClientRegistered"),
      ...(lost?.by ?? []),
    ]),
  };
}

function judged(lost: Lost | undefined): Pick<AccessEntry, "could" | "why"> {
  return lost === undefined ? { could: true } : { could: false, why: lost.why };
}

function clientOf({ streams }: FoldedState, id: string): AccessEntry["client"] {
  const state = streams.client.get(`client-${clientStreamId(id)}`)?.state;
  const name = state !== undefined && "metadata" in state ? state.metadata.client_name : undefined;
  return { id, ...(name === undefined ? {} : { name }) };
}

function inOrder(events: readonly (Explanation | undefined)[]): readonly Explanation[] {
  const given = events.filter((event) => event !== undefined);
  return [...new Map(given.map((event) => [event.position, event])).values()].toSorted((one, other) =>
    comparePositions(one.position, other.position),
  );
}

function byFirst(one: AccessEntry, other: AccessEntry): number {
  const [first, second] = [one.because[0], other.because[0]];
  return first === undefined || second === undefined ? 0 : comparePositions(first.position, second.position);
}
