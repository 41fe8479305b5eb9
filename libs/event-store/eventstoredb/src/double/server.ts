import streamsGrpc from "@eventstore/db-client/generated/streams_grpc_pb.js";
import { Metadata, Server, ServerCredentials, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { appendHandler, type Mishaps } from "./append.ts";
import { createDoubleLog, type DoubleLog } from "./log.ts";
import { readHandler } from "./read.ts";

/**
 * A double of EventStoreDB: not a server, and no proof that the real one behaves so. It speaks the real protocol over real gRPC (Append, Read in all its
 * forms) on a log in memory, so that the client, its requests and our handling of its answers are what is tested.
 */
export interface EventStoreDbDouble {
  readonly connectionString: string;
  readonly log: DoubleLog;
  readonly mishaps: Mishaps;
  /** Breaks every connection and stops listening. */
  down(): Promise<void>;
  /** Listens again on the same port with the same log. */
  up(): Promise<void>;
}

export async function startDouble(): Promise<EventStoreDbDouble> {
  const log = createDoubleLog();
  const mishaps: Mishaps = { loseAnswers: 0, silent: 0, notLeader: 0 };
  let { server, port } = await listen(log, mishaps, 0);
  return {
    connectionString: `esdb://127.0.0.1:${port}?tls=false`,
    log,
    mishaps,
    down: async () => server.forceShutdown(),
    up: async () => {
      ({ server, port } = await listen(log, mishaps, port));
    },
  };
}

async function listen(log: DoubleLog, mishaps: Mishaps, port: number): Promise<{ server: Server; port: number }> {
  const server = new Server({ "grpc.max_receive_message_length": 17 << 20 });
  const unimplemented: UntypedServiceImplementation[string] = (_call: unknown, answer: (error: object) => void) =>
    answer({ code: status.UNIMPLEMENTED, details: "the double does not do this", metadata: new Metadata() });
  server.addService(streamsGrpc.StreamsService, {
    read: readHandler(log),
    append: appendHandler(log, mishaps),
    batchAppend: unimplemented,
    delete: unimplemented,
    tombstone: unimplemented,
  } as UntypedServiceImplementation);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  return { server, port: bound };
}
