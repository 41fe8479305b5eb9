import { EventStoreUnavailable, START } from "../port.ts";
import type { AppendResult, EventStore, Position, SealedEvent, StoredEvent, StreamChange } from "../port.ts";
import { createBarrier } from "./barrier.ts";
import { startFollowing, type Following } from "./following.ts";
import { createKnownChanges, type KnownChanges } from "./known-changes.ts";
import { createPassingOn, type PassingOn } from "./passing-on.ts";
import type { ChangeLog, SharedState, SharedStates } from "./port.ts";
import { createTelling } from "./telling.ts";

export interface RegionOptions {
  readonly store: EventStore;
  /** Absent: every barrier asks the store. */
  readonly log?: ChangeLog;
  readonly states?: SharedStates;
  /** Does an event of this type take something away (a right, a key, a token)? Then nobody may miss it, whatever has failed. */
  readonly takesAway: (type: string) => boolean;
  /**
   * Drops shared states that have become stale, and tells the change log what a writer could not tell it. One process of a region is enough. While there is one that
   * reaches both, P5 holds even where a writer reaches only the store and a reader only the log.
   */
  readonly repairs?: boolean;
  /** Epoch seconds at which a token issued by this event is dead; its record is then not needed any more. */
  readonly issuedUntil?: (event: SealedEvent) => number;
  readonly onTrouble?: (what: string, error: unknown) => void;
}

/** What one process knows of what all others append: P5 across processes, without a lock. */
export interface Region {
  /** The store, with write-through: an append is answered once every other process can know of it. Records of tokens are read from the shared ones first. */
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
  /** Whatever is read from the store from now on is at least as new as the store was here. */
  position(): Position;
}

/** Streams without a state that anybody caches. */
const UNCACHED = "issuance-";
const SILENT = [UNCACHED, "security-"];
/** An instance that has not heard of the store for longer answers from the store (P7); so after this long everybody knows. */
const BLIND_MS = 1_000;
/** Timers may fire a little early, and whoever looked at the clock a moment ago may still be answering. */
const BLIND_MARGIN_MS = 50;
/** After the change log has failed it is left alone for so long. */
const LOG_REST_MS = 500;
/** So long a store that hangs is waited for where the change log has answered, and so long it is then not waited for again. */
const STORE_PATIENCE_MS = 1_000;
const STORE_REST_MS = 2_000;

export async function openRegion(options: RegionOptions): Promise<Region> {
  const { store, log, states, onTrouble = () => undefined } = options;
  const { readChanges } = store;
  if (readChanges === undefined) throw new TypeError("a region needs a store that can tell its changes");
  // The log first: what is told before the store's head is read is not missed, only heard twice.
  const heardFirst =
    log === undefined ? undefined : await log.since().catch((error: unknown) => onTrouble("the change log can't be read yet", error));
  const from = await store.head();
  const known = createKnownChanges(from);
  if (heardFirst !== undefined && heardFirst !== "many") known.take(heardFirst);
  const repair = options.repairs === true ? states : undefined;
  const hearing = log === undefined ? undefined : createHearing(log, known);
  const passing = options.repairs === true ? passingOn(log, hearing, onTrouble) : undefined;
  const following = startFollowing({ store, readChanges, except: UNCACHED, from, known, repair, saw: passing?.saw, onTrouble });
  return {
    store: { ...store, append: writeThrough(options, known), readStream: readThrough(options), changes: () => known.cursor() },
    ...(states === undefined ? {} : { shared: sharedReading(states, known, following, onTrouble) }),
    upToDate: createUpToDate({ hearing, following, onTrouble }),
    age: following.age,
    close: () => {
      passing?.close();
      return following.close();
    },
  };
}

/** What this process hears from the change log. */
interface Hearing {
  /** Resolves when everything told before the call has been taken in. */
  hear(): Promise<void>;
  /** Times the log could not prove that nothing is missing. */
  gaps(): number;
  listener?: (changes: readonly StreamChange[]) => void;
}

function createHearing(log: ChangeLog, known: KnownChanges): Hearing {
  let gaps = 0;
  const hearing: Hearing = {
    gaps: () => gaps,
    hear: createBarrier(async () => {
      const told = await log.since();
      if (told === "many") gaps++;
      else {
        known.take(told);
        hearing.listener?.(told);
      }
    }),
  };
  return hearing;
}

function passingOn(log: ChangeLog | undefined, hearing: Hearing | undefined, onTrouble: Sources["onTrouble"]): PassingOn | undefined {
  if (log === undefined || hearing === undefined) return undefined;
  const passing = createPassingOn({ hear: hearing.hear, tell: (changes) => log.tell(changes), onTrouble });
  hearing.listener = passing.heard;
  return passing;
}

interface Sources {
  readonly hearing: Hearing | undefined;
  readonly following: Following;
  readonly onTrouble: (what: string, error: unknown) => void;
}

/** Asks the change log; the store where that can't tell, and now and then, so that what the log was never told is not missed for long. */
function createUpToDate({ hearing, following, onTrouble }: Sources): () => Promise<void> {
  let logRestsUntil = 0;
  let storeRestsUntil = 0;
  /** How many of the log's gaps the store has made up for since. */
  let mended = 0;
  const hasHeard = async (): Promise<boolean> => {
    if (hearing === undefined || performance.now() < logRestsUntil) return false;
    try {
      await hearing.hear();
      return hearing.gaps() === mended;
    } catch (error) {
      logRestsUntil = performance.now() + LOG_REST_MS;
      onTrouble("the change log can't be read; asking the store instead", error);
      return false;
    }
  };
  const follow = async (): Promise<void> => {
    const missing = hearing?.gaps() ?? 0;
    await following.follow();
    mended = Math.max(mended, missing);
  };

  return async () => {
    const heard = await hasHeard();
    if (heard && (following.age() < BLIND_MS || performance.now() < storeRestsUntil)) return;
    try {
      await (heard ? within(follow(), STORE_PATIENCE_MS) : follow());
    } catch (error) {
      if (!heard) throw unavailable(error);
      // P7: the store is gone, nobody can append; what the change log says is all there is to know
      storeRestsUntil = performance.now() + STORE_REST_MS;
    }
  };
}

async function within(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the store did not answer within ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function writeThrough({ store, log, states, takesAway, issuedUntil, onTrouble = () => undefined }: RegionOptions, known: KnownChanges) {
  const { tell } = createTelling({ log, waitMs: BLIND_MS + BLIND_MARGIN_MS, onTrouble });
  return async (stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult> => {
    const result = await store.append(stream, expectedRevision, events);
    if (result.kind !== "appended") return result;
    if (!SILENT.some((prefix) => stream.startsWith(prefix))) {
      const change = { stream, revision: result.revision };
      known.take([change]);
      await tell(
        change,
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

/** One event of an issuance stream, which never changes, is as good from the shared records as from the store. */
function readThrough({ store, states, onTrouble = () => undefined }: RegionOptions): EventStore["readStream"] {
  return async (stream, fromRevision, limit): Promise<readonly StoredEvent[]> => {
    if (states !== undefined && fromRevision !== undefined && limit === 1 && stream.startsWith(UNCACHED)) {
      try {
        const found = await states.getEvent(stream, fromRevision);
        if (found?.stream === stream && found.revision === fromRevision) return [found];
      } catch (error) {
        onTrouble("the shared records can't be read; asking the store instead", error);
      }
    }
    return store.readStream(stream, fromRevision, limit);
  };
}

function sharedReading(
  states: SharedStates,
  known: KnownChanges,
  following: Following,
  onTrouble: (what: string, error: unknown) => void,
): SharedReading {
  return {
    async get(stream) {
      try {
        const found = await states.get(stream);
        return found !== undefined && known.vouchesFor(stream, found.revision, found.asOf) ? found : undefined;
      } catch (error) {
        onTrouble("the shared states can't be read; asking the store instead", error);
        return undefined;
      }
    },
    put: (stream, state) => states.put(stream, state).catch((error: unknown) => onTrouble("a shared state could not be written", error)),
    position: following.position,
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
