// Real: the command line in this process, SQLite, the tree in the data folder, keys, exported checkpoints. Made: the log's events.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createFolderTreeStore, startAudit } from "@grantline/audit";
import { segmentsDecider } from "@grantline/domain/segments";
import { createStreamRuntime, sealEvents } from "@grantline/event-store";
import { openSqliteEventStore } from "@grantline/event-store-sqlite";
import { openKeyFolder } from "@grantline/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandFailed, explain } from "../failure.ts";
import { createProgram } from "../program.ts";

const KEK = Buffer.alloc(32, 9);
const dir = mkdtempSync(join(tmpdir(), "grantline-verify-"));
const data = join(dir, "data");
const offTheBox = join(dir, "off-the-box");
const NOON = Date.parse("2026-03-05T12:00:00Z") / 1_000;

beforeAll(async () => {
  const clock = { at: NOON, now: () => clock.at };
  const keys = await openKeyFolder({ dir: join(data, "keys"), kek: { key: KEK }, clock });
  const store = await openSqliteEventStore({ file: join(data, "events.db") });
  const runtime = createStreamRuntime({ store, clock, region: "local", service: "test" });
  const audit = await startAudit({
    store,
    treeStore: createFolderTreeStore(join(data, "audit")),
    vault: keys.vault,
    segments: runtime.repository(segmentsDecider),
    region: "local",
    issuer: "http://localhost:8080/oauth",
    clock,
    log: { info: () => undefined, error: (_fields, message) => expect.unreachable(message) },
    checkpointDir: offTheBox,
    authorize: async () => undefined,
  });
  const append = (stream: string, count: number) => {
    const events = Array.from({ length: count }, (_, n) => ({ type: "ThingHappened", data: { n } }));
    const meta = { correlationId: "c", actor: { kind: "system", id: "t" }, region: "local", service: "test" } as const;
    const definitions = { ThingHappened: { version: 1, ignorable: false } };
    return store.append(
      stream,
      -1,
      sealEvents({ stream, previousHash: "", revision: 0, events, definitions, meta, atMs: clock.at * 1_000 }),
    );
  };
  await append("grant-a", 80);
  await append("security-w-20260305", 20);
  await audit.grower?.catchUp();
  clock.at += 86_400;
  await append("grant-b", 50);
  await audit.grower?.catchUp();
  await audit.grower?.catchUp();
  await audit.close();
  await append("grant-tail", 3);
  await store.close();
  await keys.close();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const grantline = (args: readonly string[], dataDir = data, env: Readonly<Record<string, string>> = {}) =>
  run(["audit", ...args], dataDir, env);
const events = (args: readonly string[]) => run(["events", ...args], data, {});

/** In this process: a new one takes seconds to start on a busy machine, and audit.int.spec.ts starts some. */
async function run(
  args: readonly string[],
  dataDir: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  let [out, error] = ["", ""];
  const terminal = {
    env: { GRANTLINE_DATA_DIR: dataDir, GRANTLINE_KEK: KEK.toString("base64"), ...env },
    cwd: dir,
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
  };
  const code = await createProgram(terminal)
    .parseAsync(args, { from: "user" })
    .then(
      () => 0,
      (thrown: unknown) => {
        error += explain(thrown).join("\n");
        return thrown instanceof CommandFailed ? thrown.exitCode : 2;
      },
    );
  return { code, out, error };
}

/** A copy of the data folder that somebody changed. */
function tampered(sql: string): string {
  const copy = mkdtempSync(join(dir, "tampered-"));
  cpSync(data, copy, { recursive: true });
  const db = new DatabaseSync(join(copy, "events.db"));
  db.exec(sql);
  db.close();
  return copy;
}

describe("grantline audit verify", () => {
  it("says that the log is intact, how far checkpoints reach, and which tail they do not cover", async () => {
    const { code, out, error } = await grantline(["verify", "--checkpoints", offTheBox]);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(
      /^intact: 155 events in 5 streams, \d+ events\/s\ncovered: up to position 152 \(152 leaves\), held against \d checkpoints?\nnot covered yet: 3 events after position 152/,
    );
  });

  it("warns when the key comes from the log itself, and takes one from elsewhere", async () => {
    const own = await grantline(["verify", "--json"]);
    expect([own.code, own.error]).toEqual([0, expect.stringContaining("verifier key was taken from the log itself")]);
    expect(JSON.parse(own.out)).toMatchObject({ intact: true, events: 155, leaves: 152, tail: 3 });
    const given = await grantline(["verify", "--key", join(offTheBox, "checkpoint.vkey")]);
    expect([given.code, given.error]).toEqual([0, ""]);
    expect(await grantline(["verify", "--key", "nonsense"])).toMatchObject({
      code: 2,
      error: expect.stringContaining("--key: this is no verifier key"),
    });
  });

  it("names the position of what was altered, removed or cut off", async () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        "UPDATE events SET body = replace(body, '\"n\":41', '\"n\":42') WHERE position = 43",
        /position 43 \(grant-a, revision 41\): hash-mismatch/,
      ],
      ["DELETE FROM events WHERE position = 60", /position 60 \(grant-a, revision 58\): removed/],
      ["DELETE FROM events WHERE position > 140", /position 141 \(grant-b, revision 39\): cut-off/],
      [
        "UPDATE events SET position = 999 WHERE position = 10; UPDATE events SET position = 10 WHERE position = 11; UPDATE events SET position = 11 WHERE position = 999",
        /position 10 /,
      ],
    ];
    for (const [sql, line] of cases) {
      const { code, error } = await grantline(["verify", "--checkpoints", offTheBox], tampered(sql));
      expect([sql, code, error]).toEqual([sql, 1, expect.stringMatching(line)]);
    }
  });

  it("does without the tree's files, and still sees by the checkpoints off the box that the tail was cut off", async () => {
    const copy = tampered("DELETE FROM events WHERE position > 140");
    rmSync(join(copy, "audit"), { recursive: true });
    expect(await grantline(["verify", "--checkpoints", offTheBox], copy)).toMatchObject({
      code: 1,
      error: expect.stringContaining("cut-off"),
    });
  });
});

describe("grantline audit archive", () => {
  it("writes what is verified without the server, whole or a day, and notices a change", async () => {
    const whole = join(dir, "archive");
    expect(await grantline(["archive", "--to", whole])).toMatchObject({
      code: 0,
      out: `archived: 152 events, positions 1 to 152, leaves 0 to 151, in ${whole}\n`,
    });
    const key = join(offTheBox, "checkpoint.vkey");
    expect(await grantline(["verify", "--archive", whole, "--key", key], "/nowhere")).toMatchObject({
      code: 0,
      out: expect.stringContaining("intact: 152 events"),
    });
    const day = join(dir, "archive-day");
    expect((await grantline(["archive", "--to", day, "--from", "2026-03-05", "--until", "2026-03-05"])).code).toBe(0);
    expect(await grantline(["verify", "--archive", day, "--checkpoints", offTheBox])).toMatchObject({
      code: 0,
      out: expect.stringContaining("intact: 101 events"),
    });
    writeFileSync(join(day, "events-000001.jsonl"), "");
    expect(await grantline(["verify", "--archive", day, "--key", key])).toMatchObject({
      code: 1,
      error: expect.stringContaining("position 1"),
    });
    expect(await grantline(["archive", "--to", whole])).toMatchObject({ code: 2, error: expect.stringContaining("is not empty") });
  });
});

describe("grantline audit hold", () => {
  it("places, lists and lifts, and shows which days are held", async () => {
    const placed = await grantline(["hold", "place", "--from", "2026-03-01", "--until", "2026-03-31", "--reason", "case 7"]);
    expect([placed.code, placed.error]).toEqual([0, ""]);
    const id = placed.out.trim();
    expect((await grantline(["hold", "ls"])).out).toBe(`${id}  2026-03-01 to 2026-03-31  case 7\n`);
    expect((await grantline(["days"])).out).toMatch(/^2026-03-05 {8}101 events {2}held /);
    expect((await grantline(["hold", "lift", id, "--reason", "closed"])).code).toBe(0);
    expect((await grantline(["hold", "ls", "--json"])).out).toBe("[]\n");
    expect(await grantline(["hold", "lift", id, "--reason", "again"])).toMatchObject({
      code: 1,
      error: expect.stringContaining("hold-unknown"),
    });
    expect((await grantline(["verify", "--checkpoints", offTheBox])).code).toBe(0);
  });
});

describe("grantline audit drop", () => {
  const kept = { GRANTLINE_AUDIT_RETENTION: "1d" };

  it("lets the store forget what is over of archived days past their retention, and the log still verifies", async () => {
    const archive = join(dir, "archive-to-drop");
    expect((await grantline(["archive", "--to", archive, "--from", "2026-03-05", "--until", "2026-03-05"])).code).toBe(0);
    expect(await grantline(["drop", "--archive", archive])).toMatchObject({ code: 0, out: "gone: 0 events in 0 streams\n" });
    const dry = await grantline(["drop", "--archive", archive, "--dry-run"], data, kept);
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringContaining("2026-03-05  20 events would go, 81 stay with streams that live\n") as string,
    });
    const gone = await grantline(["drop", "--archive", archive], data, kept);
    expect(gone).toMatchObject({ code: 0, error: "", out: expect.stringContaining("gone: 20 events in 1 streams\n") as string });
    const verified = await grantline(["verify", "--checkpoints", offTheBox]);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining("dropped: 20 events") as string });
    expect((await grantline(["days"])).out).toMatch(/^2026-03-05 {8}101 events {2}dropped /);
    expect(await grantline(["drop", "--archive", join(dir, "nowhere")])).toMatchObject({ code: 2 });
    expect(await events(["verify"])).toMatchObject({ code: 0, out: expect.stringContaining("were dropped") as string });
  });
});
