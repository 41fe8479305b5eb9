/**
 * Measures the PostgreSQL event store: durable appends/s by number of waiting callers, of one process and of two stores side by side, reads/s.
 * Needs a database that may be written to; migrates it.
 * Run: node --conditions=@grantline/source libs/event-store/postgres/bench/append.ts postgres://… [seconds a run]
 */
import { randomBytes } from "node:crypto";
import { chainHash, uuidV7 } from "@grantline/event-store";
import type { EventStore, SealedEvent } from "@grantline/event-store";
import { migratePostgres, openPostgresEventStore } from "@grantline/event-store-postgres";

const url = process.argv[2];
if (url === undefined) throw new Error("name the database: postgres://user@host:port/database");
const seconds = Number(process.argv[3] ?? 3);
const filler = "x".repeat(500);

function sealed(stream: string, revision: number, previous: string): SealedEvent {
  const id = uuidV7();
  const body = `{"id":"${id}","stream":"${stream}","revision":${revision},"type":"RefreshTokenRotated","version":1,"data":{"filler":"${filler}"}}`;
  return { id, stream, revision, type: "RefreshTokenRotated", body, hash: chainHash(previous, body) };
}

/** Each caller appends, waits for durability, appends again; every 4th append opens a new stream. */
async function appends(what: string, stores: readonly EventStore[], callers: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const caller = async (_: unknown, i: number) => {
    const store = stores[i % stores.length]!;
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
  const began = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: callers }, caller));
  report(`${what}, ${callers} callers`, latencies.length, (performance.now() - began) / 1000, cpu, latencies);
}

async function reads(store: EventStore): Promise<void> {
  const streams = [...new Set((await store.readAll("0", 20_000)).map((event) => event.stream))];
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const reader = async (_: unknown, offset: number) => {
    for (let i = 0; i < 250; i++) {
      const asked = performance.now();
      await store.readStream(streams[((i * 16 + offset) * 7919) % streams.length]!);
      latencies.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: 16 }, reader));
  report("readStream, 16 callers", latencies.length, (performance.now() - start) / 1000, cpu, latencies);
  const from = performance.now();
  let count = 0;
  let after = "0";
  for (let page = await store.readAll(after, 500); page.length > 0; page = await store.readAll(after, 500)) {
    after = page.at(-1)!.position;
    count += page.length;
  }
  report("readAll, in order", count, (performance.now() - from) / 1000);
}

function report(what: string, count: number, took: number, cpu?: NodeJS.CpuUsage, latencies: number[] = []): void {
  const used = cpu === undefined ? undefined : process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const p = (q: number) => latencies[Math.floor(latencies.length * q)]!.toFixed(2);
  const details = latencies.length === 0 ? "" : `  p50 ${p(0.5)} ms  p99 ${p(0.99)} ms`;
  const load = used === undefined ? "" : `  ${((used.user + used.system) / count).toFixed(1)} µs CPU each`;
  const rate = Math.round(count / took).toLocaleString("en");
  console.log(`${what.padEnd(32)} ${rate.padStart(9)}/s${details}${load}`);
}

await migratePostgres({ url });
const one = await openPostgresEventStore({ url });
const other = await openPostgresEventStore({ url });
for (const callers of [1, 32, 256]) await appends("appends", [one], callers);
await appends("appends, two stores", [one, other], 256);
await reads(one);
await Promise.all([one.close(), other.close()]);
