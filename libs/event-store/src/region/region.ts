import { LRUCache } from "lru-cache";
import { EventStoreUnavailable, START } from "../port.ts";
import type { AppendResult, ChangeCursor, EventStore, Position, SealedEvent, StreamChange } from "../port.ts";
import { createBarrier } from "./barrier.ts";
import type { ChangeLog, SharedState, SharedStates } from "./port.ts";
import { createTelling } from "./telling.ts";

export interface RegionOptions {
  readonly store: EventStore;
  /** Absent: every barrier asks the store. */
  readonly log?: ChangeLog;
  readonly states?: SharedStates;
  /** Does an event of this type take something away (a right, a key, a token)? Then nobody may miss it, whatever has failed. */
  readonly takesAway: (type: string) => boolean;
  /** Keeps the shared states right after lost writes; one process of a region is enough. */
  readonly repairs?: boolean;
  /** Epoch seconds at which a token issued by this event is dead; its record is then not needed any more. */
  readonly issuedUntil?: (event: SealedEvent) => number;
  readonly onTrouble?: (what: string, error: unknown) => void;
}

/** What one process knows of what all others append: P5 across processes, without a lock. */
export interface Region {
  /** The store, with write-through: an append is answered once every other process can know of it. */
  readonly store: EventStore;
  /** For the stream runtime. */
  readonly shared?: SharedReading;
  /**
   * Resolves when this process's caches are no older than the call: everything acknowledged before it, by any process, has been taken in.
   * @throws EventStoreUnavailable when neither the change log nor the store can tell (P7).
   */
  upToDate(): Promise<void>;
  /** Milliseconds since the store itself was last heard. */
  age(): number;
  close(): Promise<void>;
}

/** The shared states as the runtime may use them: never older than what this process has been told of. */
export interface SharedReading {
  get(stream: string): Promise<SharedState | undefined>;
  put(stream: string, state: SharedState): Promise<void>;
}

/** Streams without a state that anybody caches. */
const UNCACHED = "issuance-";
const SILENT = [UNCACHED, "security-"];
/** An instance that has not heard of the store for longer answers from the store (P7); so after this long everybody knows. */
const BLIND_MS = 1_000;
const FOLLOW_EVERY_MS = 250;
/** After the change log has failed it is left alone for so long. */
const LOG_REST_MS = 500;
/** How long a request waits for a silent store when the change log has answered, and for how long the store is then left alone. */
const STORE_PATIENCE_MS = 300;
const STORE_REST_MS = 1_000;
const FLOORS = 50_000;

export async function openRegion(options: RegionOptions): Promise<Region> {
  const { store, log, states, onTrouble = () => undefined } = options;
  const { readChanges } = store;
  if (readChanges === undefined) throw new TypeError("a region needs a store that can tell its changes");
  const known = createKnown();
  let position: Position = (await readChanges(await store.head(), UNCACHED)).position;
  let followedAt = performance.now();
  let logRestsUntil = 0;
  let storeRestsUntil = 0;

  const follow = createBarrier(async () => {
    const began = performance.now();
    const { changes, position: reached } = await readChanges(position, UNCACHED);
    known.take(changes);
    if (options.repairs === true && states !== undefined && changes !== "many" && changes.length > 0)
      await states.atLeast(changes).catch((error: unknown) => onTrouble("the shared states could not be repaired", error));
    position = reached;
    followedAt = began;
  });

  /** P7: what others have told is believed without the store once that has been silent for a while; nobody can append without it either. */
  const followUnlessGone = async (): Promise<void> => {
    if (performance.now() < storeRestsUntil) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new EventStoreUnavailable("the event store is silent")), STORE_PATIENCE_MS);
    });
    try {
      await Promise.race([follow(), late]);
    } catch (error) {
      storeRestsUntil = performance.now() + STORE_REST_MS;
      onTrouble("the event store does not answer; going by the change log alone", error);
    } finally {
      clearTimeout(timer);
    }
  };

  const hear = createBarrier(async () => known.take(await (log as ChangeLog).since()));

  const upToDate = async (): Promise<void> => {
    let heard = false;
    if (log !== undefined && performance.now() >= logRestsUntil) {
      try {
        await hear();
        heard = true;
        if (performance.now() - followedAt < BLIND_MS) return;
      } catch (error) {
        logRestsUntil = performance.now() + LOG_REST_MS;
        onTrouble("the change log can't be read; asking the store instead", error);
      }
    }
    if (heard) return followUnlessGone();
    await follow().catch((error: unknown) => {
      throw unavailable(error);
    });
  };

  const stopFollowing = startFollowing(store, follow, (error) => onTrouble("the store's changes could not be read; trying again", error));
  if (log !== undefined) await hear().catch((error: unknown) => onTrouble("the change log can't be read yet", error));
  const telling = createTelling({ log, waitMs: BLIND_MS, onTrouble });
  return {
    store: { ...store, append: writeThrough(options, telling.tell), changes: () => known.cursor() },
    ...(states === undefined ? {} : { shared: sharedReading(states, known.newest, onTrouble) }),
    upToDate,
    age: () => performance.now() - followedAt,
    close: stopFollowing,
  };
}

type Tell = (change: StreamChange, takesAway: boolean) => Promise<void>;

function writeThrough({ store, states, takesAway, issuedUntil, onTrouble = () => undefined }: RegionOptions, tell: Tell) {
  return async (stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult> => {
    const result = await store.append(stream, expectedRevision, events);
    if (result.kind !== "appended") return result;
    if (!SILENT.some((prefix) => stream.startsWith(prefix))) {
      await tell(
        { stream, revision: result.revision },
        events.some(({ type }) => takesAway(type)),
      );
    } else if (states !== undefined && issuedUntil !== undefined && stream.startsWith(UNCACHED)) {
      // Nobody waits for it: a record that is not there is read from the store.
      const records = events.map((event) => ({ ...event, position: result.position }));
      states.putEvents(records, issuedUntil).catch((error: unknown) => onTrouble("token records could not be shared", error));
    }
    return result;
  };
}

function sharedReading(
  states: SharedStates,
  newest: (stream: string) => number,
  onTrouble: (what: string, error: unknown) => void,
): SharedReading {
  return {
    async get(stream) {
      try {
        const found = await states.get(stream);
        return found !== undefined && found.revision >= newest(stream) ? found : undefined;
      } catch (error) {
        onTrouble("the shared states can't be read; asking the store instead", error);
        return undefined;
      }
    },
    put: (stream, state) => states.put(stream, state).catch((error: unknown) => onTrouble("a shared state could not be written", error)),
  };
}

/** Changes this process has been told of: handed to the caches of its runtimes, and remembered as the least a shared state must have. */
function createKnown() {
  const floors = new LRUCache<string, number>({ max: FLOORS });
  const pending = new Set<{ changes: StreamChange[] | "many" }>();
  return {
    take(changes: readonly StreamChange[] | "many"): void {
      if (changes !== "many")
        for (const { stream, revision } of changes) if ((floors.get(stream) ?? -1) < revision) floors.set(stream, revision);
      for (const one of pending) {
        if (changes === "many" || one.changes === "many") one.changes = "many";
        else one.changes.push(...changes);
      }
    },
    newest: (stream: string) => floors.get(stream) ?? -1,
    cursor(): ChangeCursor {
      const own: { changes: StreamChange[] | "many" } = { changes: [] };
      pending.add(own);
      return {
        poll: () => {
          if (own.changes.length === 0) return NOTHING;
          const { changes } = own;
          own.changes = [];
          return changes;
        },
      };
    },
  };
}

const NOTHING: readonly StreamChange[] = [];

/** Follows the store when it says that something came, and now and then anyway. */
function startFollowing(store: EventStore, follow: () => Promise<void>, onTrouble: (error: unknown) => void): () => Promise<void> {
  let closed = false;
  let last: Promise<void> = Promise.resolve();
  const look = (): void => {
    if (!closed) last = follow().catch(onTrouble);
  };
  const timer = setInterval(look, FOLLOW_EVERY_MS).unref();
  const end = store.onAppended?.(look);
  return async () => {
    closed = true;
    clearInterval(timer);
    end?.();
    await last;
  };
}

function unavailable(error: unknown): EventStoreUnavailable {
  return error instanceof EventStoreUnavailable
    ? error
    : new EventStoreUnavailable("neither the change log nor the event store can say what is current", { cause: error });
}

/** `readChanges` for stores that have nothing cheaper than reading the events themselves. */
export function changesByReading(store: Pick<EventStore, "readAll" | "head">): NonNullable<EventStore["readChanges"]> {
  return async (after, except) => {
    const head = await store.head();
    if (after === START && head !== START) return { changes: "many", position: head };
    const events = await store.readAll(after, MANY, except === undefined ? {} : { except });
    if (events.length === MANY) return { changes: "many", position: head };
    return { changes: events.map(({ stream, revision }) => ({ stream, revision })), position: head };
  };
}

const MANY = 5_000;
