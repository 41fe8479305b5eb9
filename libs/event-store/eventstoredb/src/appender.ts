import { EventStoreUnavailable, type AppendResult, type SealedEvent, type StoredEvent } from "@grantline/event-store";
import type { Appended, Connection } from "./connection.ts";
import { isConflict, isMisdirected, translated } from "./errors.ts";
import { toEventData } from "./mapping.ts";
import type { Reader } from "./reader.ts";

export interface Appender {
  append(stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult>;
  /** Waits for what was asked and takes nothing more. */
  close(): Promise<void>;
}

export function createAppender(connection: Connection, reader: Reader, prefix: string): Appender {
  const pending = new Set<Promise<AppendResult>>();
  let closed = false;

  async function send(stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult> {
    const answer = await asked(() => connection.append(prefix + stream, expectedRevision, events.map(toEventData)));
    if (!answer.success) return decided(stream, expectedRevision, events);
    const revision = expectedRevision + events.length;
    // Of several events the answer does not say for certain which one's position it tells; of one there is no doubt.
    if (events.length === 1 && answer.position !== undefined)
      return { kind: "appended", position: String(answer.position.commit), revision };
    const [last] = await reader.stream(stream, revision, 1);
    if (last === undefined) throw new EventStoreUnavailable(`EventStoreDB has appended to ${stream} but does not show it yet`);
    return { kind: "appended", position: last.position, revision };
  }

  /**
   * The stream has moved on. If these very events stand where they were to go, an earlier attempt had succeeded without our hearing of it: EventStoreDB
   * itself tells that only while it remembers them.
   */
  async function decided(stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult> {
    const there = await reader.stream(stream, expectedRevision + 1, events.length);
    const last = there.at(-1);
    if (last !== undefined && sameIds(there, events)) return { kind: "appended", position: last.position, revision: last.revision };
    return { kind: "conflict", actual: (await reader.last(stream))?.revision ?? -1 };
  }

  return {
    async append(stream, expectedRevision, events) {
      checkPlace(stream, expectedRevision, events);
      if (closed) throw new EventStoreUnavailable("the event store was closed");
      const work = send(stream, expectedRevision, events);
      pending.add(work);
      try {
        return await work;
      } finally {
        pending.delete(work);
      }
    },
    async close() {
      closed = true;
      await Promise.allSettled(pending);
    },
  };
}

/** Sent once more only where it certainly was not done. */
async function asked(send: () => Promise<Appended>): Promise<Appended> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (isConflict(error)) return { success: false };
      if (attempt > 0 || !isMisdirected(error)) throw translated(error);
    }
  }
}

function sameIds(there: readonly StoredEvent[], events: readonly SealedEvent[]): boolean {
  return there.length === events.length && there.every(({ id }, index) => id === events[index]?.id);
}

function checkPlace(stream: string, expectedRevision: number, events: readonly SealedEvent[]): void {
  if (events.length === 0) throw new RangeError(`nothing to append to ${stream}`);
  for (const [index, event] of events.entries()) {
    if (event.stream !== stream || event.revision !== expectedRevision + 1 + index)
      throw new RangeError(
        `event ${event.id} belongs to ${event.stream} at ${event.revision}, not to ${stream} at ${expectedRevision + 1 + index}`,
      );
  }
}
