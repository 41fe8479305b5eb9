import { EventStoreUnavailable } from "@grantline/event-store";
import type { AppendResult, SealedEvent } from "@grantline/event-store";
import type { OpenTransport, Transport } from "./transport.ts";
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

/** Batches on their way at once: one being committed, one waiting behind it, so that the writer never idles. */
const IN_FLIGHT = 1;
/** After this long without an answer an append's outcome is called unknown. */
const ANSWER_MS = 10_000;
const RECONNECT_MS = { first: 20, most: 1_000 };

/** Collects the appends of a tick into one message, and keeps the way to the writer open. */
export async function openAppendLane(open: OpenTransport, onSettled: (position: number) => void): Promise<AppendLane> {
  const inFlight = new Map<number, readonly Pending[]>();
  let queue: Pending[] = [];
  let transport: Transport | undefined;
  let nextId = 0;
  let scheduled = false;
  let closing = false;
  let drained: (() => void) | undefined;

  const fail = (pending: readonly Pending[], why: string) => {
    for (const one of pending) one.reject(new EventStoreUnavailable(why));
  };
  const failAll = (why: string) => {
    const lost = [...[...inFlight.values()].flat(), ...queue];
    inFlight.clear();
    queue = [];
    fail(lost, why);
    drained?.();
  };

  // One timer for all: the oldest unanswered batch is never more than twice ANSWER_MS old.
  let seen = 0;
  const watch = setInterval(() => {
    const [oldest] = inFlight.keys();
    const waits = oldest ?? (queue.length > 0 ? nextId : -1);
    if (waits !== -1 && waits === seen) failAll("the event store did not answer");
    seen = waits;
  }, ANSWER_MS).unref();

  const flush = () => {
    scheduled = false;
    if (transport === undefined || queue.length === 0 || inFlight.size >= IN_FLIGHT) return;
    const pending = queue;
    queue = [];
    const batch: AppendBatch = [];
    for (const one of pending) writeAppend(batch, one.stream, one.expectedRevision, one.events);
    inFlight.set(nextId, pending);
    transport.send(nextId++, batch);
  };

  const replies = (id: number, answers: AppendReplies) => {
    const pending = inFlight.get(id);
    if (pending === undefined) return;
    inFlight.delete(id);
    let position = 0;
    pending.forEach((one, i) => {
      const result = readReply(answers, i);
      if (result.kind === "failed") one.reject(new EventStoreUnavailable(result.why));
      else one.resolve(result);
      if (result.kind === "appended") position = Math.max(position, Number(result.position));
    });
    if (position > 0) onSettled(position);
    flush();
    if (inFlight.size === 0 && queue.length === 0) drained?.();
  };

  const down = (why: string) => {
    transport = undefined;
    failAll(why);
    if (!closing) void reconnect();
  };
  const reconnect = async () => {
    for (let wait = RECONNECT_MS.first; !closing && transport === undefined; wait = Math.min(wait * 2, RECONNECT_MS.most)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      transport = await open({ replies, down }).catch(() => undefined); // tried again until it works or we close
    }
    flush();
  };

  transport = await open({ replies, down });

  return {
    append: (stream, expectedRevision, events) => {
      if (closing) return Promise.reject(new EventStoreUnavailable("the event store is closed"));
      return new Promise((resolve, reject) => {
        queue.push({ stream, expectedRevision, events, resolve, reject });
        if (scheduled || inFlight.size >= IN_FLIGHT) return;
        scheduled = true;
        setImmediate(flush);
      });
    },
    close: async () => {
      closing = true;
      flush();
      if (transport !== undefined && inFlight.size + queue.length > 0) await new Promise<void>((resolve) => (drained = resolve));
      clearInterval(watch);
      failAll("the event store is closed");
      await transport?.close();
    },
  };
}
