import { follow, type EventFilter, type Followed, type Following, type Position, type StoredEvent } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;
/** Events kept for a feed that is busy: about a megabyte. */
const MOST_HELD = 1_000;

/** What this process has appended with one batch: everything from `after` (exclusive) to `upTo`, when nobody else has come between. */
export interface OwnAppends {
  readonly after: number;
  readonly upTo: number;
  events(): readonly StoredEvent[];
}

export interface FileFeed extends Pick<Followed, "subscription"> {
  /** Something was appended; `own`, where it is known what. */
  wake(own?: OwnAppends): void;
}

type FileFollowing = Omit<Following, "read" | "lookMs" | "onEnd"> & {
  readonly filter: EventFilter | undefined;
  readonly onEnd: (feed: FileFeed) => void;
};

/** Follows the log in this file. */
export function followFile(reader: Reader, { filter, onEnd, ...following }: FileFollowing): FileFeed {
  const tail = createOwnTail(Number(following.from), filter);
  const followed = follow({
    ...following,
    onEnd: () => onEnd(feed),
    read(after) {
      const own = tail.beyond(Number(after));
      if (own !== undefined) return own;
      // The head first: what comes between is seen again, never missed.
      const head = reader.head();
      const events = reader.all(Number(after), BATCH, filter);
      const last = Number(events.at(-1)?.position ?? after);
      const upTo = events.length < BATCH ? Math.max(head, last) : last;
      tail.read(upTo, events.length < BATCH);
      return { events, upTo: String(upTo) };
    },
  });
  const feed: FileFeed = {
    wake: (own) => {
      tail.told(own);
      followed.wake();
    },
    subscription: followed.subscription,
  };
  return feed;
}

interface OwnTail {
  /** All there is for one who has taken in everything up to `after`, as far as one batch goes; undefined: only the file knows. */
  beyond(after: number): { readonly events: readonly StoredEvent[]; readonly upTo: Position } | undefined;
  /** Everything up to here has been read; `all`: that was all there is. */
  read(upTo: number, all: boolean): void;
  told(own: OwnAppends | undefined): void;
}

/**
 * The end of the log as this process has just written it: as long as its own appends follow one another without a gap, nothing has to be read back. A gap (another process, an append of
 * unknown outcome) and a feed that lags behind are for the file.
 */
function createOwnTail(from: number, filter: EventFilter | undefined): OwnTail {
  const passes = createPasses(filter);
  let readUpTo = from;
  let upTo = from;
  let known = false;
  let held: StoredEvent[] = [];
  const forget = (): void => {
    known = false;
    held = [];
  };
  return {
    beyond(after) {
      // what was read and could not be handed over is read again
      if (!known || after < readUpTo) return undefined;
      if (held.length > 0 && Number(held[0]?.position) <= after) held = held.filter(({ position }) => Number(position) > after);
      const events = held.slice(0, BATCH);
      return { events, upTo: held.length > BATCH ? (events.at(-1) as StoredEvent).position : String(upTo) };
    },
    read(position, all) {
      readUpTo = upTo = position;
      known = all;
      held = [];
    },
    told(own) {
      if (own === undefined) return forget();
      if (!known || own.upTo <= upTo) return;
      if (own.after !== upTo || held.length >= MOST_HELD) return forget();
      for (const event of own.events()) if (passes(event)) held.push(event);
      upTo = own.upTo;
    },
  };
}

function createPasses({ types, except }: EventFilter = {}): (event: StoredEvent) => boolean {
  const wanted = types === undefined ? undefined : new Set(types);
  return ({ type, stream }) => (wanted === undefined || wanted.has(type)) && (except === undefined || !stream.startsWith(except));
}
