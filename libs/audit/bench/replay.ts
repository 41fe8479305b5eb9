// Replays a log of a million events in every format, each in a process of its own, and says how fast and in how much memory.
// `node --conditions=@grantline/source libs/audit/bench/replay.ts [events [job]]`
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { grantEvents } from "@grantline/domain/grant";
import { issuanceEvents } from "@grantline/domain/issuance";
import { access, authorization, refresh } from "@grantline/domain/testing";
import { sealEvents, type EventStore } from "@grantline/event-store";
import { openSqliteEventLog, openSqliteEventStore } from "@grantline/event-store-sqlite";
import { exportEvents } from "../src/export/export.ts";
import type { FormatId } from "../src/export/format.ts";
import { FORMATS, formatOf } from "../src/export/formats.ts";
import type { ReplayQuery } from "../src/replay/query.ts";
import { momentOf } from "../src/state/moment.ts";
import { foldState } from "../src/state/state-at.ts";
import { pagesOf } from "../src/verify/online.ts";
import { AuditWalk } from "../src/verify/audit-walk.ts";
import { createNoteSigner } from "../src/note/note.ts";
import { generateKeyPairSync } from "node:crypto";

const [events = "1000000", job, file] = process.argv.slice(2);
const only = file === undefined ? job : undefined;
const EVENTS = Number(events);
/** Of ten events: one authorization, one redemption, four rotations, four tokens of machines. */
const ROUND = 10;
const MIDDLE = Math.floor(EVENTS / ROUND / 2);
const meta = {
  correlationId: "5b8c1e2a-0d4f-4a7e-9a51-1c2d3e4f5a6b",
  actor: { kind: "client", id: "app-1" },
  region: "eu1",
  service: "token-service",
} as const;

const QUERIES: Readonly<Record<string, ReplayQuery>> = {
  "one type of many": { types: ["GrantAuthorized"] },
  "one person": { subject: `subject-${MIDDLE}` },
  "one request": { correlationId: "no-such-request" },
  "one hour": { since: "2026-03-01T05:00:00.000Z", until: "2026-03-01T06:00:00.000Z" },
};

if (job === undefined || file === undefined) await all();
else await alone(job, openSqliteEventLog({ file }).store);

/** Every measurement in a fresh process: what one leaves behind is not the next one's. */
async function all(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "grantline-replay-bench-"));
  try {
    const log = join(dir, "events.db");
    await (await openSqliteEventStore({ file: log })).close();
    fill(log);
    console.log(`${EVENTS} events, node ${process.version}`);
    const jobs = [...Object.keys(FORMATS), ...Object.keys(QUERIES), "state of one person", "verify"];
    for (const name of jobs.filter((one) => only === undefined || one === only)) {
      const run = ["--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", import.meta.filename, events, name, log];
      process.stdout.write(execFileSync(process.execPath, run, { encoding: "utf8" }));
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function alone(name: string, store: EventStore): Promise<void> {
  const begun = performance.now();
  const before = process.cpuUsage();
  const memory = watchMemory();
  const done = await measured(name, store, memory.look);
  const seconds = (performance.now() - begun) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const perCore = Math.round((EVENTS / (user + system)) * 1e6);
  console.log(`${name.padEnd(20)} ${seconds.toFixed(1)} s, ${perCore} events a second of CPU, ${done}, ${memory.told()}`);
  await store.close();
}

async function measured(name: string, store: EventStore, look: (share: number) => void): Promise<string> {
  if (name === "verify") return verify(store, look);
  if (name === "state of one person") {
    const state = await foldState(store, await momentOf(store, String(EVENTS)), { subject: `subject-${MIDDLE}` });
    return `${state.streams.grant.size} grants`;
  }
  const format = Object.hasOwn(FORMATS, name) ? formatOf(name as FormatId) : FORMATS.jsonl;
  const { pieces, manifest } = await exportEvents(store, QUERIES[name] ?? {}, format, {
    version: "bench",
    onProgress: ({ position }) => look(Number(position) / EVENTS),
  });
  for await (const _piece of pieces) continue;
  const { count, files } = await manifest("bench");
  return `${count} found, ${Math.round((files[0]?.bytes ?? 0) / 1e6)} MB`;
}

/** What `audit verify` does of a log without a stored tree: chains, leaves, root. */
async function verify(store: EventStore, look: (share: number) => void): Promise<string> {
  const { verifier } = createNoteSigner("bench", generateKeyPairSync("ed25519").privateKey);
  const walk = new AuditWalk({ pages: [], checkpoints: [], verifier }, []);
  let taken = 0;
  for await (const page of pagesOf(store)) {
    for (const event of page) if (walk.step(event) !== "fine") throw new Error("the log is broken");
    look((taken += page.length) / EVENTS);
  }
  return (await walk.finish()).kind;
}

/** Memory after a tenth of the log, and the most there ever was: flat where the two are near. */
function watchMemory() {
  let early = 0;
  return {
    look: (share: number) => {
      if (early === 0 && share >= 0.1) early = process.resourceUsage().maxRSS;
    },
    told: () => `most memory ${Math.round(process.resourceUsage().maxRSS / 1_024)} MB (after a tenth ${Math.round(early / 1_024)} MB)`,
  };
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
