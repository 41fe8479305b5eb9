/*
 * P12. Real: the whole server on logs of two sizes; rows that SQLite handed to this thread, or that PostgreSQL read, and bytes that this process read from files and sockets, counted while it starts. Made: the events.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StatementSync } from "node:sqlite";
import { issuanceEvents } from "@grantline/domain/issuance";
import { sealEvents } from "@grantline/event-store";
import { keptBy, startTestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A data folder whose log holds so many issued tokens, once started on, so that its projections are caught up. */
async function folderWith(streams: number): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), "grantline-start-"));
  folders.push(dataDir);
  const store = await (await keptBy(dataDir)).openStore();
  const meta = { correlationId: "c", actor: { kind: "client", id: "machine" }, region: "local", service: "test" } as const;
  const data = {
    clientId: "machine",
    sub: "machine",
    entity: "service",
    grantType: "client_credentials",
    generations: { client: 0 },
    access: {
      jti: "j",
      hash: "h".repeat(43),
      format: "opaque",
      aud: "https://start.example/mcp",
      scope: ["read"],
      iat: 1_700_000_000,
      exp: 1_700_000_900,
    },
  };
  const appends = Array.from({ length: streams }, (_, index) => {
    const stream = `issuance-${String(index).padStart(8, "w")}-2023111422`;
    return store.append(
      stream,
      -1,
      sealEvents({
        stream,
        previousHash: "",
        revision: 0,
        events: Array.from({ length: 500 }, () => ({ type: "AccessTokenIssued", data })),
        definitions: issuanceEvents,
        meta,
        atMs: 1_700_000_000_000,
      }),
    );
  });
  await Promise.all(appends);
  await store.close();
  const server = await startTestPlatform({ dataDir });
  for (let tries = 0; tries < 10; tries++) await server.context.projector.caughtUp().catch(() => undefined); // waits 5 s each time
  await server.context.projector.caughtUp();
  await server.close({ keepData: true });
  return dataDir;
}

interface Effort {
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
}

async function effortOfStart(dataDir: string): Promise<Effort> {
  const { all, get } = StatementSync.prototype;
  let rows = 0;
  const kept = await keptBy(dataDir);
  const countedBefore = await kept.rowsRead();
  Object.assign(StatementSync.prototype, {
    all(this: StatementSync, ...values: Parameters<StatementSync["all"]>) {
      const result = all.apply(this, values);
      rows += result.length;
      return result;
    },
    get(this: StatementSync, ...values: Parameters<StatementSync["get"]>) {
      rows += 1;
      return get.apply(this, values);
    },
  });
  const [before, began] = [bytesRead(), performance.now()];
  try {
    const server = await startTestPlatform({ dataDir });
    await server.context.projector.caughtUp();
    expect((await fetch(`${server.origin}/health/ready`)).status).toBe(200);
    const effort = { bytes: bytesRead() - before, seconds: (performance.now() - began) / 1_000 };
    await server.close({ keepData: true });
    const counted = await kept.rowsRead();
    return { ...effort, rows: counted === undefined || countedBefore === undefined ? rows : counted - countedBefore };
  } finally {
    Object.assign(StatementSync.prototype, { all, get });
  }
}

/** By this process, its writer threads included. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

let small: Effort;
let large: Effort;

beforeAll(async () => {
  const [few, many] = [await folderWith(2), await folderWith(160)];
  const counter = (await keptBy(many)).rowsRead;
  if ((await counter()) !== undefined) {
    // a look at all of them is seen by the counter
    const before = await counter();
    await (await keptBy(many)).events();
    await vi.waitFor(async () => {
      if (((await counter()) as number) < (before as number) + 80_000) throw new Error("PostgreSQL does not count the rows it reads");
    }, 60_000);
  }
  await effortOfStart(few); // loads modules
  small = await effortOfStart(few);
  large = await effortOfStart(many);
  console.log(`start on 1,000 events: ${JSON.stringify(small)}; on 80,000: ${JSON.stringify(large)}`);
}, 400_000);

it("a start hands out as many rows from a log of 80,000 events as from one of 1,000 (P12)", () => {
  expect(large.rows).toBeLessThan(small.rows + 50);
  expect(large.rows).toBeLessThan(500);
});

it("a start reads no more of the files of a log 80 times as long than a fixed amount (P12)", () => {
  // The log is some 60 MB; what may differ is the write-ahead log, which is bounded, and a few pages of an index that is one level deeper.
  expect(large.bytes - small.bytes).toBeLessThan(20_000_000);
});
