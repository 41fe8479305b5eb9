import { EventStoreUnavailable, type EventStore } from "@grantline/event-store";

export interface BrokenStore {
  /** Appends are refused, as with a full disk; reads go on. */
  refuseAppends(): void;
  /** Nothing is answered any more. */
  goAway(): void;
  comeBack(): void;
}

/** Puts a switch into the one store object that everything on a platform shares. */
export function breakable(store: EventStore): BrokenStore {
  const { append, readStream, readLast, readAll, head } = store;
  const away = (): Promise<never> => Promise.reject(new EventStoreUnavailable("made to fail by the test"));
  return {
    refuseAppends: () => void Object.assign(store, { append: away }),
    goAway: () => void Object.assign(store, { append: away, readStream: away, readLast: away, readAll: away, head: away }),
    comeBack: () => void Object.assign(store, { append, readStream, readLast, readAll, head }),
  };
}
