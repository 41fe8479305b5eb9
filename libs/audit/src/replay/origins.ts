import type { EventStore } from "@grantline/event-store";
import { AuditEvent, type StreamOrigin } from "./audit-event.ts";
import { consented, originOf } from "./facts.ts";

/** Streams whose first event says what their later ones leave out. */
export const WITH_ORIGIN: ReadonlySet<string> = new Set(["grant", "consent", "client", "resource"]);
/** Origins kept: a few hundred bytes each, so that memory stays flat however long the log is. */
const MOST_KEPT = 50_000;
const AT_ONCE = 64;

/** Looks up the first event of streams, each once while it is remembered. */
export interface Origins {
  /** Gives every event its origin and the URIs of resources it names by id alone. */
  attach(events: readonly AuditEvent[]): Promise<void>;
}

export function createOrigins(store: EventStore): Origins {
  const kept = new Map<string, StreamOrigin>();

  function keep(stream: string, origin: StreamOrigin): StreamOrigin {
    kept.delete(stream);
    kept.set(stream, origin);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
    return origin;
  }

  async function look(stream: string): Promise<StreamOrigin> {
    const [first] = await store.readStream(stream, 0, 1);
    return first === undefined ? { resources: [] } : originOf(new AuditEvent(first));
  }

  /** Origins of all the streams, in a map of its own: what is kept may be dropped meanwhile. */
  async function find(streams: ReadonlySet<string>): Promise<ReadonlyMap<string, StreamOrigin>> {
    const found = new Map<string, StreamOrigin>();
    const missing: string[] = [];
    for (const stream of streams) {
      const known = kept.get(stream);
      if (known === undefined) missing.push(stream);
      else found.set(stream, keep(stream, known));
    }
    for (let from = 0; from < missing.length; from += AT_ONCE) {
      const some = missing.slice(from, from + AT_ONCE);
      const origins = await Promise.all(some.map(look));
      some.forEach((stream, index) => found.set(stream, keep(stream, origins[index] as StreamOrigin)));
    }
    return found;
  }

  return {
    async attach(events) {
      const concerned = events.filter(({ word }) => WITH_ORIGIN.has(word));
      for (const event of concerned) if (event.stored.revision === 0) event.origin = keep(event.stored.stream, originOf(event));
      const later = concerned.filter(({ origin }) => origin === undefined);
      const found = await find(new Set(later.map(({ stored }) => stored.stream)));
      for (const event of later) event.origin = found.get(event.stored.stream);
      await attachConsented(concerned.filter(({ word }) => word === "consent"));
    },
  };

  async function attachConsented(consents: readonly AuditEvent[]): Promise<void> {
    if (consents.length === 0) return;
    const named = await Promise.all(consents.map(resourcesOfConsent));
    const resources = await find(new Set(named.flat().map((id) => `resource-${id}`)));
    const uris = new Map(
      [...resources].flatMap(
        ([
          stream,
          {
            resources: [own],
          },
        ]) => (own?.uri === undefined ? [] : [[stream.slice(9), own.uri]]),
      ),
    );
    for (const event of consents) event.uris = uris;
  }

  /** A withdrawal says nothing of what was consented before it: its stream up to there does, and is short. */
  async function resourcesOfConsent(event: AuditEvent): Promise<readonly string[]> {
    if (event.data["scopes"] !== undefined) return consented(event.data["scopes"]);
    const before = await store.readStream(event.stored.stream, 0, event.stored.revision);
    const ids = [...new Set(before.flatMap((stored) => consented(new AuditEvent(stored).data["scopes"])))];
    event.origin = { ...event.origin, resources: ids.map((id) => ({ id })) };
    return ids;
  }
}
