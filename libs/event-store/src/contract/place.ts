import { afterEach, beforeEach } from "vitest";
import { chainHash } from "../seal.ts";
import { uuidV7 } from "../uuid-v7.ts";
import type { EventStore, SealedEvent } from "../port.ts";

/** Where one store keeps its events, empty at first. */
export interface StorePlace {
  /** Opens a handle on it. Called again after `close` it is a restart; where the technology allows several at once, it is a peer. */
  open(): Promise<EventStore>;
  /** Another handle beside an open one, as another process would have it. */
  openPeer?(): Promise<EventStore>;
  remove(): Promise<void>;
}
export type OpenPlace = () => Promise<StorePlace>;

export interface Fixture {
  readonly store: EventStore;
  readonly place: StorePlace;
  reopen(): Promise<EventStore>;
}

/** A fresh place with an open store around each test. */
export function freshStore(openPlace: OpenPlace): () => Fixture {
  let place: StorePlace;
  let store: EventStore;
  beforeEach(async () => {
    place = await openPlace();
    store = await place.open();
  });
  afterEach(async () => {
    await store.close();
    await place.remove();
  });
  return () => ({
    store,
    place,
    reopen: async () => {
      await store.close();
      return (store = await place.open());
    },
  });
}

/** `count` events for a stream, from revision `first`, chained. */
export function someEvents(stream: string, first: number, count: number, payload: unknown = {}): SealedEvent[] {
  let previous = "";
  return Array.from({ length: count }, (_, i) => {
    const id = uuidV7();
    const revision = first + i;
    const body = JSON.stringify({
      id,
      stream,
      revision,
      type: "ThingHappened",
      version: 1,
      at: "2026-01-01T00:00:00.000Z",
      data: payload,
      meta: {},
    });
    previous = chainHash(previous, body);
    return { id, stream, revision, type: "ThingHappened", body, hash: previous };
  });
}

export const idsOf = (events: readonly SealedEvent[]): string[] => events.map((event) => event.id);
