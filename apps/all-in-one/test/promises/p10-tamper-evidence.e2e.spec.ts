/*
 * P10, the hash of each stream. Real: the SQLite event store, the file changed behind its back with SQL, the built command line. Made: the events.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sealEvents, verifyLog, chainHash, type LogVerification } from "@grantline/event-store";
import { openSqliteEventLog, openSqliteEventStore } from "@grantline/event-store-sqlite";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grantline } from "../support/cli.ts";

const STREAMS = ["grant-a", "grant-b", "client-c", "subject-d", "issuance-e"];
const EACH = 8;
const TOTAL = STREAMS.length * EACH;
const folder = mkdtempSync(join(tmpdir(), "grantline-tamper-"));
const original = join(folder, "original.db");
const file = join(folder, "events.db");

beforeAll(async () => {
  const store = await openSqliteEventStore({ file: original });
  const meta = { correlationId: "c", actor: { kind: "system", id: "test" }, region: "local", service: "test" } as const;
  const heads = new Map<string, string>();
  for (let revision = 0; revision < EACH; revision++) {
    for (const stream of STREAMS) {
      const events = sealEvents({
        stream,
        previousHash: heads.get(stream) ?? "",
        revision,
        events: [{ type: "Happened", data: { n: revision, text: `what happened in ${stream}` } }],
        definitions: { Happened: { version: 1, ignorable: false } },
        meta,
        atMs: 1_800_000_000_000 + revision,
      });
      await store.append(stream, revision - 1, events);
      heads.set(stream, events[0]?.hash as string);
    }
  }
  await store.close();
  const db = new DatabaseSync(original);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Positions go round the streams: event `revision` of stream `index`. */
const positionOf = (index: number, revision: number): number => revision * STREAMS.length + index + 1;

/** Changes a fresh copy of the log by SQL and judges it. */
async function tamperedBy(change: (db: DatabaseSync) => void): Promise<LogVerification & { readonly gap?: string }> {
  for (const ending of ["-wal", "-shm"]) rmSync(`${file}${ending}`, { force: true });
  copyFileSync(original, file);
  const db = new DatabaseSync(file);
  change(db);
  db.close();
  const log = openSqliteEventLog({ file });
  try {
    const gap = log.firstGap();
    return { ...verifyLog(log.inStreamOrder()), ...(gap === undefined ? {} : { gap }) };
  } finally {
    await log.store.close();
  }
}

const place = fc.record({ index: fc.nat(STREAMS.length - 1), revision: fc.nat(EACH - 1) });
const notLast = place.filter(({ index, revision }) => positionOf(index, revision) < TOTAL);
const followed = place.filter(({ revision }) => revision < EACH - 1);
const runs = { numRuns: 40 };

describe("tamper evidence (P10)", () => {
  it("a log as it was written is intact", async () => {
    expect(await tamperedBy(() => undefined)).toEqual({ kind: "intact", events: TOTAL, streams: STREAMS.length });
  });

  it("any character changed in any column is found, and its position named", async () => {
    await fc.assert(
      fc.asyncProperty(
        place,
        fc.constantFrom("body", "hash", "id", "type", "stream"),
        fc.nat(10_000),
        async ({ index, revision }, column, seed) => {
          const position = positionOf(index, revision);
          const verification = await tamperedBy((db) => {
            const text = String(db.prepare(`SELECT ${column} AS text FROM events WHERE position = ?`).get(position)?.["text"]);
            const at = seed % text.length;
            const other = text[at] === "x" ? "y" : "x";
            db.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(text.slice(0, at) + other + text.slice(at + 1), position);
          });
          expect(verification).toMatchObject({ kind: "broken", position: String(position) });
        },
      ),
      runs,
    );
  });

  it("a body changed together with its own hash is found at the next event of its stream", async () => {
    await fc.assert(
      fc.asyncProperty(followed, async ({ index, revision }) => {
        const position = positionOf(index, revision);
        const verification = await tamperedBy((db) => {
          const before = db
            .prepare("SELECT hash FROM events WHERE stream = ? AND revision = ?")
            .get(STREAMS[index] as string, revision - 1);
          const body = String(db.prepare("SELECT body FROM events WHERE position = ?").get(position)?.["body"]).replace('"n":', '"n":1');
          db.prepare("UPDATE events SET body = ?, hash = ? WHERE position = ?").run(
            body,
            chainHash(String(before?.["hash"] ?? ""), body),
            position,
          );
        });
        expect(verification).toMatchObject({ kind: "broken", position: String(positionOf(index, revision + 1)), why: "hash-mismatch" });
      }),
      runs,
    );
  });

  it("a removed event is found by the hole it leaves, also when the positions after it are closed up", async () => {
    await fc.assert(
      fc.asyncProperty(notLast, fc.boolean(), async ({ index, revision }, closeUp) => {
        const position = positionOf(index, revision);
        const verification = await tamperedBy((db) => {
          db.prepare("DELETE FROM events WHERE position = ?").run(position);
          if (closeUp)
            for (let next = position + 1; next <= TOTAL; next++)
              db.prepare("UPDATE events SET position = ? WHERE position = ?").run(next - 1, next);
        });
        if (!closeUp) expect(verification.gap).toBe(String(position));
        // The last event of a stream, its hole closed up, is the tail that only a signed checkpoint covers.
        else if (revision < EACH - 1)
          expect(verification).toMatchObject({
            kind: "broken",
            why: "revision-gap",
            position: String(positionOf(index, revision + 1) - 1),
          });
      }),
      runs,
    );
  });

  it("an inserted event is found, however well it is made", async () => {
    await fc.assert(
      fc.asyncProperty(followed, async ({ index, revision }) => {
        const stream = STREAMS[index] as string;
        const at = positionOf(index, revision) + 1;
        const verification = await tamperedBy((db) => {
          for (let next = TOTAL; next >= at; next--) db.prepare("UPDATE events SET position = ? WHERE position = ?").run(next + 1, next);
          for (let next = EACH - 1; next > revision; next--)
            db.prepare("UPDATE events SET revision = ? WHERE stream = ? AND revision = ?").run(next + 1, stream, next);
          const before = db.prepare("SELECT * FROM events WHERE stream = ? AND revision = ?").get(stream, revision) as Record<
            string,
            string | number
          >;
          const body = String(before["body"]).replace(`"revision":${revision},`, `"revision":${revision + 1},`);
          db.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)").run(
            at,
            before["stream_id"] as number,
            revision + 1,
            stream,
            before["id"] as string,
            before["type"] as string,
            chainHash(String(before["hash"]), body),
            body,
          );
        });
        expect(verification).toMatchObject({ kind: "broken", position: String(positionOf(index, revision + 1) + 1) });
      }),
      runs,
    );
  });

  it("two events of a stream that changed places are found, in what they say or where they stand", async () => {
    await fc.assert(
      fc.asyncProperty(followed, fc.boolean(), async ({ index, revision }, contents) => {
        const [first, second] = [positionOf(index, revision), positionOf(index, revision + 1)];
        const verification = await tamperedBy((db) => {
          const move = db.prepare("UPDATE events SET position = ? WHERE position = ?");
          for (const [to, from] of [
            [-1, first],
            [first, second],
            [second, -1],
          ] as const)
            move.run(to, from);
          if (!contents) return;
          const renumber = db.prepare("UPDATE events SET revision = ? WHERE position = ?");
          for (const [to, at] of [
            [-1, first],
            [revision + 1, second],
            [revision, first],
          ] as const)
            renumber.run(to, at);
        });
        expect(verification).toMatchObject({ kind: "broken", position: String(first) });
      }),
      runs,
    );
  });

  it("a stream hidden from its readers is found", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(STREAMS.length - 1), fc.boolean(), async (index, renamed) => {
        const name = STREAMS[index] as string;
        const verification = await tamperedBy(
          (db) =>
            void (renamed
              ? db.prepare("UPDATE streams SET name = 'grant-z' WHERE name = ?").run(name)
              : db.prepare("DELETE FROM streams WHERE name = ?").run(name)),
        );
        expect(verification).toMatchObject({ kind: "broken", position: String(positionOf(index, 0)), why: "not-findable" });
      }),
      { numRuns: 10 },
    );
  });

  it("the command line says so, names the position, and ends with 1; for an intact log with 0", async () => {
    const verify = (): ReturnType<typeof grantline> => grantline(["events", "verify"], { GRANTLINE_DATA_DIR: folder });
    await tamperedBy(() => undefined);
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining(`intact: ${TOTAL} events in ${STREAMS.length} streams`) });
    await tamperedBy((db) => void db.exec("UPDATE events SET body = replace(body, 'happened', 'HAPPENED') WHERE position = 17"));
    expect(await verify()).toMatchObject({
      code: 1,
      error: expect.stringContaining("the log is broken at position 17 (grant-b, revision 3): hash-mismatch"),
    });
    await tamperedBy((db) => void db.exec("DELETE FROM events WHERE position = 3"));
    expect(await verify()).toMatchObject({ code: 1, error: expect.stringContaining("the log is broken at position 3: position-gap") });
  });
});
