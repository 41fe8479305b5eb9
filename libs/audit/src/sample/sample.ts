import { createHash } from "node:crypto";
import type { EventStore, Position, StoredEvent } from "@grantline/event-store";
import { describeQuery, type ReplayQuery } from "../replay/query.ts";
import { replay, type ReplayOptions } from "../replay/replay.ts";

export interface SampleOptions extends Pick<ReplayOptions, "head" | "after" | "onProgress"> {
  /** Whatever the auditor says; the same one draws the same items again. */
  readonly seed: string;
  readonly count: number;
  /** Where an item stands in the tree of the log, for whoever checks that it is in there; undefined while no checkpoint covers it. */
  readonly prove?: (event: StoredEvent) => Promise<object | undefined>;
}

export interface SampleItem {
  readonly position: Position;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  /** base64url SHA-256 over the stream's previous hash and the stored body (P10). */
  readonly hash: string;
  /** The envelope as it was hashed. */
  readonly body: string;
  readonly proof?: object;
}

export interface Sample {
  readonly seed: string;
  readonly query: Readonly<Record<string, string>>;
  readonly from: Position;
  readonly to: Position;
  /** Events that matched. */
  readonly population: number;
  readonly items: readonly SampleItem[];
}

const MOST = 10_000;

/**
 * A random sample anybody can draw again: of all events that match, those with the lowest SHA-256 of seed, a zero byte and event id. Every event has
 * the same chance, whatever was sampled before. In order of position. Throws RangeError when `count` is not 1 to 10000.
 */
export async function drawSample(store: EventStore, query: ReplayQuery, options: SampleOptions): Promise<Sample> {
  const { seed, count, prove } = options;
  if (!Number.isInteger(count) || count < 1 || count > MOST) throw new RangeError(`A sample has 1 to ${MOST} events.`);
  const { head, after, pages } = await replay(store, query, options);
  let population = 0;
  let lowest: { readonly score: string; readonly stored: StoredEvent; readonly at: number }[] = [];
  for await (const page of pages) {
    for (const { stored } of page) lowest.push({ score: scoreOf(seed, stored.id), stored, at: population++ });
    if (lowest.length > 2 * count) lowest = lowestOf(lowest, count);
  }
  const drawn = lowestOf(lowest, count).toSorted((one, other) => one.at - other.at);
  const items = await Promise.all(drawn.map(({ stored }) => itemOf(stored, prove)));
  return { seed, query: describeQuery(query), from: after, to: head, population, items };
}

function lowestOf<T extends { readonly score: string }>(scored: readonly T[], count: number): T[] {
  return scored.toSorted((one, other) => (one.score < other.score ? -1 : 1)).slice(0, count);
}

function scoreOf(seed: string, id: string): string {
  return createHash("sha256").update(`${seed}\0${id}`).digest("hex");
}

async function itemOf(stored: StoredEvent, prove: SampleOptions["prove"]): Promise<SampleItem> {
  const proof = await prove?.(stored);
  const { position, stream, revision, type, hash, body } = stored;
  return { position, stream, revision, type, hash, body, ...(proof === undefined ? {} : { proof }) };
}
