import { ErrorType, isCommandError, NotLeaderError, UnavailableError, WrongExpectedVersionError } from "@eventstore/db-client";
import clientUtils from "@eventstore/db-client/dist/utils/index.js";
import { EventStoreUnavailable } from "@grantline/event-store";

const { convertToCommandError } = clientUtils;

/** EventStoreDB refuses for good: no right to, too big, a deleted stream. Nothing was written; trying again changes nothing. */
export class EventStoreRefused extends Error {
  override readonly name = "EventStoreRefused";
}

const REFUSALS: ReadonlySet<string> = new Set([
  ErrorType.ACCESS_DENIED,
  ErrorType.INVALID_ARGUMENT,
  ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED,
  ErrorType.MISSING_REQUIRED_METADATA_PROPERTY,
  ErrorType.STREAM_DELETED,
  ErrorType.UNSUPPORTED,
]);

/** The stream is not at the expected revision. */
export function isConflict(error: unknown): boolean {
  return error instanceof WrongExpectedVersionError;
}

/** Refused by a node that is not the leader, so certainly not done; the client has turned to the leader meanwhile. */
export function isMisdirected(error: unknown): boolean {
  return error instanceof NotLeaderError;
}

/** The server was not there or not the leader: the client has turned to another one, so a read may be asked again at once. */
export function isWorthAgain(error: unknown): boolean {
  const asked = asCommandError(error);
  return isMisdirected(asked) || asked instanceof UnavailableError;
}

/**
 * What the client throws, in our words. Whatever is not a plain refusal leaves the outcome unknown: timed out, cancelled, broken off, or an
 * error of the transport that nobody has classified. The caller then sends the same event ids with the same expected revision again.
 */
export function translated(error: unknown): unknown {
  if (error instanceof EventStoreUnavailable || error instanceof TypeError || error instanceof RangeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const known = asCommandError(error);
  if (known instanceof Error && isCommandError(known) && REFUSALS.has(known.type))
    return new EventStoreRefused(`EventStoreDB refuses: ${message}`, { cause: error });
  return new EventStoreUnavailable(`EventStoreDB does not answer: ${message}`, { cause: error });
}

/** The client's own reading of an error of the transport; it stumbles over one that lacks what the server would have said beside it. */
function asCommandError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  try {
    return convertToCommandError(error);
  } catch (stumble) {
    if (stumble instanceof TypeError) return error;
    throw stumble;
  }
}
