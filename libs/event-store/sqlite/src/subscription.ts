import { follow, type EventFilter, type Followed, type Following } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;

/** What this process has appended with one batch: everything from `after` (exclusive) to `upTo`, when nobody else has come between. */
export interface OwnAppends {
  readonly after: number;
  readonly upTo: number;
  /** Are they all of streams with this prefix? */
  only(prefix: string): boolean;
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
  const passed = createPassed(Number(following.from), filter?.except);
  const followed = follow({
    ...following,
    onEnd: () => onEnd(feed),
    read(after) {
      if (passed.wholly(Number(after))) return { events: [], upTo: String(passed.upTo()) };
      // The head first: what comes between is seen again, never missed.
      const head = reader.head();
      const events = reader.all(Number(after), BATCH, filter);
      const last = Number(events.at(-1)?.position ?? after);
      const upTo = events.length < BATCH ? Math.max(head, last) : last;
      passed.read(upTo, events.length < BATCH);
      return { events, upTo: String(upTo) };
    },
  });
  const feed: FileFeed = {
    wake: (own) => {
      passed.told(own);
      followed.wake();
    },
    subscription: followed.subscription,
  };
  return feed;
}

interface Passed {
  /** To one who has taken in everything up to `after`: is it known, without a look into the file, that all there is beyond is left out by the filter? */
  wholly(after: number): boolean;
  upTo(): number;
  /** Everything up to here has been read; `all`: that was all there is. */
  read(upTo: number, all: boolean): void;
  told(own: OwnAppends | undefined): void;
}

/**
 * Most events of a busy log are issuance, which the projections leave out, and this process has just written them: as long as its own appends follow one another
 * without a gap and are all left out, there is nothing to read. A gap (another process, an append of unknown outcome) is looked into.
 */
function createPassed(from: number, except: string | undefined): Passed {
  let readUpTo = from;
  let upTo = from;
  let known = false;
  return {
    // what was read and could not be handed over is read again
    wholly: (after) => known && after >= readUpTo,
    upTo: () => upTo,
    read: (position, all) => {
      readUpTo = upTo = position;
      known = all;
    },
    told: (own) => {
      if (own !== undefined && own.upTo <= upTo) return;
      if (own?.after === upTo && except !== undefined && own.only(except)) upTo = own.upTo;
      else known = false;
    },
  };
}
