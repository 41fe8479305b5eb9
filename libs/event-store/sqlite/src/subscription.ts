import { follow, type EventFilter, type Followed, type Following } from "@grantline/event-store";
import type { Reader } from "./reader.ts";

/** Events handed over at once. */
const BATCH = 500;

/** Follows the log in this file. */
export function followFile(
  reader: Reader,
  { filter, ...following }: Omit<Following, "read" | "lookMs"> & { readonly filter: EventFilter | undefined },
): Followed {
  return follow({
    ...following,
    read(after) {
      // The head first: what comes between is seen again, never missed.
      const head = reader.head();
      const events = reader.all(Number(after), BATCH, filter);
      const last = Number(events.at(-1)?.position ?? after);
      return { events, upTo: String(events.length < BATCH ? Math.max(head, last) : last) };
    },
  });
}
