// Real: PostgreSQL, its event store, the grower. Fake: the clock.
import { generateKeyPairSync } from "node:crypto";
import { sealEvents } from "@grantline/event-store";
import { migratePostgres, openPostgresEventStore } from "@grantline/event-store-postgres";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNoteSigner } from "../note/note.ts";
import { verifyStore } from "../verify/online.ts";
import { TreeMoved } from "./port.ts";
import { createSqlTreeStore, migrateSqlTreeStore, type Query } from "./sql-tree-store.ts";
import { createTreeGrower } from "./tree-grower.ts";

let postgres: TestPostgres;
let pool: Pool;
let query: Query;
let store: Awaited<ReturnType<typeof openPostgresEventStore>>;
const signer = createNoteSigner("test/eu1", generateKeyPairSync("ed25519").privateKey);
const quiet = { info: () => undefined, error: () => undefined };
const grower = () => createTreeGrower({ store, treeStore: createSqlTreeStore(query), signer, clock: { now: () => 0 }, log: quiet });

describe.skipIf(noPostgres)("needs PostgreSQL: the tree of a log there", () => {
  beforeAll(async () => {
    postgres = await startPostgres();
    const url = await postgres.createDatabase();
    await migratePostgres({ url });
    pool = new Pool({ connectionString: url, max: 3 });
    // a server that stops while a connection says goodbye tells it so
    pool.on("connect", (client) => client.on("error", () => undefined));
    // Stopping the server ends connections that are being closed just then
    pool.on("connect", (client) => client.on("error", () => undefined));
    query = (text, values) => pool.query(text, values);
    await migrateSqlTreeStore(query);
    await migrateSqlTreeStore(query); // a job may run twice
    store = await openPostgresEventStore({ url });
  });
  afterAll(async () => {
    await store.close();
    await pool.end();
    await postgres.stop();
  });

  const append = async (stream: string, count: number): Promise<void> => {
    const events = sealEvents({
      stream,
      previousHash: "",
      revision: 0,
      events: Array.from({ length: count }, () => ({ type: "ThingHappened", data: {} })),
      definitions: { ThingHappened: { version: 1, ignorable: false } },
      meta: { correlationId: "c", actor: { kind: "system", id: "t" }, region: "eu1", service: "test" },
      atMs: 0,
    });
    await store.append(stream, -1, events);
  };
  const verified = () =>
    verifyStore({ store, treeStore: createSqlTreeStore(query), region: "eu1", verifier: signer.verifier, contiguous: true });

  it("grows, is signed and verified, and another process goes on where one stopped", async () => {
    await append("grant-a", 400);
    await grower().catchUp();
    await append("grant-b", 300);
    await grower().catchUp();
    expect(await verified()).toMatchObject({ kind: "intact", events: 700, leaves: 700, tail: 0 });
  });

  it("is not moved by a process whose tree is an old one, nor is a newer checkpoint replaced by an older", async () => {
    const [one, other] = [grower(), grower()];
    await one.catchUp();
    await other.catchUp();
    const before = await createSqlTreeStore(query).checkpoint();
    await append("grant-c", 10);
    await one.catchUp();
    await expect(other.catchUp()).rejects.toThrow(TreeMoved);
    await createSqlTreeStore(query).putCheckpoint(before ?? "");
    expect(await createSqlTreeStore(query).checkpoint()).toContain("\n710\n");
    expect(await verified()).toMatchObject({ kind: "intact", leaves: 710 });
  });

  it("names the position of an event altered by whoever may write to the tables", async () => {
    await pool.query(`UPDATE grantline.events SET body = replace(body, 'ThingHappened', 'ThingHoppened') WHERE position = 123`);
    expect(await verified()).toMatchObject({ kind: "broken", position: "123", why: "hash-mismatch" });
  });
});
