/** A server's body, being read. */
export interface Incoming {
  readonly pieces: AsyncIterator<Uint8Array>;
  /** Closes the server's connection. */
  close(): void;
}

export interface Guard {
  /** Begins to watch; calls back when the stream has to end. */
  readonly watch: (over: () => void) => () => void;
  /** Changes a piece on its way. */
  readonly through?: (piece: Uint8Array) => string | Uint8Array;
  /** What the client is told when the server's side breaks off; then the stream ends in order. Without it the connection is cut. */
  readonly onCut?: (error: unknown) => string | undefined;
}

/**
 * A server's body as the client reads it, no faster. Ends when the server's does, when the client goes (the server's connection is closed with it), or
 * when the guard says so. Written by hand: a generator would not see a client leave while it waits for the server.
 */
export function guardedStream({ pieces, close }: Incoming, first: readonly Uint8Array[], guard: Guard): AsyncIterable<string | Uint8Array> {
  const { through = (piece) => piece } = guard;
  const read = [...first];
  let over = false;
  const release = guard.watch(() => finish());
  function finish(): void {
    if (over) return;
    over = true;
    release();
    close();
  }
  const done = { done: true, value: undefined } as const;
  const next = async (): Promise<IteratorResult<string | Uint8Array>> => {
    if (over) return done;
    try {
      for (;;) {
        const piece = read.shift() ?? (await nextOf(pieces));
        if (over || piece === undefined) {
          finish();
          return done;
        }
        const changed = through(piece);
        if (changed.length > 0) return { done: false, value: changed };
      }
    } catch (error) {
      if (over) return done;
      finish();
      const last = guard.onCut?.(error);
      if (last === undefined) throw error;
      return { done: false, value: last };
    }
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      return: async () => {
        finish();
        return done;
      },
    }),
  };
}

async function nextOf(pieces: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const { value, done } = await pieces.next();
  return done === true ? undefined : value;
}
