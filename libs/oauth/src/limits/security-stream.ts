import { randomUUID } from "node:crypto";
import { securityEvents, type SecurityEvent } from "@grantline/domain/security";
import { EventStoreUnavailable, NO_STREAM, sealEvents, type EventStore, type SealedEvent } from "@grantline/event-store";

export interface SecurityStreamOptions {
  readonly store: EventStore;
  readonly clock: { now(): number };
  readonly region: string;
  readonly service: string;
  /** A new name for this writer: lower-case letters and digits. */
  readonly newWriter: () => string;
}

/** The one writer of `security-{writer}-{yyyymmdd}`. */
export interface SecurityStream {
  /** Resolves when the events and all before them are durable. After a failure they are kept and sent by the next call. */
  append(events: readonly SecurityEvent[]): Promise<void>;
  /** Events not yet known to be durable. */
  backlog(): number;
}

interface Place {
  readonly stream: string;
  revision: number;
  hash: string;
}

interface Pending {
  readonly events: readonly SecurityEvent[];
  readonly place: Place;
  readonly sealed: readonly SealedEvent[];
}

const MOST_AT_ONCE = 500;
/** Names tried when one turns out to be taken. */
const NAMES = 3;

export function createSecurityStream(options: SecurityStreamOptions): SecurityStream {
  const { store, clock } = options;
  let writer = options.newWriter();
  let place: Place | undefined;
  let pending: Pending | undefined;
  const queue: SecurityEvent[] = [];

  function placeNow(): Place {
    const stream = `security-${writer}-${new Date(clock.now() * 1_000).toISOString().slice(0, 10).replaceAll("-", "")}`;
    if (place?.stream !== stream) place = { stream, revision: NO_STREAM, hash: "" };
    return place;
  }

  function seal(events: readonly SecurityEvent[]): Pending {
    const at = placeNow();
    const meta = {
      correlationId: randomUUID(),
      actor: { kind: "system", id: "security-log" } as const,
      region: options.region,
      service: options.service,
    };
    const sealed = sealEvents({
      stream: at.stream,
      previousHash: at.hash,
      revision: at.revision + 1,
      events,
      definitions: securityEvents,
      meta,
      atMs: clock.now() * 1_000,
    });
    return { events, place: at, sealed };
  }

  async function send(names = NAMES): Promise<void> {
    // Kept until the store has answered: sent again with the same ids, it is not counted twice.
    pending ??= seal(queue.splice(0, MOST_AT_ONCE));
    const { events, place: at, sealed } = pending;
    const result = await store.append(at.stream, at.revision, sealed);
    pending = undefined;
    if (result.kind === "appended") {
      at.revision = result.revision;
      at.hash = sealed.at(-1)!.hash;
      return;
    }
    // Somebody else writes under this name: take another.
    queue.unshift(...events);
    if (names === 1) throw new EventStoreUnavailable(`${at.stream} belongs to another writer`);
    writer = options.newWriter();
    return send(names - 1);
  }

  return {
    async append(events) {
      queue.push(...events);
      while (pending !== undefined || queue.length > 0) await send();
    },
    backlog: () => queue.length + (pending?.events.length ?? 0),
  };
}
