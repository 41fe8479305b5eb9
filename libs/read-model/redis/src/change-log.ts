import { randomBytes } from "node:crypto";
import type { ChangeLog, StreamChange } from "@grantline/event-store";
import type { Caller } from "./caller.ts";
import type { KeySpace } from "./key-space.ts";
import { SINCE, TELL } from "./scripts/change-log.ts";
import { RedisUnavailable } from "./unavailable.ts";

const TAG = "log";
const ENTRIES_KEPT = 100_000;
/** Beyond this reading the store's own list is no slower. */
const MOST_AT_ONCE = 5_000;
/** Changes in one script, so that it stays short. */
const MOST_TOLD = 1_000;

/** Where a reader stands: the entry it read last, by number and chain, and the server that told it. */
interface Place {
  readonly sequence: string;
  readonly chain: string;
  readonly server: string;
}
const NOWHERE: Place = { sequence: "", chain: "", server: "" };

/** The change log in one slot of Redis. It has one place in the log: one region of one process reads it. */
export function createChangeLog(caller: Caller, { key }: KeySpace): ChangeLog {
  const keys = [key(TAG, "f"), key(TAG, "s")];
  let place = NOWHERE;
  return {
    async tell(changes) {
      for (let from = 0; from < changes.length; from += MOST_TOLD) {
        const pairs = changes.slice(from, from + MOST_TOLD).flatMap(({ stream, revision }) => [stream, revision]);
        await caller.evaluate(TELL, keys, [seed(), ENTRIES_KEPT, ...pairs]);
      }
    },
    async since() {
      const { sequence, chain, server } = place;
      const answer = await caller.evaluate(SINCE, keys, [sequence, chain, server, seed(), MOST_AT_ONCE]);
      const [nextServer, nextSequence, nextChain, many, ...pairs] = asTexts(answer);
      if (nextServer === undefined || nextSequence === undefined || nextChain === undefined)
        throw new RedisUnavailable("the change log gave an answer that is none");
      place = { sequence: nextSequence, chain: nextChain, server: nextServer };
      return many === "many" ? many : toChanges(pairs);
    },
  };
}

/** A new log begins with a chain nobody has seen, so that it can't be taken for the one that was there before. */
function seed(): string {
  return randomBytes(20).toString("hex");
}

function asTexts(answer: unknown): readonly string[] {
  return Array.isArray(answer) ? answer.map(String) : [];
}

function toChanges(pairs: readonly string[]): readonly StreamChange[] {
  const changes: StreamChange[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) changes.push({ stream: pairs[i] as string, revision: Number(pairs[i + 1]) });
  return changes;
}
