import { existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventStoreUnavailable, NO_STREAM } from "@grantline/event-store";
import { DataFolderInUse, DataFolderNewer } from "./errors.ts";
import { someEvents } from "./fixtures/some-events.ts";
import { openFolder } from "./fixtures/sqlite-place.ts";
import { createGroupCommit } from "./group-commit.ts";
import { openSqliteEventStore } from "./open.ts";
import { openForWriting } from "./schema.ts";
import { readReply, writeAppend } from "./wire.ts";
import type { AppendBatch } from "./wire.ts";

let folder: Awaited<ReturnType<typeof openFolder>>;
beforeEach(async () => {
  folder = await openFolder();
});
afterEach(() => folder.remove());

describe("the data folder", () => {
  it("of a newer release is refused in plain words and left alone", async () => {
    await (await openSqliteEventStore({ file: folder.file })).close();
    const db = new DatabaseSync(folder.file);
    db.exec("UPDATE meta SET value = 99 WHERE key = 'schema'");
    db.close();
    const opening = openSqliteEventStore({ file: folder.file });
    await expect(opening).rejects.toThrow(DataFolderNewer);
    await expect(opening).rejects.toThrow("was written by a newer Grantline (schema 99; this release knows up to 1)");
  });

  it("has one writer at a time", async () => {
    const store = await openSqliteEventStore({ file: folder.file });
    await expect(openSqliteEventStore({ file: folder.file })).rejects.toThrow(DataFolderInUse);
    await store.close();
    await (await openSqliteEventStore({ file: folder.file })).close();
  });

  it("that is not there is an error with its path", async () => {
    await expect(openSqliteEventStore({ file: "/nonexistent/events.db" })).rejects.toThrow("unable to open");
  });

  it("lets only its user use the socket, and takes the place of one left behind", async () => {
    for (let i = 0; i < 2; i++) {
      const store = await openSqliteEventStore({ file: folder.file, listen: folder.socket });
      expect(statSync(folder.socket).mode & 0o777).toBe(0o600);
      await store.close();
    }
    expect(existsSync(folder.socket)).toBe(false);
  });

  it("keeps its write-ahead log bounded", async () => {
    const store = await openSqliteEventStore({ file: folder.file });
    const data = { filler: "x".repeat(20_000) };
    for (let i = 0; i < 40; i++)
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => store.append(`s-${i}-${n}`, NO_STREAM, someEvents(`s-${i}-${n}`, 0, 1, data))),
      );
    expect(statSync(folder.file).size + statSync(`${folder.file}-wal`).size).toBeGreaterThan(40_000_000);
    expect(statSync(`${folder.file}-wal`).size).toBeLessThan(30_000_000);
    await store.close();
  });

  it("closed under a reader makes its reads unavailable", async () => {
    const store = await openSqliteEventStore({ file: folder.file });
    await store.close();
    await expect(store.readStream("thing-1")).rejects.toThrow(EventStoreUnavailable);
  });
});

describe("a full disk", () => {
  it("acknowledges nothing, keeps what was there, and works again when there is room", () => {
    const { db, release } = openForWriting(folder.file);
    const group = createGroupCommit(db);
    const append = (stream: string, data: object) => {
      const batch: AppendBatch = [];
      writeAppend(batch, stream, NO_STREAM, someEvents(stream, 0, 1, data));
      return readReply(group.commit([batch])[0]!, 0);
    };
    expect(append("thing-1", {})).toMatchObject({ kind: "appended", position: "1" });
    db.exec("PRAGMA max_page_count = 20");
    expect(append("thing-2", { filler: "x".repeat(500_000) })).toEqual({ kind: "failed", why: "database or disk is full" });
    expect(append("thing-3", {})).toMatchObject({ kind: "appended", position: "2" });
    db.exec("PRAGMA max_page_count = 1000000");
    expect(append("thing-2", { filler: "x".repeat(500_000) })).toMatchObject({ kind: "appended", position: "3", revision: 0 });
    release();
  });
});
