/** One record of the double's log. */
export interface DoubleRecord {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export type Proposed = Omit<DoubleRecord, "position" | "stream" | "revision">;

/** What is expected of a stream: a revision, that it does not exist, or nothing. */
export type Expected = number | "no-stream" | "any";

export type Decision =
  | { readonly kind: "success"; readonly revision: number; readonly position: number }
  | { readonly kind: "wrong-expected-version"; readonly actual: number | undefined };

export interface DoubleLog {
  readonly records: readonly DoubleRecord[];
  append(stream: string, expected: Expected, events: readonly Proposed[]): Decision;
  ofStream(stream: string): readonly DoubleRecord[];
  /** Called after each append. Returns its end. */
  onAppended(listener: () => void): () => void;
}

const FIRST_POSITION = 1_193;
const STEP = 211;
const STATS_EVERY = 4;

/**
 * The log of the double, in memory. Like the server it knows a repeated append with the same expected revision while those events are the last of their
 * stream; of older ones it answers WrongExpectedVersion, which is the harder case for a client. Records of its own stand between others'.
 */
export function createDoubleLog(): DoubleLog {
  const records: DoubleRecord[] = [];
  const streams = new Map<string, DoubleRecord[]>();
  const listeners = new Set<() => void>();
  let appends = 0;

  const write = (stream: string, proposed: Proposed): DoubleRecord => {
    const own = streams.get(stream) ?? [];
    const record = { ...proposed, stream, revision: own.length, position: FIRST_POSITION + records.length * STEP };
    streams.set(stream, [...own, record]);
    records.push(record);
    return record;
  };
  const stats = (): Proposed => ({
    id: crypto.randomUUID(),
    type: "$statsCollected",
    contentType: "application/json",
    data: Buffer.from("{}"),
    metadata: Buffer.from(""),
  });
  write("$stats-127.0.0.1:2113", stats());

  return {
    records,
    append(stream, expected, events) {
      const own = streams.get(stream) ?? [];
      const actual = own.length - 1;
      const wanted = expected === "no-stream" ? -1 : expected === "any" ? actual : expected;
      if (wanted !== actual) {
        const last = own.at(-1);
        const tail = own.slice(wanted + 1);
        if (last !== undefined && tail.length === events.length && tail.every(({ id }, index) => id === events[index]?.id))
          return { kind: "success", revision: last.revision, position: last.position };
        return { kind: "wrong-expected-version", actual: actual < 0 ? undefined : actual };
      }
      const written = events.map((event) => write(stream, event)).at(-1);
      if (written === undefined) throw new RangeError("nothing to append");
      if (++appends % STATS_EVERY === 0) write("$stats-127.0.0.1:2113", stats());
      for (const listener of listeners) listener();
      return { kind: "success", revision: written.revision, position: written.position };
    },
    ofStream: (stream) => streams.get(stream) ?? [],
    onAppended(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
