import type { Position, StoredEvent } from "@grantline/event-store";
import type { CompleteDay, TreeState } from "./port.ts";
import { CompactRange } from "./range.ts";

/** Gathers leaves into days (P13). A day ends before the first event recorded on a later one; what comes late belongs to the next. */
export interface OpenDays {
  append(day: string, index: number, before: Position, leaf: Buffer): void;
  /** The day that is being gathered. */
  open(): string | undefined;
  /** Ends it with the leaves it has, because its time is over and nothing has come since. */
  end(size: number, upTo: Position): void;
  /** Days with all their leaves, oldest first, that are not closed in the log yet. */
  complete(): readonly CompleteDay[];
  /** A day is closed in the log. */
  closed(day: string): void;
  state(): DaysState;
  changed(): boolean;
  written(): void;
}

type DaysState = Pick<TreeState, "day" | "complete" | "lastDay">;

interface Gathering {
  readonly day: string;
  readonly first: number;
  readonly range: CompactRange;
}

export function createOpenDays(state: DaysState | undefined): OpenDays {
  const nodes = state?.day?.nodes.map(({ level, hash }) => ({ level, hash: Buffer.from(hash, "base64url") })) ?? [];
  let gathering: Gathering | undefined = state?.day && { day: state.day.day, first: state.day.first, range: CompactRange.from(nodes) };
  let complete = state?.complete ?? [];
  let lastDay = state?.lastDay;
  let changed = false;

  const end = (size: number, upTo: Position): void => {
    if (gathering === undefined) return;
    const { day, first, range } = gathering;
    complete = [...complete, { day, first, end: size, upTo, root: range.root().toString("base64url") }];
    gathering = undefined;
    lastDay = day;
    changed = true;
  };
  return {
    append(day, index, before, leaf) {
      if (gathering !== undefined && day > gathering.day) end(index, before);
      // A day that was ended stays ended, though a slow clock may still name it
      gathering ??= { day: later(day, lastDay), first: index, range: new CompactRange() };
      gathering.range.append(leaf);
    },
    open: () => gathering?.day,
    end,
    complete: () => complete,
    closed: (day) => {
      complete = complete.filter((each) => each.day !== day);
      changed = true;
    },
    state: () => ({
      ...(gathering === undefined ? {} : { day: stateOf(gathering) }),
      ...(lastDay === undefined ? {} : { lastDay }),
      complete,
    }),
    changed: () => changed,
    written: () => (changed = false),
  };
}

function stateOf({ day, first, range }: Gathering): NonNullable<TreeState["day"]> {
  return { day, first, nodes: range.nodes.map(({ level, hash }) => ({ level, hash: hash.toString("base64url") })) };
}

/** yyyy-mm-dd of the envelope's `at`. Stream and ids stand before it, and a quote in them is escaped. */
export function dayOf({ body }: Pick<StoredEvent, "body">): string {
  const at = body.indexOf('"at":"');
  return body.slice(at + 6, at + 16);
}

function later(day: string, last: string | undefined): string {
  return last === undefined || day > last ? day : dayAfter(last);
}

export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
