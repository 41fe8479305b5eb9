// Real: SQLite event store, every event type there is, hyparquet and the CloudEvents SDK as readers. Fake: nothing.
import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import { CloudEvent } from "cloudevents";
import { parquetReadObjects, parquetMetadataAsync } from "hyparquet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { catalogue } from "@grantline/domain/catalogue";
import { chainHash } from "@grantline/event-store";
import { everyEvent, openRecordedLog, textOf, type RecordedLog } from "../fixtures/recorded-log.ts";
import type { AuditEvent } from "../replay/audit-event.ts";
import { replay } from "../replay/replay.ts";
import { cell } from "./csv.ts";
import { exportEvents } from "./export.ts";
import { FORMATS, formatOf } from "./formats.ts";
import { eventOfLine } from "./json-lines.ts";
import { verifyManifest } from "./manifest.ts";
import { OCSF_CLASSES } from "./ocsf-classes.ts";

let log: RecordedLog;
const HOSTILE = '=HYPERLINK("http://evil.example","x"),\r\n"quoted"';

beforeAll(async () => {
  log = await openRecordedLog();
  for (const [index, { word, event }] of everyEvent().entries()) await log.append(`${word}-x${index}`, "2026-03-01T00:00:00.123Z", [event]);
  await log.append("client-evil", "2026-03-01T00:00:01.000Z", [{ type: "ClientSuspended", data: { reason: HOSTILE, generation: 1 } }], {
    actor: { kind: "operator", id: "@sum" },
    correlationId: "-2+3",
  });
});
afterAll(() => log.close());

const written = async (id: string, options: Partial<Parameters<typeof exportEvents>[3]> = {}) => {
  const started = await exportEvents(log.store, {}, formatOf(id), { version: "1.2.3", ...options });
  const parts: Buffer[] = [];
  for await (const piece of started.pieces) parts.push(Buffer.from(piece as string));
  return { bytes: Buffer.concat(parts), started };
};
const linesOf = async (id: string) => (await written(id)).bytes.toString().trimEnd().split("\n");
const rows = async (bytes: Buffer) =>
  parquetReadObjects({ file: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer });

describe.each(Object.keys(FORMATS))("an export as %s", (id) => {
  it("is the same, byte for byte, when the same is asked at the same head", async () => {
    const { started, bytes } = await written(id);
    await log.append("login-between", "2026-03-02T00:00:00.000Z", [{ type: "SubjectLinked", data: { subject: "s1" } }]);
    expect((await written(id, { head: started.head })).bytes.equals(bytes)).toBe(true);
    expect((await written(id)).bytes.equals(bytes)).toBe(false);
  });

  it("is not disturbed by what is appended while it is read", async () => {
    const whole = await written(id);
    const started = await exportEvents(log.store, {}, formatOf(id), { version: "1.2.3", head: whole.started.head });
    const parts: Buffer[] = [];
    for await (const piece of started.pieces) {
      parts.push(Buffer.from(piece as string));
      await log.append("login-while", "2026-03-02T00:00:00.000Z", [{ type: "SubjectLinked", data: { subject: "s1" } }]);
    }
    expect(Buffer.concat(parts).equals(whole.bytes)).toBe(true);
  });
});

describe("a download that broke off", () => {
  it.each(["jsonl", "csv", "cloudevents", "ocsf"])("goes on as %s, and both parts are the whole", async (id) => {
    const { bytes, started } = await written(id);
    for (const at of ["0", "1", "20", started.head]) {
      const first = at === "0" ? Buffer.alloc(0) : (await written(id, { head: at })).bytes;
      const rest = (await written(id, { head: started.head, after: at })).bytes;
      expect(Buffer.concat([first, rest]).equals(bytes)).toBe(true);
    }
  });

  it("goes on as Parquet in a file of its own", async () => {
    const { started, bytes } = await written("parquet");
    const first = await rows((await written("parquet", { head: "20" })).bytes);
    const rest = await rows((await written("parquet", { head: started.head, after: "20" })).bytes);
    expect([...first, ...rest]).toEqual(await rows(bytes));
  });
});

describe("JSON Lines", () => {
  it("lose nothing: every hash can be computed again from the file", async () => {
    const heads = new Map<string, string>();
    for (const line of await linesOf("jsonl")) {
      const event = eventOfLine(line);
      expect(chainHash(heads.get(event.stream) ?? "", event.body)).toBe(event.hash);
      heads.set(event.stream, event.hash);
    }
    expect((await linesOf("jsonl")).map(eventOfLine)).toEqual(await log.all());
    expect(() => eventOfLine('{"position":1}')).toThrow(SyntaxError);
  });
});

describe("CSV", () => {
  it("has a head, as many cells in every record, and no cell a spreadsheet would compute", async () => {
    const records = recordsOf((await written("csv")).bytes.toString());
    const [head = [], ...rest] = records;
    expect(head.slice(0, 4)).toEqual(["position", "at", "recorded_at", "type"]);
    expect(rest).toHaveLength((await log.all()).length);
    expect(new Set(records.map(({ length }) => length))).toEqual(new Set([head.length]));
    expect(rest.flat().filter((value) => /^[=+\-@\t\r]/.test(value))).toEqual([]);
    const evil = Object.fromEntries(head.map((name, index) => [name, (rest.find((row) => row[0] === evilPosition) ?? [])[index]]));
    expect(evil).toMatchObject({ actor_id: "'@sum", correlation_id: "'-2+3", reason: `'${HOSTILE}` });
  });

  it.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@x", "'@x"],
    ["\tx", "'\tx"],
    ["\rx", '"\'\rx"'],
    ["＝1", "'＝1"],
    ["a,b", '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ["a=b", "a=b"],
    ["", ""],
  ])("writes %j as %j", (value, expected) => {
    expect(cell(value)).toBe(expected);
  });
  let evilPosition = "";
  beforeAll(async () => {
    evilPosition = (await log.all()).find(({ stream }) => stream === "client-evil")?.position ?? "";
  });
});

describe("Parquet", () => {
  it("is read back with its types, row group by row group", async () => {
    const { bytes } = await written("parquet");
    const all = await rows(bytes);
    const events = await log.all();
    expect(all.map(({ position, type, hash }) => [String(position), type, hash])).toEqual(
      events.map(({ position, type, hash }) => [position, type, hash]),
    );
    expect(all[0]).toMatchObject({ position: 1n, revision: 0, at: new Date("2026-03-01T00:00:00.123Z"), region: "eu1" });
    expect(all.find(({ stream }) => stream === "client-evil")).toMatchObject({ reason: HOSTILE, actor_id: "@sum", client_id: null });
  });

  it("has a group for every ten thousand rows, and is whole without any", async () => {
    const { pages } = await replay(log.store, {}, { withOrigins: true });
    const all: AuditEvent[] = [];
    for await (const page of pages) all.push(...page);
    const some = all.slice(0, 50);
    async function* many() {
      for (let page = 0; page < 450; page += 1) yield some;
    }
    const parts: Uint8Array[] = [];
    for await (const piece of formatOf("parquet").write(many(), { continued: false })) parts.push(piece as Uint8Array);
    const bytes = Buffer.concat(parts);
    const meta = await parquetMetadataAsync(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
    expect([meta.num_rows, meta.row_groups.map(({ num_rows }) => num_rows)]).toEqual([22_500n, [10_000n, 10_000n, 2_500n]]);
    expect((await rows(bytes)).at(-1)?.["hash"]).toBe(some.at(-1)?.stored.hash);
    expect(await rows((await written("parquet", { head: "0" })).bytes)).toEqual([]);
  });
});

describe("CloudEvents", () => {
  it("are valid by the SDK's own judgement, and their data is the body that was hashed", async () => {
    const events = await log.all();
    for (const [index, line] of (await linesOf("cloudevents")).entries()) {
      const stored = events[index];
      const event = new CloudEvent(JSON.parse(line) as ConstructorParameters<typeof CloudEvent>[0] & object);
      expect(event.validate()).toBe(true);
      expect(line.endsWith(`,"data":${stored?.body ?? ""}}`)).toBe(true);
      const { version } = JSON.parse(stored?.body ?? "{}") as { version: number };
      expect(event).toMatchObject({ subject: stored?.stream, id: stored?.id, type: `dev.grantline.${stored?.type ?? ""}.v${version}` });
    }
  });
});

describe("OCSF", () => {
  it("has a class for every event type of the catalogue, and for no other", () => {
    const declared = Object.entries(catalogue).map(([word, events]) => [word, Object.keys(events).toSorted()]);
    expect(
      Object.entries(OCSF_CLASSES)
        .map(([word, types]) => [word, Object.keys(types).toSorted()])
        .toSorted(),
    ).toEqual(declared.toSorted());
  });

  it("gives every event what its class requires", async () => {
    for (const line of await linesOf("ocsf")) {
      const event = JSON.parse(line) as Record<string, never> & { readonly class_uid: number; readonly activity_id: number };
      expect(event).toMatchObject({
        type_uid: event.class_uid * 100 + event.activity_id,
        category_uid: Math.floor(event.class_uid / 1_000),
      });
      expect(event["metadata"]).toMatchObject({ version: "1.9.0", product: { vendor_name: "Grantline" } });
      expect(Object.keys(event)).toEqual(
        expect.arrayContaining(["time", "severity_id", "actor", "unmapped", ...REQUIRED[event.class_uid as 3002]]),
      );
    }
  });
  const REQUIRED = {
    3002: ["user", "service"],
    3003: ["user", "privileges"],
    3004: ["entity"],
    6003: ["api", "src_endpoint"],
  } as const;
});

describe("a manifest", () => {
  it("says what was asked and written, and its signature holds until a letter changes", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const signer = { keyId: "audit-1", algorithm: "Ed25519", sign: (bytes: Uint8Array) => sign(undefined, bytes, privateKey) };
    const { bytes, started } = await written("csv", { signer, checkpointAt: async (position) => `log\n${position}\n` });
    const manifest = await started.manifest("audit.csv");
    expect(manifest).toMatchObject({
      generator: { name: "grantline", version: "1.2.3" },
      query: {},
      from: "0",
      to: started.head,
      count: (await log.all()).length,
      files: [{ name: "audit.csv", bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }],
      checkpoint: `log\n${started.head}\n`,
    });
    const holds = (one: typeof manifest) => verifyManifest(one, (data, signature) => verify(undefined, data, publicKey, signature));
    expect(await holds(manifest)).toBe(true);
    expect(await holds(JSON.parse(JSON.stringify(manifest)) as typeof manifest)).toBe(true);
    expect(await holds({ ...manifest, count: manifest.count + 1 })).toBe(false);
    const { signature: _signature, ...unsigned } = manifest;
    expect(await holds(unsigned)).toBe(false);
  });

  it("is not had of an export that was not read to its end", async () => {
    const started = await exportEvents(log.store, {}, formatOf("jsonl"), { version: "1" });
    await expect(started.manifest("x")).rejects.toThrow("end");
    expect(await textOf(started.pieces)).not.toBe("");
    expect((await started.manifest("x")).count).toBeGreaterThan(0);
  });
});

/** RFC 4180, as any reader of CSV has it. */
function recordsOf(text: string): string[][] {
  const records: string[][] = [[]];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cells.exec(text); match !== null; match = cells.exec(text)) {
    records.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] === "\r\n") records.push([]);
  }
  expect(records.pop()).toEqual([]);
  return records;
}
