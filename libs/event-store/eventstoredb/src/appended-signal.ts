import { splitFilter } from "./filter.ts";
import { openLiveRead, type LiveRead } from "./live-read.ts";
import type { Connection } from "./connection.ts";

const PAUSE_MS = 1_000;

export interface AppendedSignal {
  /** Calls back soon after anybody has appended. Returns its end. */
  listen(wake: () => void): () => void;
  close(): void;
}

/** One subscription from the end serves all who want to be woken; nothing rests upon it, so when it breaks it is simply opened again. */
export function createAppendedSignal(
  connection: Connection,
  prefix: string,
  onTrouble: (what: string, error: unknown) => void,
): AppendedSignal {
  const listeners = new Set<() => void>();
  let live: LiveRead | undefined;
  let opening = false;
  let closed = false;

  const onArrival = () => {
    try {
      while (live?.take(1_000) !== undefined) for (const wake of listeners) wake();
    } catch (error) {
      live = undefined;
      if (closed) return;
      onTrouble("the signal of what others append broke and is opened again", error);
      setTimeout(() => void open(), PAUSE_MS).unref();
    }
  };
  async function open(): Promise<void> {
    if (closed || opening || live !== undefined || listeners.size === 0) return;
    opening = true;
    try {
      live = await openLiveRead({ connection, prefix, filter: splitFilter({}, prefix), after: "end", onArrival });
      if (closed) live.cancel();
    } catch (error) {
      onTrouble("the signal of what others append can't be opened and is tried again", error);
      setTimeout(() => void open(), PAUSE_MS).unref();
    } finally {
      opening = false;
    }
  }
  return {
    listen(wake) {
      listeners.add(wake);
      void open();
      return () => listeners.delete(wake);
    },
    close() {
      closed = true;
      live?.cancel();
    },
  };
}
