import { follow, type EventFilter, type Followed, type Following } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;
/** Positions looked at in one query; more while nothing is found. */
const FIRST_WINDOW = 10_000;
export const LAST_WINDOW = 640_000;
/** Notices can be lost with their connection. */
const LOOK_MS = 500;

/** Follows the log in this database. */
export function followTable(
  reader: Reader,
  { filter, ...following }: Omit<Following, "read" | "lookMs"> & { readonly filter: EventFilter | undefined },
): Followed {
  let window = FIRST_WINDOW;
  return follow({
    ...following,
    lookMs: LOOK_MS,
    async read(after) {
      const stretch = await reader.stretch(after, window, BATCH, filter);
      if (stretch.upTo !== after) window = stretch.events.length === 0 ? Math.min(window * 4, LAST_WINDOW) : FIRST_WINDOW;
      return stretch;
    },
  });
}
