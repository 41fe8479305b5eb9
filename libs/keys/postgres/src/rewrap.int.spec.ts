import { clockAt, MIDNIGHT } from "@grantline/keys/contract";
import { fitsKekCheck, rewrap, subjectKeyAad } from "@grantline/keys/wrapping";
import { createSecretKey } from "node:crypto";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ask, TEST_KEK } from "./fixtures/key-places.ts";
import { migrateKeysPostgres } from "./migrate.ts";
import { openPostgresKeys, type PostgresKeysOptions } from "./open-postgres-keys.ts";
import { rewrapKeys } from "./rewrap.ts";

const NEW_KEK = { passphrase: "a new passphrase, long enough" };

// Real: PostgreSQL, OpenSSL. Fake: the clock.
describe.skipIf(noPostgres)("needs PostgreSQL: another key-encryption key", () => {
  let server: TestPostgres;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: "off" } });
  });
  afterAll(() => server.stop(), 60_000);
  beforeEach(async () => {
    url = await server.createDatabase();
    await migrateKeysPostgres({ url });
  });
  const open = async (options: Partial<PostgresKeysOptions> = {}) => {
    const keys = await openPostgresKeys({ url, kek: TEST_KEK, clock: clockAt(MIDNIGHT), ...options });
    onTestFinished(() => keys.close());
    return keys;
  };
  const keks = () =>
    ask<{ kek: string }>(
      url,
      `SELECT DISTINCT kek FROM (SELECT kek FROM grantline_keys.named_keys UNION ALL SELECT kek FROM grantline_keys.signing_keys
         UNION ALL SELECT kek FROM grantline_keys.daily_keys UNION ALL SELECT kek FROM grantline_keys.subject_keys WHERE kek IS NOT NULL) all_keys`,
    );

  it("takes over while processes that know both make and use keys; nothing is lost, the former one opens nothing any more", async () => {
    const old = await open();
    const { kid } = await old.vault.create("ES256");
    const sealed = old.seals.seal("par", { n: 1 });
    const login = old.subjectKeys.loginHash("i", "s");
    const personal = new Map<string, string>();
    for (let index = 0; index < 150; index += 1)
      personal.set(`s${index}`, await old.subjectKeys.seal(`s${index}`, "claims", `hello ${index}`));
    await old.subjectKeys.destroy("s7");
    const both = await open({ kek: NEW_KEK, previousKek: TEST_KEK });
    const during = { stop: false, made: 0 };
    const traffic = (async () => {
      while (!during.stop) {
        const subject = `during-${during.made}`;
        personal.set(subject, await both.subjectKeys.seal(subject, "claims", `hello ${subject}`));
        await both.vault.create("EdDSA");
        expect(await both.subjectKeys.open("s1", "claims", personal.get("s1") ?? "")).toBe("hello 1");
        during.made += 1;
      }
    })();
    const progress: number[] = [];
    const report = await rewrapKeys({
      url,
      from: TEST_KEK,
      to: NEW_KEK,
      batch: 20,
      onProgress: ({ rewrapped }) => void progress.push(rewrapped),
    });
    during.stop = true;
    await traffic;
    expect(during.made).toBeGreaterThan(0);
    expect(report.rewrapped).toBeGreaterThanOrEqual(157);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(await keks()).toHaveLength(1);
    const fresh = await open({ kek: NEW_KEK });
    for (const [subject, text] of personal) {
      const wanted = subject === "s7" ? undefined : subject.startsWith("s") ? `hello ${subject.slice(1)}` : `hello ${subject}`;
      expect(await fresh.subjectKeys.open(subject, "claims", text)).toBe(wanted);
    }
    expect((await fresh.vault.privateKey(kid)).asymmetricKeyType).toBe("ec");
    expect(fresh.seals.open("par", sealed)).toEqual({ n: 1 });
    expect(fresh.subjectKeys.loginHash("i", "s")).toBe(login);
    await expect(open()).rejects.toThrow(/is not the one the keys in PostgreSQL are wrapped under/);
    const former = createSecretKey(TEST_KEK.key);
    const rows = await ask<{ wrapped: Buffer }>(url, "SELECT wrapped FROM grantline_keys.subject_keys WHERE subject = 's1'");
    expect(rewrap(former, former, subjectKeyAad("s1"), rows[0]?.wrapped ?? Buffer.alloc(0))).toBeUndefined();
    const checks = await ask<{ check_value: Buffer }>(url, "SELECT check_value FROM grantline_keys.kek");
    expect(checks.map(({ check_value }) => fitsKekCheck(former, check_value))).toEqual([false]);
  });

  it("broken off half-way is finished by another run; a run with nothing to do does nothing", async () => {
    const keys = await open();
    for (let index = 0; index < 30; index += 1) await keys.subjectKeys.seal(`s${index}`, "claims", "x");
    const sealed = await keys.subjectKeys.seal("s1", "claims", "hello");
    const breaking = rewrapKeys({
      url,
      from: TEST_KEK,
      to: NEW_KEK,
      batch: 10,
      onProgress: ({ rewrapped }) => {
        if (rewrapped > 15) throw new RangeError("pulled the plug");
      },
    });
    await expect(breaking).rejects.toThrow("pulled the plug");
    expect(await keks()).toHaveLength(2);
    const between = await open({ kek: NEW_KEK, previousKek: TEST_KEK });
    expect(await between.subjectKeys.open("s1", "claims", sealed)).toBe("hello");
    expect((await rewrapKeys({ url, from: TEST_KEK, to: NEW_KEK })).rewrapped).toBeGreaterThan(0);
    expect(await keks()).toHaveLength(1);
    expect(await rewrapKeys({ url, from: TEST_KEK, to: NEW_KEK })).toEqual({ rewrapped: 0 });
    expect(await between.subjectKeys.open("s1", "claims", sealed)).toBe("hello");
  });

  it("refuses a former key that is not the one in use, and one key twice", async () => {
    await open();
    await expect(rewrapKeys({ url, from: { key: Buffer.alloc(32, 9) }, to: NEW_KEK })).rejects.toThrow(
      /former key-encryption key is not the one/,
    );
    await expect(rewrapKeys({ url, from: TEST_KEK, to: TEST_KEK })).rejects.toThrow(/are the same/);
  });

  it("a process that was not given the new key says so and refuses, instead of making keys nobody can open", async () => {
    const old = await open();
    await rewrapKeys({ url, from: TEST_KEK, to: NEW_KEK });
    await expect(old.subjectKeys.seal("s1", "claims", "x")).rejects.toThrow(/a key-encryption key this process was not given/);
    const { retryKeys } = old;
    expect(retryKeys.derive(retryKeys.current().keyId, "l", "n")).toBeDefined();
  });
});
