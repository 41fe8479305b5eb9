import type { OpenTransport, Transport, TransportEvents } from "./transport.ts";

export interface KeptOpen {
  /** Undefined while it is being opened again. */
  current(): Transport | undefined;
  close(): Promise<void>;
}

export interface KeptOpenEvents extends TransportEvents {
  /** It is open again. */
  up(): void;
  /** Something was lost, or could not be had again yet. */
  trouble(what: string, error?: unknown): void;
}

const REOPEN_MS = { first: 20, most: 1_000 };

/** Opens a transport, and opens it again whenever it goes down. Rejects when the first time fails. */
export async function keepOpen(open: OpenTransport, events: KeptOpenEvents): Promise<KeptOpen> {
  const state = { transport: undefined as Transport | undefined, closing: false };

  const down = (why: string) => {
    state.transport = undefined;
    events.trouble(why);
    events.down(why);
    void reopen();
  };
  const handlers = { replies: events.replies, down };

  const reopen = async () => {
    for (let wait = REOPEN_MS.first; !state.closing && state.transport === undefined; wait = Math.min(wait * 2, REOPEN_MS.most)) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      if (state.closing) return;
      try {
        state.transport = await open(handlers);
      } catch (error) {
        events.trouble("the event writer can't be reached yet", error);
      }
    }
    if (state.closing) await state.transport?.close();
    else events.up();
  };

  state.transport = await open(handlers);
  return {
    current: () => state.transport,
    close: async () => {
      state.closing = true;
      await state.transport?.close();
    },
  };
}
