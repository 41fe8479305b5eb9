import { EventStoreUnavailable } from "@grantline/event-store";
import { clockAt, DAY, MIDNIGHT } from "@grantline/keys/contract";
import { KeyStoreError } from "@grantline/keys/wrapping";
import { noOwnPostgres, noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ask, TEST_KEK } from "./fixtures/key-places.ts";
import { migrateKeysPostgres } from "./migrate.ts";
import { openPostgresKeys, type PostgresKeysOptions } from "./open-postgres-keys.ts";

// Real: PostgreSQL, killed and paused. Fake: the clock.
describe.skipIf(noPostgres)("needs PostgreSQL: what can be wrong with the keys' database", () => {
  let server: TestPostgres;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: "off" } });
  });
  afterAll(() => server.stop(), 60_000);
  beforeEach(async () => {
    url = await server.createDatabase();
  });
  const open = async (options: Partial<PostgresKeysOptions> = {}) => {
    const keys = await openPostgresKeys({ url, kek: TEST_KEK, clock: clockAt(MIDNIGHT), ...options });
    onTestFinished(() => keys.close());
    return keys;
  };

  it("no schema: one clear line, and nothing is made by a serving process", async () => {
    await expect(open()).rejects.toThrow(/^PostgreSQL holds no key tables \(schema grantline_keys\): run `grantline database migrate`/);
    await expect(open()).rejects.toBeInstanceOf(KeyStoreError);
    expect(await ask(url, "SELECT 1 FROM pg_namespace WHERE nspname = 'grantline_keys'")).toEqual([]);
  });

  it("a schema of another release, or of somebody else: one clear line", async () => {
    expect(await migrateKeysPostgres({ url })).toEqual({ from: 0, to: 1 });
    expect(await migrateKeysPostgres({ url })).toEqual({ from: 1, to: 1 });
    await ask(url, "INSERT INTO grantline_keys.schema_version (version) VALUES (2)");
    await expect(open()).rejects.toThrow(/is of version 2, this release knows version 1/);
    await expect(migrateKeysPostgres({ url })).rejects.toThrow(/of the newer version 2/);
    const foreign = await server.createDatabase();
    await ask(foreign, "CREATE SCHEMA grantline_keys");
    await expect(migrateKeysPostgres({ url: foreign })).rejects.toThrow(/is not one of ours/);
  });

  it("migrations running at once take turns", async () => {
    const reports = await Promise.all([1, 2, 3].map(() => migrateKeysPostgres({ url })));
    expect(reports.map(({ from }) => from).toSorted()).toEqual([0, 1, 1]);
  });

  it("another key-encryption key or passphrase, or none: one clear line", async () => {
    await migrateKeysPostgres({ url });
    await (await openPostgresKeys({ url, kek: { passphrase: "gr\u00fcne Wiesen und Wälder" }, clock: clockAt(MIDNIGHT) })).close();
    await open({ kek: { passphrase: "gru\u0308ne Wiesen und Wälder" } });
    const wrong = /^the key-encryption key is not the one the keys in PostgreSQL are wrapped under \(GRANTLINE_KEK\)$/;
    await expect(open({ kek: { passphrase: "a wrong passphrase" } })).rejects.toThrow(wrong);
    await expect(open()).rejects.toThrow(wrong);
    const fresh = await server.createDatabase();
    await migrateKeysPostgres({ url: fresh });
    await expect(open({ url: fresh, kek: {} })).rejects.toThrow(/neither 32 bytes nor a passphrase/);
    await expect(open({ url: fresh, kek: { key: Buffer.alloc(16) } })).rejects.toThrow(/must have 32 bytes, found 16/);
  });

  it("a row put under another one's id is noticed", async () => {
    await migrateKeysPostgres({ url });
    const first = await open();
    const kids = [(await first.vault.create("ES256")).kid, (await first.vault.create("ES256")).kid];
    await ask(
      url,
      "UPDATE grantline_keys.signing_keys SET wrapped = (SELECT wrapped FROM grantline_keys.signing_keys WHERE kid = $1) WHERE kid = $2",
      kids,
    );
    await expect((await open()).vault.privateKey(kids[1] ?? "")).rejects.toThrow(/its row was altered/);
    await first.subjectKeys.seal("s1", "claims", "x");
    await ask(url, "UPDATE grantline_keys.subject_keys SET wrapped = wrapped || '\\x00' WHERE subject = 's1'");
    await expect((await open()).subjectKeys.seal("s1", "claims", "x")).rejects.toThrow(/its row was altered/);
  });

  it("a clock that jumped, forth or back: today's keys are had at the next request, not half a minute later", async () => {
    await migrateKeysPostgres({ url });
    const clock = clockAt(MIDNIGHT);
    const keys = await open({ clock });
    expect(keys.caughtUp()).toBeUndefined();
    const { keyId } = keys.retryKeys.current();
    for (const days of [2, 30, 0, 30, 365]) {
      clock.at = MIDNIGHT + days * DAY;
      await keys.caughtUp();
      expect(keys.caughtUp()).toBeUndefined();
      expect(keys.subjectKeys.openAddress(keys.subjectKeys.sealAddress("203.0.113.7", clock.at))).toBe("203.0.113.7");
      expect(keys.retryKeys.derive(keyId, "l", "n") !== undefined).toBe(days === 0);
    }
  });

  it.skipIf(noOwnPostgres)(
    "nobody there: keys in memory go on working, what needs a look at the row says unavailable, and it comes back by itself (P7)",
    async () => {
      const own = await startPostgres({ own: true });
      onTestFinished(() => own.stop());
      await migrateKeysPostgres({ url: own.url });
      const clock = clockAt(MIDNIGHT + DAY - 10);
      const told: string[] = [];
      const keys = await open({ url: own.url, clock, onTrouble: (what) => void told.push(what) });
      const { kid } = await keys.vault.create("ES256");
      const sealed = keys.seals.seal("par", { n: 1 });
      const personal = await keys.subjectKeys.seal("s1", "claims", "hello");
      const { keyId } = keys.retryKeys.current();
      await own.kill();
      clock.at = MIDNIGHT + DAY + 10;
      expect(keys.retryKeys.derive(keyId, "l", "n")).toBeDefined();
      expect(keys.retryKeys.current().keyId).not.toBe(keyId);
      expect(keys.seals.open("par", sealed)).toEqual({ n: 1 });
      expect(keys.seals.open("par", keys.seals.seal("par", { n: 2 }))).toEqual({ n: 2 });
      expect(keys.subjectKeys.loginHash("i", "s")).toMatch(/^[0-9a-f]{40}$/);
      expect(keys.subjectKeys.openAddress(keys.subjectKeys.sealAddress("203.0.113.7", clock.at))).toBe("203.0.113.7");
      expect((await keys.vault.privateKey(kid)).asymmetricKeyType).toBe("ec");
      expect(told).toContainEqual(expect.stringContaining("is used from memory"));
      await expect(keys.subjectKeys.open("s1", "claims", personal)).rejects.toBeInstanceOf(EventStoreUnavailable);
      await expect(keys.refresh()).rejects.toBeInstanceOf(EventStoreUnavailable);
      clock.at = MIDNIGHT + 2 * DAY;
      expect(() => keys.retryKeys.current()).toThrow(EventStoreUnavailable);
      await keys.caughtUp();
      expect(told).toContainEqual(expect.stringContaining("the keys of today could not be had"));
      expect(keys.caughtUp()).toBeUndefined();
      await own.start();
      await keys.refresh();
      expect(keys.retryKeys.current().keyId).toMatch(/^r/);
      expect(await keys.subjectKeys.open("s1", "claims", personal)).toBe("hello");
    },
  );
});
