/**
 * Latency of durable appends at a steady rate (not as fast as possible), where checkpoints of the log show.
 * Run: node --conditions=@grantline/source libs/event-store/sqlite/bench/steady.ts [appends/s] [seconds]
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chainHash, uuidV7 } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";

const rate = Number(process.argv[2] ?? 2_000);
const seconds = Number(process.argv[3] ?? 20);
const dir = mkdtempSync(join(process.cwd(), ".bench-"));
const filler = "x".repeat(500);

try {
  const file = join(dir, "events.db");
  const store = await openSqliteEventStore({ file });
  const latencies: number[] = [];
  const running: Promise<unknown>[] = [];
  const start = performance.now();
  let sent = 0;
  while (performance.now() - start < seconds * 1000) {
    for (const due = ((performance.now() - start) / 1000) * rate; sent < due; sent++) {
      const id = uuidV7();
      const stream = `grant-${randomBytes(16).toString("hex")}`;
      const body = `{"id":"${id}","data":"${filler}"}`;
      const began = performance.now();
      running.push(
        store
          .append(stream, -1, [{ id, stream, revision: 0, type: "GrantAuthorized", body, hash: chainHash("", body) }])
          .then(() => latencies.push(performance.now() - began)),
      );
    }
    await pause(0.5);
  }
  await Promise.all(running);
  latencies.sort((a, b) => a - b);
  const p = (q: number) => `p${q * 100} ${latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))]!.toFixed(1)} ms`;
  console.log(
    `${sent} appends at ${rate}/s: ${[0.5, 0.95, 0.99, 0.999, 1].map(p).join("  ")}  log ${Math.round(statSync(`${file}-wal`).size / 1e6)} MB`,
  );
  await store.close();
} finally {
  rmSync(dir, { recursive: true });
}
