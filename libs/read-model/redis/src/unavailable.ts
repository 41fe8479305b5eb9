import { EventStoreUnavailable } from "@grantline/event-store";

/** Redis can't be reached, did not answer in time, or refused. Who can ask the event store instead does; all others answer 503 with Retry-After (P7). */
export class RedisUnavailable extends EventStoreUnavailable {
  override readonly name: string = "RedisUnavailable";
}
