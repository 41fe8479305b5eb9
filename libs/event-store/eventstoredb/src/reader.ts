import type { ReadReq } from "@eventstore/db-client/generated/streams_pb.js";
import { comparePositions, START, type EventFilter, type Position, type StoredEvent } from "@grantline/event-store";
import type { Answers, Connection } from "./connection.ts";
import { isWorthAgain, translated } from "./errors.ts";
import { splitFilter } from "./filter.ts";
import { positionOf, type RecordedEvent, streamOf, toStored } from "./mapping.ts";
import { allRequest, streamRequest } from "./read-request.ts";

export interface Reader {
  stream(stream: string, fromRevision: number, limit: number): Promise<readonly StoredEvent[]>;
  last(stream: string): Promise<StoredEvent | undefined>;
  all(after: Position, limit: number, filter?: EventFilter): Promise<readonly StoredEvent[]>;
  head(): Promise<Position>;
}

/** Records asked for at once. */
const PAGE = 1_000;

export function createReader(connection: Connection, prefix: string): Reader {
  const records = (request: ReadReq) => twice(() => recordsOf(connection, request));
  // Half a surrogate pair would be asked for as U+FFFD, which is another stream's name; the server takes no stream without a name.
  const canBe = (stream: string): boolean => prefix + stream !== "" && stream.isWellFormed();
  return {
    async stream(stream, fromRevision, limit) {
      const found: StoredEvent[] = [];
      while (found.length < limit && canBe(stream)) {
        const count = Math.min(PAGE, limit - found.length);
        const page = await records(streamRequest({ stream: prefix + stream, from: fromRevision + found.length, count }));
        found.push(...page.map((record) => toStored(record, prefix)));
        if (page.length < count) break;
      }
      return found;
    },
    async last(stream) {
      if (!canBe(stream)) return undefined;
      const [record] = await records(streamRequest({ stream: prefix + stream, from: "last", count: 1 }));
      return record && toStored(record, prefix);
    },
    async all(after, limit, filter = {}) {
      const { server, passes, nothing } = splitFilter(filter, prefix);
      const found: StoredEvent[] = [];
      let position = after;
      while (!nothing && found.length < limit) {
        // One more: a read begins with the event at the position, which has been seen.
        const count = Math.min(PAGE, limit - found.length) + 1;
        const page = await records(allRequest({ from: position === START ? "start" : position, count, filter: server }));
        const fresh = page.filter((record) => comparePositions(positionOf(record), position) > 0);
        found.push(...fresh.filter((record) => passes(streamOf(record))).map((record) => toStored(record, prefix)));
        const end = fresh.at(-1);
        if (end === undefined || page.length < count) break;
        position = positionOf(end);
      }
      return found.slice(0, limit);
    },
    async head() {
      const [record] = await records(allRequest({ from: "end", count: 1, filter: splitFilter({}, prefix).server }));
      return record === undefined ? START : positionOf(record);
    },
  };
}

/** All records of an answer. */
async function recordsOf(connection: Connection, request: ReadReq): Promise<readonly RecordedEvent[]> {
  const answers = await connection.read(request, false);
  try {
    return await collected(answers);
  } finally {
    answers.cancel();
  }
}

function collected(answers: Answers): Promise<readonly RecordedEvent[]> {
  return new Promise((resolve, reject) => {
    const records: RecordedEvent[] = [];
    answers.on("data", (answer: { getEvent(): { getEvent(): RecordedEvent | undefined } | undefined }) => {
      // A stream that does not exist is told by an answer of its own, and is to us a stream without events.
      const record = answer.getEvent()?.getEvent();
      if (record !== undefined) records.push(record);
    });
    answers.once("end", () => resolve(records));
    // Stays for good: cancelling what has ended is told as an error too.
    answers.on("error", reject);
  });
}

/** Reading again harms nobody, and after a change of leader or a broken connection the second time meets the right server. */
async function twice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isWorthAgain(error)) throw translated(error);
  }
  try {
    return await read();
  } catch (error) {
    throw translated(error);
  }
}
