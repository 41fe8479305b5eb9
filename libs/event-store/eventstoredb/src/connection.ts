import { EventStoreDBClient, type EventData } from "@eventstore/db-client";
import streamsGrpc from "@eventstore/db-client/generated/streams_grpc_pb.js";
import type { ReadReq, ReadResp } from "@eventstore/db-client/generated/streams_pb.js";
import type { ClientReadableStream } from "@grpc/grpc-js";
import { EventStoreUnavailable, NO_STREAM } from "@grantline/event-store";
import { EventStoreRefused } from "./errors.ts";

export type Answers = ClientReadableStream<ReadResp>;

export interface Appended {
  readonly success: boolean;
  readonly position?: { readonly commit: bigint };
}

/** What this adapter asks of the client. Errors come as the client throws them. */
export interface Connection {
  append(stream: string, expectedRevision: number, events: readonly EventData[]): Promise<Appended>;
  /** Answers to a read. Ends by itself unless `live`; `cancel` ends it. */
  read(request: ReadReq, live: boolean): Promise<Answers>;
  close(): Promise<void>;
}

/** An answer later than this is as good as none. */
export const DEADLINE_MS = 5_000;

/**
 * The official client, with its parts for those who derive from it: its own reads take neither a filter nor a deadline, so requests are made by
 * hand from the client's generated classes (fixed to version 6.2.1).
 */
class ReadingClient extends EventStoreDBClient {
  static connect(connectionString: string): ReadingClient {
    try {
      // The client came before the new name of the database; the protocol is the same.
      const client = EventStoreDBClient.connectionString(connectionString.replace(/^kurrentdb/, "esdb")) as ReadingClient;
      // BatchAppend as this client does it has no deadline of its own and shares one stream for all: once that stream stands still, so do all
      // appends after it. Append is one call each, with its own deadline and its own answer (ADR 12).
      client.supports = async () => false;
      return client;
    } catch {
      // The client's own message quotes the string, password and all.
      throw new EventStoreRefused("the connection string of EventStoreDB can't be understood, or a certificate file it names is missing");
    }
  }

  static read(client: ReadingClient, request: ReadReq, live: boolean): Promise<Answers> {
    // What we read must hold all that was acknowledged, so the leader is asked; followers lag. A feed may lag.
    const base = live ? {} : { requiresLeader: true };
    const [metadata, options] = client.callArguments(base, { deadline: live ? Infinity : new Date(Date.now() + DEADLINE_MS) });
    return client.GRPCStreamCreator(streamsGrpc.StreamsClient, "read", (grpc) => grpc.read(request, metadata, options))();
  }

  static async close(client: ReadingClient): Promise<void> {
    await client.dispose();
    await client.execute(streamsGrpc.StreamsClient, "close", async (grpc) => grpc.close());
  }
}

/** @throws EventStoreRefused when the string can't be understood. Connects when first asked something. */
export function connect(connectionString: string): Connection {
  const client = ReadingClient.connect(connectionString);
  return {
    append: (stream, expectedRevision, events) =>
      inTime(
        client.appendToStream(stream, [...events], {
          expectedRevision: expectedRevision === NO_STREAM ? "no_stream" : BigInt(expectedRevision),
          requiresLeader: true,
          deadline: DEADLINE_MS,
        }),
      ),
    read: (request, live) => inTime(ReadingClient.read(client, request, live)),
    close: () => ReadingClient.close(client),
  };
}

/** Finding a leader among many servers comes before the call and its deadline, and may take long. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EventStoreUnavailable("EventStoreDB did not answer in time")), DEADLINE_MS + 500);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
