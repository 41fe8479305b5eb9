import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** Answers that are still being written, piece by piece. */
export interface OpenStreams {
  /**
   * Writes the pieces as the client takes them, on a response whose head is written. `failed` hears of a stream that threw: its connection is cut, for
   * its status has long been sent.
   */
  send(raw: ServerResponse, pieces: AsyncIterable<string | Uint8Array>, failed: (error: unknown) => void): void;
  /** Ends all of them, and all that come later, as if the client had gone: for a drain. */
  endAll(): void;
}

export function createOpenStreams(): OpenStreams {
  const open = new Set<() => Promise<unknown>>();
  let ended = false;
  return {
    send(raw, pieces, failed) {
      const iterator = pieces[Symbol.asyncIterator]();
      const end = (): Promise<unknown> => Promise.resolve(iterator.return?.()).catch(failed);
      // RFC 9110 §9.3.2: HEAD gets the headers alone
      if (raw.req.method === "HEAD") {
        void end();
        raw.end();
        return;
      }
      const leave = (): void => void end();
      open.add(end);
      raw.once("close", leave);
      if (ended || raw.destroyed) leave();
      write(raw, iterator, () => ended)
        .catch((error: unknown) => {
          failed(error);
          raw.destroy();
        })
        .finally(() => {
          open.delete(end);
          raw.off("close", leave);
        });
    },
    endAll() {
      ended = true;
      for (const end of open) void end();
    },
  };
}

async function write(raw: ServerResponse, iterator: AsyncIterator<string | Uint8Array>, draining: () => boolean): Promise<void> {
  // the client learns that it is connected before there is anything to tell
  raw.flushHeaders();
  for (;;) {
    const { value, done } = await iterator.next();
    if (done === true || raw.destroyed) break;
    if (!raw.write(value)) await drained(raw);
  }
  if (raw.destroyed) return;
  // kept alive, the connection would outlast the drain
  raw.end(() => void (draining() && raw.socket?.destroySoon()));
}

/** A client that takes nothing for so long is cut off. */
const STALLED_MS = 30_000;

/** Until the client has read enough, or has gone. */
async function drained(raw: ServerResponse): Promise<void> {
  if (raw.destroyed) return;
  const stalled = AbortSignal.timeout(STALLED_MS);
  const gone = new AbortController();
  const signal = AbortSignal.any([stalled, gone.signal]);
  try {
    await Promise.race([once(raw, "drain", { signal }), once(raw, "close", { signal })]);
  } catch (error) {
    if (!stalled.aborted) throw error;
    // no failure of ours: its connection is closed like that of one that has gone
    raw.destroy();
  } finally {
    gone.abort();
  }
}
