import { clockAt, DAY, MIDNIGHT } from "@grantline/keys/contract";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { inAnotherProcess } from "./fixtures/another-process.ts";
import { ask, TEST_KEK } from "./fixtures/key-places.ts";
import { migrateKeysPostgres } from "./migrate.ts";
import { openPostgresKeys, type PostgresKeysOptions } from "./open-postgres-keys.ts";

// Real: PostgreSQL, operating-system processes, OpenSSL. Fake: the clock.
describe.skipIf(noPostgres)("needs PostgreSQL: several processes on the keys of one region", () => {
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

  it("see one another's keys of every kind", async () => {
    const here = await open();
    const { kid } = await here.vault.create("ES256");
    const sealed = here.seals.seal("par", { n: 1 });
    const personal = await here.subjectKeys.seal("s1", "claims", "hello");
    const { keyId } = here.retryKeys.current();
    const told = await inAnotherProcess<Record<"opened" | "personal" | "retry" | "kid" | "type" | "sealed" | "theirs" | "login", string>>(
      url,
      `return { opened: seals.open("par", "${sealed}"), personal: await subjectKeys.open("s1", "claims", "${personal}"),
        retry: retryKeys.derive("${keyId}", "l", "n"), kid: (await vault.create("EdDSA")).kid, type: (await vault.privateKey("${kid}")).asymmetricKeyType,
        sealed: seals.seal("session", { n: 2 }), theirs: await subjectKeys.seal("s2", "claims", "bye"), login: subjectKeys.loginHash("i", "s") };`,
    );
    expect(told).toMatchObject({
      opened: { n: 1 },
      personal: "hello",
      retry: here.retryKeys.derive(keyId, "l", "n"),
      type: "ec",
      login: here.subjectKeys.loginHash("i", "s"),
    });
    expect((await here.vault.privateKey(told.kid)).asymmetricKeyType).toBe("ed25519");
    expect(here.seals.open("session", told.sealed)).toEqual({ n: 2 });
    expect(await here.subjectKeys.open("s2", "claims", told.theirs)).toBe("bye");
  });

  it("starting at once on empty tables agree on every key", async () => {
    const tell = `return { retry: retryKeys.current().keyId, value: retryKeys.derive(retryKeys.current().keyId, "l", "n"), login: subjectKeys.loginHash("i", "s") };`;
    const told = await Promise.all([1, 2, 3].map(() => inAnotherProcess<object>(url, tell)));
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });

  it("an erasure in one is noticed by the other at its next look, although it had the key in memory", async () => {
    const here = await open();
    const sealed = await here.subjectKeys.seal("s1", "claims", "hello");
    await inAnotherProcess(url, `await subjectKeys.destroy("s1");`);
    expect(await here.subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
  });

  it("a key destroyed by one is dropped by the other by itself", async () => {
    const here = await open({ refreshEveryMs: 100 });
    const { keyId } = here.retryKeys.current();
    expect(here.retryKeys.derive(keyId, "l", "n")).toBeDefined();
    await ask(url, "DELETE FROM grantline_keys.daily_keys WHERE id = $1", [keyId]);
    await vi.waitFor(() => expect(here.retryKeys.derive(keyId, "l", "n")).toBeUndefined(), 5_000);
    expect(here.retryKeys.current().keyId).not.toBe(keyId);
  });

  it("tomorrow's keys are there before midnight, the same for all, so midnight needs no database", async () => {
    const clock = clockAt(MIDNIGHT + DAY - 1);
    const [here, there] = [await open({ clock }), await open({ clock })];
    clock.at = MIDNIGHT + DAY;
    expect(here.retryKeys.current().keyId).toBe(there.retryKeys.current().keyId);
    expect(there.seals.open("par", here.seals.seal("par", { n: 1 }))).toEqual({ n: 1 });
  });
});
