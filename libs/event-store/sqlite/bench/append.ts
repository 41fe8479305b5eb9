/**
 * Measures the embedded event store on this machine: durable appends/s by number of waiting callers, tokens/s through the
 * issuance writer, reads/s. Run: node --conditions=@grantline/source libs/event-store/sqlite/bench/append.ts [seconds a run]
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { chainHash, createIssuanceWriter, uuidV7 } from "@grantline/event-store";
import type { EventStore, SealedEvent } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";

const seconds = Number(process.argv[2] ?? 3);
// Not the temporary folder, which is often memory: fsync must be real.
const dir = mkdtempSync(join(process.cwd(), ".bench-"));
const filler = "x".repeat(500);

function sealed(stream: string, revision: number, previous: string): SealedEvent {
  const id = uuidV7();
  const body = `{"id":"${id}","stream":"${stream}","revision":${revision},"type":"RefreshTokenRotated","version":1,"data":{"filler":"${filler}"}}`;
  return { id, stream, revision, type: "RefreshTokenRotated", body, hash: chainHash(previous, body) };
}

/** Each caller appends, waits for durability, appends again; every 4th append opens a new stream. */
async function appends(store: EventStore, callers: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const caller = async () => {
    while (performance.now() < end) {
      const stream = `grant-${randomBytes(16).toString("hex")}`;
      let hash = "";
      for (let revision = 0; revision < 4; revision++) {
        const event = sealed(stream, revision, hash);
        const start = performance.now();
        const result = await store.append(stream, revision - 1, [event]);
        latencies.push(performance.now() - start);
        if (result.kind !== "appended") throw new Error("a lone caller met a conflict");
        hash = event.hash;
      }
    }
  };
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: callers }, caller));
  report(`appends, ${callers} callers`, latencies.length, seconds, cpu, latencies);
}

async function tokens(store: EventStore, callers: number): Promise<void> {
  const issuance = createIssuanceWriter({
    store,
    clock: { now: () => Math.floor(Date.now() / 1000) },
    random: { hex: (n) => randomBytes(n).toString("hex") },
    region: "eu1",
    service: "bench",
  });
  const meta = { correlationId: "bench", actor: { kind: "client", id: "c1" } } as const;
  const access = {
    jti: "j",
    hash: "h".repeat(43),
    format: "jwt",
    aud: "https://mcp.example/mcp",
    scope: ["a", "b"],
    iat: 1,
    exp: 901,
  } as const;
  const end = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const caller = async () => {
    while (performance.now() < end) {
      const start = performance.now();
      await issuance.issue(
        (locator) => ({
          event: {
            type: "AccessTokenIssued",
            data: {
              clientId: "c1",
              sub: "c1",
              entity: "service",
              grantType: "client_credentials",
              access: { ...access, jti: locator },
              generations: { client: 0 },
            },
          },
          result: locator,
        }),
        meta,
      );
      latencies.push(performance.now() - start);
    }
  };
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: callers }, caller));
  report(`tokens, ${callers} callers`, latencies.length, seconds, cpu, latencies);
}

async function reads(store: EventStore): Promise<void> {
  const all = await store.readAll("0", 50_000);
  const streams = [...new Set(all.map((event) => event.stream))].filter((name) => name.startsWith("grant-"));
  const start = performance.now();
  for (let i = 0; i < 50_000; i++) await store.readLast(streams[(i * 7919) % streams.length]!);
  report("readLast, random streams", 50_000, (performance.now() - start) / 1000);
  const from = performance.now();
  let after = "0";
  let count = 0;
  for (let page = await store.readAll(after, 500); page.length > 0; page = await store.readAll(after, 500)) {
    after = page.at(-1)!.position;
    count += page.length;
    await nextTurn();
  }
  report("readAll, in order", count, (performance.now() - from) / 1000);
}

function report(what: string, count: number, took: number, cpu?: NodeJS.CpuUsage, latencies: number[] = []): void {
  const used = cpu === undefined ? undefined : process.cpuUsage(cpu);
  const p = (q: number) => latencies.sort((a, b) => a - b)[Math.floor(latencies.length * q)]!.toFixed(2);
  const details = latencies.length === 0 ? "" : `  p50 ${p(0.5)} ms  p99 ${p(0.99)} ms`;
  const load = used === undefined ? "" : `  ${((used.user + used.system) / count).toFixed(1)} µs CPU each`;
  console.log(
    `${what.padEnd(28)} ${Math.round(count / took)
      .toLocaleString("en")
      .padStart(9)}/s${details}${load}`,
  );
}

try {
  const store = await openSqliteEventStore({ file: join(dir, "events.db") });
  for (const callers of [1, 32, 256]) await appends(store, callers);
  for (const callers of [32, 256]) await tokens(store, callers);
  await reads(store);
  console.log(`resident memory ${Math.round(process.memoryUsage.rss() / 1e6)} MB`);
  await store.close();
} finally {
  rmSync(dir, { recursive: true });
}
