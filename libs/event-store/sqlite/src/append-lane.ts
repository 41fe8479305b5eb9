import { EventStoreUnavailable } from "@grantline/event-store";
import type { AppendResult, SealedEvent, StoredEvent } from "@grantline/event-store";
import { keepOpen } from "./kept-open.ts";
import type { OwnAppends } from "./subscription.ts";
import type { OpenTransport } from "./transport.ts";
import { readReply, writeAppend } from "./wire.ts";
import type { AppendBatch, AppendReplies } from "./wire.ts";

interface Pending {
  readonly stream: string;
  readonly expectedRevision: number;
  readonly events: readonly SealedEvent[];
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: Error) => void;
}

export interface AppendLane {
  append(stream: string, expectedRevision: number, events: readonly SealedEvent[]): Promise<AppendResult>;
  /** Sends what waits, waits for its answers, then closes the way to the writer. */
  close(): Promise<void>;
}

export interface LaneEvents {
  /** Own events are in the store. */
  settled(own: OwnAppends): void;
  /** An answer came after its append had been called unknown: caches must look. */
  late(): void;
  /** The way to the writer was lost, or could not be opened again yet. */
  trouble(what: string, error?: unknown): void;
}

/** After this long without an answer, at most twice as long, an append's outcome is called unknown. */
const ANSWER_MS = 10_000;
const NONE = -1;

/**
 * Collects the appends of a tick into one message, and what is asked while that is on its way into the next: one batch at a time.
 * (Two at a time keep the writer busier but make smaller batches; measured, that costs more than it gains.)
 */
export async function openAppendLane(open: OpenTransport, events: LaneEvents): Promise<AppendLane> {
  let sent: readonly Pending[] = [];
  let sentId = NONE;
  let nextId = 0;
  let queue: Pending[] = [];
  let scheduled = false;
  let closing = false;
  let drained: () => void = () => undefined;

  const flush = () => {
    scheduled = false;
    const transport = way.current();
    if (transport === undefined || queue.length === 0 || sentId !== NONE) return;
    const batch: AppendBatch = [];
    for (const one of queue) writeAppend(batch, one.stream, one.expectedRevision, one.events);
    sent = queue;
    sentId = nextId++;
    queue = [];
    transport.send(sentId, batch);
  };
  const fail = (why: string) => {
    const lost = [...sent, ...queue];
    sent = queue = [];
    sentId = NONE;
    for (const one of lost) one.reject(new EventStoreUnavailable(why));
    drained();
  };
  const replies = (id: number, answers: AppendReplies) => {
    if (id !== sentId) return events.late();
    const own = settle(sent, answers);
    sent = [];
    sentId = NONE;
    if (own.upTo > 0) events.settled(own);
    flush();
    if (sentId === NONE) drained();
  };

  const way = await keepOpen(open, { replies, down: fail, up: flush, trouble: (what, error) => events.trouble(what, error) });

  // One timer for all, by looking whether the same batch, or the same queue without a way, is still there.
  let seen = NONE;
  const watch = setInterval(() => {
    const waiting = sentId !== NONE ? sentId : queue.length > 0 ? nextId : NONE;
    if (waiting !== NONE && waiting === seen) fail("the event store did not answer");
    seen = waiting;
  }, ANSWER_MS).unref();

  return {
    append: (stream, expectedRevision, appended) => {
      if (closing) return Promise.reject(new EventStoreUnavailable("the event store is closed"));
      return new Promise((resolve, reject) => {
        queue.push({ stream, expectedRevision, events: appended, resolve, reject });
        if (scheduled || sentId !== NONE) return;
        scheduled = true;
        setImmediate(flush);
      });
    },
    close: async () => {
      closing = true;
      flush();
      if (sentId !== NONE) await new Promise<void>((resolve) => (drained = resolve));
      clearInterval(watch);
      fail("the event store is closed");
      await way.close();
    },
  };
}

/** Nothing stands there: what was appended does not follow anything known. */
const NOWHERE = -1;

/** Answers each append of a batch; returns what is in the store now, `after` NOWHERE when it does not stand side by side, `upTo` 0 when there is nothing. */
function settle(pending: readonly Pending[], answers: AppendReplies): OwnAppends {
  let after = NOWHERE;
  let upTo = 0;
  for (const [i, one] of pending.entries()) {
    const result = readReply(answers, i);
    if (result.kind === "failed") one.reject(new EventStoreUnavailable(result.why));
    else one.resolve(result);
    if (result.kind !== "appended") continue;
    const last = Number(result.position);
    const before = last - one.events.length;
    // what was appended before already, and only its answer lost, stands elsewhere
    if (upTo === 0) after = before;
    else if (before !== upTo) after = NOWHERE;
    upTo = Math.max(upTo, last);
  }
  return { after, upTo, events: storedOnce(pending, answers) };
}

/** The events of a batch as the store has them, made when somebody wants them, once for all. */
function storedOnce(pending: readonly Pending[], answers: AppendReplies): () => readonly StoredEvent[] {
  let stored: StoredEvent[] | undefined;
  return () => (stored ??= pending.flatMap(({ events }, i) => stand(events, readReply(answers, i))));
}

function stand(events: readonly SealedEvent[], result: ReturnType<typeof readReply>): readonly StoredEvent[] {
  if (result.kind !== "appended") return [];
  const first = Number(result.position) - events.length + 1;
  return events.map((event, i) => ({ ...event, position: String(first + i) }));
}
