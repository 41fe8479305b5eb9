import { changesByReading, type EventStore, type Subscription } from "@grantline/event-store";
import { createAppendedSignal } from "./appended-signal.ts";
import { createAppender } from "./appender.ts";
import { connect } from "./connection.ts";
import { createReader } from "./reader.ts";
import { follow } from "./subscription.ts";

export interface EventStoreDbOptions {
  /** esdb://, esdb+discover:// or their kurrentdb forms. */
  readonly connectionString: string;
  /** Put before every stream's name, for several installations on one server. Default none; then every stream that is not the server's own is ours. */
  readonly streamPrefix?: string;
  /** Told of what went wrong beside a call and will be tried again. Default: a process warning. */
  readonly onTrouble?: (what: string, error: unknown) => void;
}

/**
 * The events in EventStoreDB (KurrentDB).
 * @throws EventStoreRefused when the connection string or the credentials are wrong; EventStoreUnavailable when nobody answers.
 */
export async function openEventStoreDb({
  connectionString,
  streamPrefix = "",
  onTrouble = warn,
}: EventStoreDbOptions): Promise<EventStore> {
  if (streamPrefix.startsWith("$")) throw new RangeError("a stream prefix must not begin with $: such streams are the server's own");
  const connection = connect(connectionString);
  const reader = createReader(connection, streamPrefix);
  const appender = createAppender(connection, reader, streamPrefix);
  const signal = createAppendedSignal(connection, streamPrefix, onTrouble);
  const subscriptions = new Set<Subscription>();
  const onEnd = (subscription: Subscription) => void subscriptions.delete(subscription);
  // Wrong credentials or an address where nobody answers shall be heard of now.
  await reader.head();
  const readAll: EventStore["readAll"] = (after, limit, filter) => reader.all(after, limit, filter);
  return {
    append: appender.append,
    readStream: (stream, fromRevision = 0, limit = Number.MAX_SAFE_INTEGER) => reader.stream(stream, fromRevision, limit),
    readLast: (stream) => reader.last(stream),
    readAll,
    head: () => reader.head(),
    subscribe(from, onEvents, filter = {}) {
      const subscription = follow({ connection, reader, prefix: streamPrefix, from, onEvents, filter, onTrouble, onEnd });
      subscriptions.add(subscription);
      return subscription;
    },
    readChanges: changesByReading({ readAll, head: () => reader.head() }),
    onAppended: (wake) => signal.listen(wake),
    async close() {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      signal.close();
      await appender.close();
      await connection.close();
    },
  };
}

function warn(what: string, error: unknown): void {
  process.emitWarning(`${what}: ${error instanceof Error ? error.message : String(error)}`, "EventStoreDbWarning");
}
