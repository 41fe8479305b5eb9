import type { ReadResp } from "@eventstore/db-client/generated/streams_pb.js";
import { comparePositions, START, type Position, type StoredEvent } from "@grantline/event-store";
import type { Answers, Connection } from "./connection.ts";
import type { SplitFilter } from "./filter.ts";
import { positionOf, streamOf, toStored } from "./mapping.ts";
import { allRequest } from "./read-request.ts";

/** What has come and was not taken yet. */
export interface Arrived {
  readonly events: readonly StoredEvent[];
  /** Everything up to here that passes the filter is among them, or was before. */
  readonly upTo: Position;
}

/** A filtered subscription to $all that lets its reader take at its own pace. */
export interface LiveRead {
  /** At most `limit` events; undefined when nothing has come. Throws when the subscription has ended, after all that came before has been taken. */
  take(limit: number): Arrived | undefined;
  cancel(): void;
}

/** So much may wait here; the server is held back by the transport beyond that. */
const QUEUE = 2_000;

interface Item {
  readonly position: Position;
  readonly event?: StoredEvent;
}

export interface LiveReadOptions {
  readonly connection: Connection;
  readonly filter: SplitFilter;
  readonly prefix: string;
  /** Strictly after this position; "end": only what comes. */
  readonly after: Position | "end";
  /** Something has come, or the subscription has ended. */
  readonly onArrival: () => void;
}

export async function openLiveRead({ connection, filter, prefix, after, onArrival }: LiveReadOptions): Promise<LiveRead> {
  const from = after === START ? "start" : after;
  const answers: Answers = await connection.read(allRequest({ from, count: "live", filter: filter.server }), true);
  const queue: Item[] = [];
  let ended: unknown;
  const fail = (error: unknown) => {
    ended ??= error;
    onArrival();
  };
  answers.on("data", (answer: ReadResp) => {
    try {
      const item = itemOf(answer, filter, prefix);
      if (item === undefined || (after !== "end" && comparePositions(item.position, after) <= 0)) return;
      queue.push(item);
    } catch (error) {
      fail(error);
      answers.cancel();
    }
    if (queue.length >= QUEUE) answers.pause();
    onArrival();
  });
  answers.on("error", fail);
  answers.once("end", () => fail(new Error("the server has ended the subscription")));
  return {
    take(limit) {
      if (queue.length === 0 && ended !== undefined) throw ended;
      const taken = queue.splice(0, limit);
      if (queue.length === 0) answers.resume();
      const last = taken.at(-1);
      return last && { events: taken.flatMap(({ event }) => (event === undefined ? [] : [event])), upTo: last.position };
    },
    cancel: () => answers.cancel(),
  };
}

/** An event of ours, or how far the server has looked. Undefined: neither, such as the confirmation. */
function itemOf(answer: ReadResp, filter: SplitFilter, prefix: string): Item | undefined {
  const record = answer.getEvent()?.getEvent();
  if (record !== undefined) {
    const position = positionOf(record);
    return filter.passes(streamOf(record)) ? { position, event: toStored(record, prefix) } : { position };
  }
  const checkpoint = answer.getCheckpoint();
  return checkpoint && { position: String(checkpoint.getCommitPosition()) };
}
