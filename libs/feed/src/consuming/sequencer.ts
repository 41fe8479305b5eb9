import { setTimeout as pause } from "node:timers/promises";
import { EventStoreUnavailable, type StoredEvent } from "@grantline/event-store";
import type { Sequencer, SequencerOptions } from "./consuming.port.ts";
import { createMemoryLedger } from "./ledger.ts";

const TRIES = 3;
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const REASON_LENGTH = 200;

/**
 * Makes what arrives at least once, perhaps out of order and with gaps, into each stream's events in order and without a gap. Handled twice only
 * when the process ended between the handling and the note of it.
 */
export function createSequencer(options: SequencerOptions): Sequencer {
  const { name, parked, store, log, metrics, ledger = createMemoryLedger() } = options;

  /** True when handled, false when parked. */
  const handle = async (event: StoredEvent, waiting?: () => Promise<void>): Promise<boolean> => {
    const failure = await tryToHandle(options, event, waiting);
    if (failure !== undefined) return park(event, failure);
    await ledger.put(event.stream, event.revision);
    return true;
  };

  const park = async (event: StoredEvent, reason: string): Promise<false> => {
    await parked.park({ event, reason });
    const { stream, revision, position, type } = event;
    log.error({ consumer: name, stream, revision, position, type, reason }, "an event was parked, and its stream with it");
    metrics?.feed(name, { parked: (await parked.list()).length });
    return false;
  };

  /** What lies between the last one handled and this one, from the store. Undefined when the store does not have it either. */
  const missing = async ({ stream, revision }: StoredEvent, from: number): Promise<readonly StoredEvent[] | undefined> => {
    if (from >= revision) return [];
    const events = await store?.readStream(stream, from, revision - from);
    log.warn({ consumer: name, stream, from, to: revision - 1 }, "events were missing from the feed; they are read from the store");
    return events?.length === revision - from ? events : undefined;
  };

  const take: Sequencer["take"] = async (event, waiting) => {
    const { stream, revision } = event;
    const last = await ledger.get(stream);
    if (last !== undefined && revision <= last) return "duplicate";
    if (await parked.blocks(stream)) {
      const known = (await parked.list(stream)).some((one) => one.event.revision === revision);
      if (!known) await park(event, "stream-parked");
      return "parked";
    }
    // An unknown stream in a ledger that forgets: what came before was handled, or came before this consumer.
    const next = last === undefined ? (ledger.complete ? 0 : revision) : last + 1;
    const between = await untilAnswered(options, () => missing(event, next), waiting);
    if (between === undefined) {
      await park(event, "gap");
      return "parked";
    }
    for (const [index, one] of [...between, event].entries()) {
      if (await handle(one, waiting)) continue;
      for (const behind of [...between, event].slice(index + 1)) await park(behind, "stream-parked");
      return "parked";
    }
    return "handled";
  };

  return {
    take,
    async retry(stream) {
      let handled = 0;
      for (const { event } of await parked.list(stream)) {
        const last = (await ledger.get(stream)) ?? -1;
        if (event.revision > last) {
          const between = await missing(event, ledger.complete || last >= 0 ? last + 1 : event.revision);
          if (between === undefined) break;
          for (const one of between) if (!(await handle(one))) return handled;
          if (!(await handle(event))) break;
        }
        await parked.drop(event);
        handled += 1;
      }
      metrics?.feed(name, { parked: (await parked.list()).length });
      return handled;
    },
  };
}

/** Why the event can't be handled, undefined when it was. */
async function tryToHandle(options: SequencerOptions, event: StoredEvent, waiting?: () => Promise<void>): Promise<string | undefined> {
  const { onEvent, pauseMs = PAUSE_MS } = options;
  for (let tries = 1; ; tries += 1) {
    try {
      await untilAnswered(options, async () => onEvent(event), waiting);
      return undefined;
    } catch (error) {
      if (tries === TRIES) return `handler-failed: ${String(error).slice(0, REASON_LENGTH)}`;
      await waiting?.();
      await pause(pauseMs * tries);
    }
  }
}

/** For ever while what fails is a matter of time. */
async function untilAnswered<T>(
  { name, transient, log, pauseMs = PAUSE_MS }: SequencerOptions,
  work: () => Promise<T>,
  waiting?: () => Promise<void>,
): Promise<T> {
  for (let ms = pauseMs; ; ms = Math.min(ms * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) && transient?.(error) !== true) throw error;
      log.warn({ consumer: name, err: error, pauseMs: ms }, "an event can't be handled now; it is tried again");
      await waiting?.();
      await pause(ms);
    }
  }
}
