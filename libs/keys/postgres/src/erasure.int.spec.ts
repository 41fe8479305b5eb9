import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clockAt, DAY, MIDNIGHT } from "@grantline/keys/contract";
import { Client } from "pg";
import { noOwnPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ask, dumped, TEST_KEK } from "./fixtures/key-places.ts";
import { migrateKeysPostgres } from "./migrate.ts";
import { openPostgresKeys } from "./open-postgres-keys.ts";
import { rewrapKeys } from "./rewrap.ts";

const CANARY = "canary-ada.lovelace@example.com";

// Real: PostgreSQL, its data files, pg_dump. Fake: the clock.
describe.skipIf(noOwnPostgres)("needs PostgreSQL: what an erasure leaves behind", () => {
  let server: TestPostgres;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres({ own: true, settings: { autovacuum: "off", fsync: "off" } });
  });
  afterAll(() => server.stop(), 60_000);
  beforeEach(async () => {
    url = await server.createDatabase();
    await migrateKeysPostgres({ url });
  });
  const open = async (told: string[] = []) => {
    const keys = await openPostgresKeys({
      url,
      kek: TEST_KEK,
      clock: clockAt(MIDNIGHT),
      onTrouble: (what, error) => void told.push(`${what}: ${String(error)}`),
    });
    onTestFinished(() => keys.close());
    return keys;
  };
  const wrappedOf = async (subject: string): Promise<Buffer> => {
    const [row] = await ask<{ wrapped: Buffer }>(url, "SELECT wrapped FROM grantline_keys.subject_keys WHERE subject = $1", [subject]);
    if (!row) throw new Error(`no row of ${subject}`);
    return row.wrapped;
  };
  /** Every byte of every table and index file of this database, after all of them have been written. */
  const heap = async (): Promise<Buffer> => {
    await ask(url, "CHECKPOINT");
    const [row] = await ask<{ oid: string; data: string }>(
      url,
      "SELECT oid::text, current_setting('data_directory') AS data FROM pg_database WHERE datname = current_database()",
    );
    const dir = join(row?.data ?? "", "base", row?.oid ?? "");
    return Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))));
  };

  it("no byte of the key in any data file or dump, wherever in the table it lay; the others' keys go on working", async () => {
    const { subjectKeys } = await open();
    const subjects = Array.from({ length: 120 }, (_, index) => `subject-${index}`);
    const sealed = new Map<string, string>();
    for (const subject of subjects) sealed.set(subject, await subjectKeys.seal(subject, "claims", CANARY));
    const erased = subjects.filter((_, index) => index % 17 === 3);
    const wrapped = await Promise.all(erased.map(wrappedOf));
    const [before, dumpBefore] = [await heap(), await dumped(url, server.bin)];
    expect(wrapped.filter((one) => before.includes(one))).toHaveLength(erased.length);
    expect(wrapped.filter((one) => dumpBefore.includes(one.toString("hex")))).toHaveLength(erased.length);
    for (const subject of erased) await subjectKeys.destroy(subject);
    const [after, dump] = [await heap(), await dumped(url, server.bin)];
    expect(wrapped.filter((one) => after.includes(one))).toEqual([]);
    expect(wrapped.filter((one) => dump.includes(one.toString("hex")))).toEqual([]);
    for (const bytes of [after, dump]) expect(bytes.includes(CANARY)).toBe(false);
    for (const subject of subjects)
      expect(await subjectKeys.open(subject, "claims", sealed.get(subject) ?? "")).toBe(erased.includes(subject) ? undefined : CANARY);
    expect(await ask(url, "SELECT part FROM grantline_keys.scrubs_due")).toEqual([]);
  });

  it("nor of a signing key destroyed, a day's key whose time is over, or anything wrapped under a former key-encryption key", async () => {
    const clock = clockAt(MIDNIGHT);
    const keys = await openPostgresKeys({ url, kek: TEST_KEK, clock });
    const { kid } = await keys.vault.create("ES256");
    await keys.subjectKeys.seal("s1", "claims", CANARY);
    const wrapped = async (table: string) =>
      (await ask<{ wrapped: Buffer }>(url, `SELECT wrapped FROM grantline_keys.${table}`)).map((row) => row.wrapped);
    const gone = [...(await wrapped("signing_keys")), ...(await wrapped("daily_keys"))];
    const before = await heap();
    expect(gone.filter((one) => before.includes(one))).toHaveLength(7);
    await keys.vault.destroy(kid);
    clock.at = MIDNIGHT + 100 * DAY;
    await keys.prune();
    const after = await heap();
    expect(gone.filter((one) => after.includes(one))).toEqual([]);
    await keys.close();
    const former = [...(await wrapped("named_keys")), ...(await wrapped("subject_keys"))];
    expect(former).toHaveLength(2);
    await rewrapKeys({ url, from: TEST_KEK, to: { key: Buffer.alloc(32, 8) } });
    const rewrapped = await heap();
    expect(former.filter((one) => rewrapped.includes(one))).toEqual([]);
  });

  it("with an older transaction looking, the key is gone at once and its bytes as soon as that has ended", async () => {
    const told: string[] = [];
    const keys = await open(told);
    const sealed = await keys.subjectKeys.seal("s1", "claims", CANARY);
    const wrapped = await wrappedOf("s1");
    const old = new Client({ connectionString: url });
    await old.connect();
    await old.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    // Another table: no lock stands in the way, the old look alone keeps the dead row.
    await old.query("SELECT count(*) FROM grantline_keys.kek");
    await keys.subjectKeys.destroy("s1");
    expect(await keys.subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
    expect(told).toEqual([expect.stringContaining("a transaction older than the destruction still runs")]);
    expect((await heap()).includes(wrapped)).toBe(true);
    await old.end();
    await keys.prune();
    expect((await heap()).includes(wrapped)).toBe(false);
    expect(told).toHaveLength(1);
  });

  it("while a backup reads the table, the erasure does not wait for it for long, and is finished later", async () => {
    const told: string[] = [];
    const keys = await open(told);
    const sealed = await keys.subjectKeys.seal("s1", "claims", CANARY);
    const wrapped = await wrappedOf("s1");
    const backup = new Client({ connectionString: url });
    await backup.connect();
    await backup.query("BEGIN");
    await backup.query("SELECT count(*) FROM grantline_keys.subject_keys");
    await keys.subjectKeys.destroy("s1");
    expect(await keys.subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
    expect(told).toEqual([expect.stringContaining("lock timeout")]);
    await backup.end();
    await keys.prune();
    expect((await heap()).includes(wrapped)).toBe(false);
  });
});

describe.skipIf(noOwnPostgres)("needs PostgreSQL: a stolen dump", () => {
  it("holds no key in the clear, in any form a dump may write it, and no personal datum", async () => {
    const server = await startPostgres({ own: true, settings: { autovacuum: "off", fsync: "off" } });
    onTestFinished(() => server.stop());
    const { url } = server;
    await migrateKeysPostgres({ url });
    const keys = await openPostgresKeys({ url, kek: TEST_KEK, clock: clockAt(MIDNIGHT) });
    const secrets = [TEST_KEK.key];
    for (const alg of ["ES256", "EdDSA", "RS256"] as const) {
      const key = await keys.vault.privateKey((await keys.vault.create(alg)).kid);
      secrets.push(key.export({ format: "der", type: "pkcs8" }), Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url"));
    }
    await keys.subjectKeys.seal("s1", "claims", CANARY);
    keys.subjectKeys.sealAddress("203.0.113.77", MIDNIGHT);
    await keys.close();
    const dump = (await dumped(url, server.bin)).toString("latin1");
    expect(dump).toContain("grantline_keys.signing_keys");
    for (const secret of secrets)
      for (const form of ["hex", "base64", "base64url", "latin1"] as const) expect(dump.includes(secret.toString(form))).toBe(false);
    for (const datum of [CANARY, "203.0.113.77"])
      for (const form of ["utf8", "hex", "base64"] as const) expect(dump.includes(Buffer.from(datum).toString(form))).toBe(false);
  });
});
