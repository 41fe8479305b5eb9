import { randomUUID } from "node:crypto";
import { runEventStoreContract, type StorePlace } from "@grantline/event-store/contract";
import { describe } from "vitest";
import { startDouble } from "./double/server.ts";
import { openEventStoreDb } from "./open.ts";

// Real: the official client, gRPC, protocol buffers. A double: the server. It proves our use of the protocol, not the server's behaviour.
runEventStoreContract("a double of EventStoreDB", async (): Promise<StorePlace> => {
  const { connectionString, down } = await startDouble();
  const open = () => openEventStoreDb({ connectionString });
  return { open, openPeer: open, remove: down };
});

const url = process.env["GRANTLINE_TEST_EVENTSTORE_URL"];

// Real: everything. Each test has a prefix of its own on the one server. It must allow appends of 4 MiB (--max-append-size).
describe.skipIf(url === undefined)("needs EventStoreDB (GRANTLINE_TEST_EVENTSTORE_URL): the real server", () => {
  runEventStoreContract("EventStoreDB", async (): Promise<StorePlace> => {
    const streamPrefix = `test-${randomUUID()}-`;
    const open = () => openEventStoreDb({ connectionString: url ?? "", streamPrefix });
    return { open, openPeer: open, remove: async () => undefined };
  });
});
