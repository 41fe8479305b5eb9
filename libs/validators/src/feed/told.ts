import { type Revocation, revocationsOf } from "@grantline/domain/revocations";
import { type EventStore, parseEvent, type ReadEvent, StreamParked, type StoredEvent } from "@grantline/event-store";
import type { OAuthContext } from "@grantline/oauth/context";
import type { Audience, Told } from "./entry.ts";

export type AudienceSources = Pick<OAuthContext, "grants" | "issuance"> & { readonly store: Pick<EventStore, "readStream"> };

/** What a stored event tells validators, and which of them. Empty for an event that revokes nothing. */
export async function toldBy(context: AudienceSources, stored: StoredEvent): Promise<readonly Told[]> {
  const { event } = parseEvent(stored);
  return Promise.all(
    revocationsOf(stored.stream, event).map(async ({ reason: _private, ...revocation }) => ({
      entry: { ...revocation, position: stored.position },
      audience: await audienceOf(context, revocation, stored.stream).catch(everybodyWhenParked),
    })),
  );
}

/** P11: whom a stream concerns that this release can't read is not known; a name that says nothing to most is better than a token kept alive. */
function everybodyWhenParked(error: unknown): Audience {
  if (!(error instanceof StreamParked)) throw error;
  return "everybody";
}

/** P14: a resource learns of its own grants, tokens and consents only. People, clients, sessions and keys may stand behind any token. */
async function audienceOf(context: AudienceSources, { kind, id }: Pick<Revocation, "kind" | "id">, stream: string): Promise<Audience> {
  switch (kind) {
    case "resource":
      return [id];
    case "grant":
      return grantResources(context, id);
    case "token":
      return stream.startsWith("grant-") ? grantResources(context, stream.slice("grant-".length)) : issuedFor(context, id);
    case "consent":
      return consentedResources(context, stream);
    case "subject":
    case "client":
    case "session":
    case "key":
      return "everybody";
  }
}

async function grantResources(context: AudienceSources, grantId: string): Promise<Audience> {
  const { state } = await context.grants.load(grantId);
  return "basis" in state ? state.basis.resources.map(({ id }) => id) : [];
}

async function issuedFor(context: AudienceSources, jti: string): Promise<Audience> {
  const resource = (await context.issuance.read(jti))?.event.data.access.resource;
  return resource === undefined ? [] : [resource];
}

const PAGE = 500;

/** Every resource the consent was ever for: what has been narrowed away may still be in tokens. */
async function consentedResources(context: AudienceSources, stream: string): Promise<Audience> {
  const resources = new Set<string>();
  for (let from = 0; ; from += PAGE) {
    const events = await context.store.readStream(stream, from, PAGE);
    for (const stored of events) for (const id of scopesIn(parseEvent(stored))) resources.add(id);
    if (events.length < PAGE) break;
  }
  // under the empty key are identity scopes, which are no resource's
  return [...resources].filter((id) => id !== "");
}

function scopesIn({ event }: ReadEvent): readonly string[] {
  const { scopes } = event.data as { readonly scopes?: Readonly<Record<string, unknown>> };
  return scopes === undefined ? [] : Object.keys(scopes);
}
