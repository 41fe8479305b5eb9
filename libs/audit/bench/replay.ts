// Replays a log of a million events in every format and says how fast, and in how much memory. `node --conditions=@grantline/source libs/audit/bench/replay.ts [events]`
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { grantEvents } from "@grantline/domain/grant";
import { issuanceEvents } from "@grantline/domain/issuance";
import { sealEvents } from "@grantline/event-store";
import { openSqliteEventLog, openSqliteEventStore } from "@grantline/event-store-sqlite";
import { access, authorization, refresh } from "@grantline/domain/testing";
import { exportEvents } from "../src/export/export.ts";
import { FORMATS } from "../src/export/formats.ts";
import type { ReplayQuery } from "../src/replay/query.ts";
import { momentOf } from "../src/state/moment.ts";
import { foldState } from "../src/state/state-at.ts";

const EVENTS = Number(process.argv[2] ?? "1000000");
/** Of ten events: one authorization, one redemption, four rotations, four tokens of machines. */
const ROUND = 10;
const meta = {
  correlationId: "5b8c1e2a-0d4f-4a7e-9a51-1c2d3e4f5a6b",
  actor: { kind: "client", id: "app-1" },
  region: "eu1",
  service: "token-service",
} as const;

const dir = mkdtempSync(join(tmpdir(), "grantline-replay-bench-"));
try {
  const file = join(dir, "events.db");
  await (await openSqliteEventStore({ file })).close();
  fill(file);
  const { store } = openSqliteEventLog({ file });
  console.log(`${EVENTS} events, node ${process.version}`);
  for (const format of Object.values(FORMATS)) await measure(`all as ${format.id}`, format.id, {});
  const middle = EVENTS / ROUND / 2;
  const queries: readonly (readonly [string, ReplayQuery])[] = [
    ["one type of many", { types: ["GrantAuthorized"] }],
    ["one person", { subject: `subject-${middle}` }],
    ["one request", { correlationId: "no-such-request" }],
    ["one hour", { since: "2026-03-01T05:00:00.000Z", until: "2026-03-01T06:00:00.000Z" }],
  ];
  for (const [name, query] of queries) await measure(name, "jsonl", query);
  const started = performance.now();
  const state = await foldState(store, await momentOf(store, String(EVENTS)), { subject: `subject-${middle}` });
  console.log(`${"state of one person".padEnd(22)} ${seconds(started)} s, ${state.streams.grant.size} grants, rss ${rss()} MB`);
  await store.close();

  async function measure(name: string, format: keyof typeof FORMATS, query: ReplayQuery): Promise<void> {
    const begun = performance.now();
    const { pieces, manifest } = await exportEvents(store, query, FORMATS[format], { version: "bench" });
    let peak = 0;
    for await (const _piece of pieces) peak = Math.max(peak, process.memoryUsage.rss());
    const { count, files } = await manifest("bench");
    const rate = Math.round(EVENTS / ((performance.now() - begun) / 1_000));
    console.log(
      `${name.padEnd(22)} ${seconds(begun)} s, ${rate} events/s looked at, ${count} found, ${Math.round((files[0]?.bytes ?? 0) / 1e6)} MB, peak rss ${Math.round(peak / 1e6)} MB`,
    );
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1_000).toFixed(1);
}

function rss(): number {
  return Math.round(process.memoryUsage.rss() / 1e6);
}

/** Straight into the table: a million durable appends are another benchmark. */
function fill(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY");
  const insert = db.prepare(
    "INSERT INTO events (position, stream_id, revision, stream, id, type, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const name = db.prepare("INSERT INTO streams (name, id) VALUES (?, ?)");
  let [position, streamId] = [0, 0];
  db.exec("BEGIN");
  for (let round = 0; position < EVENTS; round += 1) {
    const atMs = Date.parse("2026-03-01T00:00:00Z") + round * ((86_400_000 * ROUND) / EVENTS);
    const rotations = [1, 2, 3, 4].map((n) => ({ type: "RefreshTokenRotated", data: { access: access(n), refresh: refresh(n) } }));
    const grant = [
      { type: "GrantAuthorized", data: authorization({ subject: `subject-${round}` }) },
      { type: "CodeRedeemed", data: { access: access(0), refresh: refresh(0) } },
      ...rotations,
    ];
    const issued = {
      type: "AccessTokenIssued",
      data: {
        clientId: "robot",
        sub: "robot",
        entity: "service",
        grantType: "client_credentials",
        access: access(0),
        generations: { client: 0 },
      },
    };
    for (const [stream, events, definitions] of [
      [`grant-g${round}`, grant, grantEvents],
      [`issuance-w${round}-2026030100`, [issued, issued, issued, issued], issuanceEvents],
    ] as const) {
      streamId += 1;
      name.run(stream, streamId);
      for (const sealed of sealEvents({ stream, previousHash: "", revision: 0, events, definitions, meta, atMs })) {
        position += 1;
        insert.run(position, streamId, sealed.revision, stream, sealed.id, sealed.type, sealed.hash, sealed.body);
      }
    }
  }
  db.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}
