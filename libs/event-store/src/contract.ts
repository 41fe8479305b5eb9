import { describe } from "vitest";
import { describeAppending } from "./contract/appending.contract.ts";
import { describeDropping } from "./contract/dropping.contract.ts";
import { describeFeed } from "./contract/feed.contract.ts";
import { describeReading } from "./contract/reading.contract.ts";
import type { OpenPlace } from "./contract/place.ts";

export type { OpenPlace, StorePlace } from "./contract/place.ts";

/** The whole contract of the EventStore port. Every adapter runs it in a spec of its own; `openPlace` gives a new, empty store each time. */
export function runEventStoreContract(name: string, openPlace: OpenPlace): void {
  describe(`event store contract: ${name}`, () => {
    describeAppending(openPlace);
    describeReading(openPlace);
    describeFeed(openPlace);
    describeDropping(openPlace);
  });
}
