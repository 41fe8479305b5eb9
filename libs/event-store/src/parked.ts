import { EventStoreUnavailable } from "./port.ts";

/**
 * A stream holds an event this release does not know and may not skip (P11). Writes to it get 503, as for an unreachable
 * store; validation answers inactive. A newer release reads it.
 */
export class StreamParked extends EventStoreUnavailable {
  override readonly name: string = "StreamParked";
  readonly stream: string;
  readonly revision: number;
  readonly type: string;

  constructor(stream: string, revision: number, type: string) {
    super(`stream ${stream} is parked: revision ${revision} is a ${type}, which this release does not know and may not skip`);
    this.stream = stream;
    this.revision = revision;
    this.type = type;
  }
}
