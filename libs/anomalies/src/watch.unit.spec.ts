import type { StoredEvent } from "@grantline/event-store";
import { expect, it } from "vitest";
import { DEFAULT_POLICY } from "./policy.ts";
import { watchForAnomalies, type WatchOptions } from "./watch.ts";

it("while nothing is looked for, whoever turns events into observations is told who was erased, and of nothing else (P9)", async () => {
  const told: string[] = [];
  const ending = new AbortController();
  const events = [
    { type: "GrantAuthorized", stream: "grant-1" },
    { type: "SubjectErased", stream: "subject-1" },
  ] as unknown as readonly StoredEvent[];
  const options = {
    store: {
      head: () => Promise.resolve("2"),
      subscribe: (_from: string, take: (events: readonly StoredEvent[], upTo: string) => Promise<void>) => {
        void take(events, "2").then(() => ending.abort());
        return { close: () => Promise.resolve() };
      },
    },
    readModel: {
      checkpoint: () => Promise.resolve(undefined),
      clear: () => Promise.resolve(),
      write: () => Promise.resolve(),
    },
    observe: ({ stream }: StoredEvent) => {
      told.push(stream);
      return Promise.resolve(undefined);
    },
    policy: DEFAULT_POLICY,
    flags: { enabled: () => false },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  } as unknown as WatchOptions;
  await watchForAnomalies(options, { signal: ending.signal, assertHeld: () => Promise.resolve() } as never);
  expect(told).toEqual(["subject-1"]);
});
