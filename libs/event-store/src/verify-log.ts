import { comparePositions, START, type Position, type StoredEvent } from "./port.ts";
import { linkFault } from "./verify.ts";

/** An event as the whole log is gone through: `findable` says whether readers that ask for its stream get it. */
export interface LogEntry {
  readonly event: StoredEvent;
  readonly findable: boolean;
}

export type LogFault =
  /** The event before it in its stream is missing, or it stands where another should. */
  | "revision-gap"
  /** The event, or one before it in its stream, is not the one that was written. */
  | "hash-mismatch"
  /** What stands beside the body says something else than the body. */
  | "body-mismatch"
  /** Its stream can't be found by its name. */
  | "not-findable"
  /** It stands before an older event of its stream. */
  | "position-order"
  /** No event has this position, though there are later ones. */
  | "position-gap";

export type LogVerification =
  | { readonly kind: "intact"; readonly events: number; readonly streams: number }
  | {
      readonly kind: "broken";
      readonly position: Position;
      readonly why: LogFault;
      readonly stream?: string;
      readonly revision?: number;
      readonly events: number;
      readonly streams: number;
    };

type Broken = Extract<LogVerification, { kind: "broken" }>;

/** Takes the log event by event, as a reader of a remote store gets it. */
export interface LogVerifier {
  /** Entries come stream after stream, and by revision in each. */
  take(entry: LogEntry): void;
  /** What has been found so far. */
  result(): LogVerification;
}

/**
 * Recomputes every stream's hash chain (P10) in one pass over the log, stream after stream and by revision in each; keeps one hash at a time.
 * Names the lowest position at which something was altered, removed, inserted or reordered. What it can't know: whether the newest events of the
 * log were cut off, and whether two streams changed places; that takes signed checkpoints.
 */
export function verifyLog(entries: Iterable<LogEntry>, onEvent: (events: number) => void = () => undefined): LogVerification {
  const verifier = createLogVerifier();
  let events = 0;
  for (const entry of entries) {
    onEvent(++events);
    verifier.take(entry);
  }
  return verifier.result();
}

/** `verifyLog` for whoever gets the log in pieces. */
export function createLogVerifier(): LogVerifier {
  let stream: string | undefined;
  let streams = 0;
  let events = 0;
  let before = { revision: -1, hash: "" };
  let position: Position = START;
  let lost = false;
  let first: Omit<Broken, "events" | "streams"> | undefined;

  return {
    take: ({ event, findable }) => {
      events++;
      if (event.stream !== stream) {
        stream = event.stream;
        streams++;
        before = { revision: -1, hash: "" };
        position = START;
        lost = false;
      }
      if (lost) return;
      const why = findable ? faultOf(event, before, position) : "not-findable";
      before = { revision: event.revision, hash: event.hash };
      position = event.position;
      if (why === undefined) return;
      // Nothing after a broken link can be judged.
      lost = true;
      if (first === undefined || comparePositions(event.position, first.position) < 0) {
        first = { kind: "broken", position: event.position, why, stream: event.stream, revision: event.revision };
      }
    },
    result: () => (first === undefined ? { kind: "intact", events, streams } : { ...first, events, streams }),
  };
}

function faultOf(event: StoredEvent, before: { readonly revision: number; readonly hash: string }, after: Position): LogFault | undefined {
  const fault = linkFault(event, before.revision, before.hash);
  if (fault !== undefined) return fault;
  return comparePositions(event.position, after) > 0 ? undefined : "position-order";
}
