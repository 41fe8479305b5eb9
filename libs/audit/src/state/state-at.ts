import type { EventStore } from "@grantline/event-store";
import { wordOf, type AuditEvent } from "../replay/audit-event.ts";
import { resourceIdOf } from "../replay/facts.ts";
import { replay } from "../replay/replay.ts";
import { begun, evolved, isStateWord, STATE_TYPES, type Explanation, type Held, type States, type StateWord } from "./fold.ts";
import type { Moment } from "./moment.ts";

/** Of whom or what the state is asked; all of it must hold. */
export interface StateQuery {
  readonly subject?: string;
  readonly client?: string;
  /** A resource's URI or id. */
  readonly resource?: string;
}

/** A token issued without a grant, alive at the moment. */
export interface LooseToken {
  readonly clientId: string;
  readonly sub: string;
  readonly entity: string;
  readonly access: {
    readonly jti: string;
    readonly aud: string;
    readonly resource?: string;
    readonly scope: readonly string[];
    readonly iat: number;
    readonly exp: number;
  };
  readonly generations: { readonly client: number; readonly resource?: number; readonly subject?: number };
  readonly event: Explanation;
}

/** The streams as they stood at a moment; memory grows with what was alive then, not with the log. */
export interface FoldedState {
  readonly moment: Moment;
  readonly query: StateQuery;
  readonly streams: { readonly [W in StateWord]: ReadonlyMap<string, Held<States[W]>> };
  readonly tokens: readonly LooseToken[];
  /** The consent each grant rests on, by the grant's stream. */
  readonly consents: ReadonlyMap<string, ConsentReference>;
}

export interface ConsentReference {
  readonly stream: string;
  readonly revision: number;
  /** Absent when there is no such event. */
  readonly event?: Explanation;
}

type Streams = { readonly [W in StateWord]: Map<string, Held<States[W]>> };

/** Folds the log up to a moment through the deciders themselves. */
export async function foldState(
  store: EventStore,
  moment: Moment,
  query: StateQuery = {},
  onProgress?: (progress: { readonly position: string; readonly head: string }) => void,
): Promise<FoldedState> {
  const streams: Streams = {
    grant: new Map(),
    consent: new Map(),
    client: new Map(),
    resource: new Map(),
    subject: new Map(),
    token: new Map(),
  };
  const tokens: LooseToken[] = [];
  const links = createConsentLinks();
  const wanted = wantedBy(query);
  const until = Date.parse(moment.time) / 1_000;
  const log = await replay(store, { types: STATE_TYPES }, { head: moment.position, ...(onProgress === undefined ? {} : { onProgress }) });
  for await (const page of log.pages) {
    for (const event of page) {
      const { word } = event;
      if (isStateWord(word) && take(streams, word, event, wanted)) links.note(event);
      else if (word === "issuance") tokens.push(...looseTokenOf(event, until, wanted));
    }
  }
  return { moment, query, streams, tokens, consents: links.byGrant };
}

function take<W extends StateWord>(streams: Streams, word: W, event: AuditEvent, wanted: Wanted): boolean {
  const { stream } = event.stored;
  const map = streams[word] as Map<string, Held<States[W]>>;
  const held = map.get(stream);
  // what a stream is about stands in its first event; one that was not kept then is not asked for
  if (held === undefined && (event.stored.revision > 0 || !wanted.stream(word, event))) return false;
  map.set(stream, evolved(word, held ?? begun(word), event));
  return true;
}

/** A grant names its consent by stream and revision; the consent comes before it. */
function createConsentLinks() {
  const events = new Map<string, Explanation>();
  const byGrant = new Map<string, ConsentReference>();
  return {
    byGrant,
    note: ({ stored, read, data, word }: AuditEvent): void => {
      const { position, stream, revision, type } = stored;
      if (word === "consent") events.set(`${stream}#${revision}`, { position, stream, revision, type, at: read.at });
      if (type !== "GrantAuthorized") return;
      const consent = data["consent"] as { readonly stream: string; readonly revision: number };
      const event = events.get(`${consent.stream}#${consent.revision}`);
      byGrant.set(stream, { ...consent, ...(event === undefined ? {} : { event }) });
    },
  };
}

interface Wanted {
  stream(word: StateWord, event: AuditEvent): boolean;
  token(token: LooseToken): boolean;
}

function wantedBy({ subject, client, resource }: StateQuery): Wanted {
  const id = resource === undefined ? undefined : resourceIdOf(resource);
  const concerns = (data: Readonly<Record<string, unknown>>): boolean =>
    (subject === undefined || data["subject"] === subject) && (client === undefined || data["clientId"] === client);
  return {
    stream: (word, { data }) => {
      if (word === "subject") return subject === undefined || data["subject"] === subject;
      if (word === "consent") return concerns(data);
      if (word !== "grant") return true;
      const resources = (data["resources"] ?? []) as readonly { readonly id: string }[];
      return concerns(data) && (id === undefined || resources.some((each) => each.id === id));
    },
    token: ({ clientId, sub, access }) =>
      (subject === undefined || sub === subject) &&
      (client === undefined || clientId === client) &&
      (id === undefined || access.resource === id),
  };
}

function looseTokenOf(event: AuditEvent, until: number, wanted: Wanted): readonly LooseToken[] {
  const { stored, read } = event;
  if (wordOf(stored.stream) !== "issuance" || read.unknown === true) return [];
  const { position, stream, revision, type } = stored;
  const token = { ...(event.data as unknown as Omit<LooseToken, "event">), event: { position, stream, revision, type, at: read.at } };
  return token.access.exp > until && wanted.token(token) ? [token] : [];
}
