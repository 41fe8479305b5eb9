import { hash } from "node:crypto";
import type { EphemeralStore } from "@grantline/read-model";
import type { Caller } from "./caller.ts";
import type { KeySpace } from "./key-space.ts";
import { ADD_IF_ABSENT, COMPLETE_SINCE, INCREMENT, SWAP } from "./scripts/ephemeral.ts";
import { RedisUnavailable } from "./unavailable.ts";

/** In a cluster keys are spread over so many slots; each knows since when it is complete. */
const BUCKETS = 8;
/** Redis only cleans up: whether an entry has expired is said by the clock given. */
const KEPT_LONGER_SECONDS = 120;

export interface EphemeralSources {
  readonly caller: Caller;
  readonly keySpace: KeySpace;
  readonly clock: { now(): number };
  readonly clustered: () => boolean;
}

/**
 * Seen jti and the like. Atomic by script, so of any number of callers in any number of processes one is the first. Whether something was lost is asked of the
 * server at each look, so that a loss between two questions of one caller is noticed too.
 */
export function createEphemeralStore({ caller, keySpace, clock, clustered }: EphemeralSources): EphemeralStore {
  /** Since when callers have been told that nothing is missing. */
  let toldSince: number | undefined;
  const place = (kind: string, key: string): { readonly entry: string; readonly birth: string } => {
    const digest = hash("sha256", key, "buffer");
    const tag = bucket((digest[0] as number) % (clustered() ? BUCKETS : 1));
    return { entry: keySpace.key(tag, `${kind}${digest.toString("base64url").slice(0, 32)}`), birth: keySpace.key(tag, "b") };
  };
  const kept = (expiresAt: number): number => Math.max(1, expiresAt - clock.now() + KEPT_LONGER_SECONDS) * 1_000;

  return {
    async addIfAbsent(key, expiresAt) {
      const { entry, birth } = place("s", key);
      const [first, since] = (await caller.evaluate(ADD_IF_ABSENT, [entry, birth], [clock.now(), expiresAt, kept(expiresAt)])) as [
        number,
        string,
      ];
      if (toldSince !== undefined && Number(since) > toldSince) {
        toldSince = Number(since);
        // A yes would rest on what the caller was told before the loss.
        throw new RedisUnavailable("what was remembered has just been lost");
      }
      return first === 1;
    },
    async put(key, value, expiresAt) {
      const { entry } = place("h", key);
      await caller.run((client) => client.set(entry, `${expiresAt} ${value}`, "PX", kept(expiresAt)));
    },
    async get(key) {
      const { entry } = place("h", key);
      const held = await caller.run((client) => client.get(entry));
      if (held === null) return undefined;
      const space = held.indexOf(" ");
      return Number(held.slice(0, space)) > clock.now() ? held.slice(space + 1) : undefined;
    },
    async increment(key, expiresAt, by = 1) {
      const { entry } = place("h", key);
      return Number(await caller.evaluate(INCREMENT, [entry], [clock.now(), expiresAt, kept(expiresAt), by]));
    },
    async swap(key, expected, value, expiresAt) {
      const { entry } = place("h", key);
      const args = [clock.now(), expected === undefined ? 0 : 1, expected ?? "", expiresAt, kept(expiresAt), value];
      const [swapped, found] = (await caller.evaluate(SWAP, [entry], args)) as [number, string?];
      return swapped === 1 ? { swapped: true } : { swapped: false, ...(found === undefined ? {} : { found }) };
    },
    async completeSince() {
      const births = Array.from({ length: clustered() ? BUCKETS : 1 }, (_, n) => keySpace.key(bucket(n), "b"));
      const answers = await Promise.all(births.map((birth) => caller.evaluate(COMPLETE_SINCE, [birth], [clock.now()])));
      toldSince = Math.max(...answers.map(Number));
      return toldSince;
    },
  };
}

function bucket(n: number): string {
  return `e${n}`;
}
