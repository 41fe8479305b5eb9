// Real: @azure/keyvault-secrets and @azure/identity over HTTPS. Stand-in: the vault and the token endpoint.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SecretStoreReadOnly, SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import { startVault } from "../fixtures/key-vault.ts";

const NAME = "oauth/github/my-server/access-token";
const FLAT = "oauth--github--my-server--access-token";

describe("Azure Key Vault (stand-in)", () => {
  let vault: Awaited<ReturnType<typeof startVault>>;
  beforeEach(async () => {
    vault = await startVault();
  });
  afterEach(() => vault.standIn.close());
  const asked = () => vault.standIn.requests.splice(0);

  it("is asked once without a token, whose body stays at home, and then with the token of the challenge", async () => {
    const store = vault.open();
    await store.set(NAME, "v");
    expect(asked()).toEqual([
      `PUT /secrets/${FLAT} 401`,
      `GET /${vault.standIn.client.tenantId}/v2.0/.well-known/openid-configuration 200`,
      `POST /${vault.standIn.client.tenantId}/oauth2/v2.0/token 200`,
      `PUT /secrets/${FLAT} 200`,
    ]);
    await store.get(NAME);
    expect(asked()).toEqual([`GET /secrets/${FLAT}/ 200`]);
  });

  it("keeps each write as a version and gives the latest, with a late expiry whole", async () => {
    const store = vault.open();
    const first = await store.set(NAME, "one");
    const afterBits = 2 ** 31 + 5;
    const second = await store.set(NAME, "two", { expiresAt: afterBits });
    expect(vault.standIn.vault.versions(FLAT).map(({ version }) => version)).toEqual([first.version, second.version]);
    expect(await store.get(NAME)).toMatchObject({
      value: "two",
      version: second.version,
      expiresAt: afterBits,
      createdAt: expect.closeTo(Date.now() / 1000, -1),
    });
    expect(await store.list()).toEqual([{ name: NAME, store: "key-vault", createdAt: expect.any(Number), expiresAt: afterBits }]);
  });

  it("lists every page, without secrets of others and disabled ones", async () => {
    const store = vault.open();
    const names = Array.from({ length: 60 }, (_, index) => `oauth/github/server-${String(index).padStart(2, "0")}/token`);
    for (const name of names) await store.set(name, "v");
    const given = { value: "v", attributes: { enabled: true, created: 1, updated: 1 }, tags: {} };
    vault.standIn.vault.set("ConnectionString", given);
    vault.standIn.vault.set("oauth--other--x--y", { ...given, attributes: { ...given.attributes, enabled: false } });
    asked();
    expect((await store.list()).map(({ name }) => name)).toEqual(names);
    expect(asked()).toHaveLength(3);
  });

  it("takes a name back that was soft-deleted, also while deleting and recovering take their time", async () => {
    const store = vault.open();
    await store.set(NAME, "before");
    vault.standIn.transitionMs = 300;
    expect(await store.delete(NAME)).toBe(true);
    expect(await store.get(NAME)).toBeUndefined();
    await store.set(NAME, "after");
    expect((await store.get(NAME))?.value).toBe("after");
    expect(asked()).toEqual(expect.arrayContaining([`PUT /secrets/${FLAT} 409`, `POST /deletedsecrets/${FLAT}/recover 200`]));
  });

  it("purges what it deletes where that is asked for, once the vault has it", async () => {
    const store = vault.open({ purge: true });
    await store.set(NAME, "v");
    vault.standIn.transitionMs = 300;
    await store.delete(NAME);
    expect(asked()).toEqual(expect.arrayContaining([`DELETE /deletedsecrets/${FLAT} 404`, `DELETE /deletedsecrets/${FLAT} 204`]));
    expect(() => vault.standIn.vault.getDeleted(FLAT)).toThrow(/not found/);
  });

  it("waits as long as a throttling vault asks, and hands a longer wait on to its caller", async () => {
    const store = vault.open();
    await store.set(NAME, "v");
    vault.standIn.trouble = { kind: "throttled", times: 1, retryAfterSeconds: 1 };
    const beganMs = performance.now();
    expect((await store.get(NAME))?.value).toBe("v");
    expect(performance.now() - beganMs).toBeGreaterThan(950);
    vault.standIn.trouble = { kind: "throttled", times: 1, retryAfterSeconds: 30 };
    const error = await store.get(NAME).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SecretStoreUnavailable);
    expect(error).toMatchObject({ retryAfterMs: 30_000, message: "key-vault: the vault answered 429 (Throttled)" });
  });

  it.each(["unavailable", "cut", "hang"] as const)(
    "is unavailable within its budget when it is %s, and answers again afterwards",
    async (kind) => {
      await vault.open().set(NAME, "v");
      const store = vault.open({ budgetMs: 800 });
      vault.standIn.trouble = { kind };
      const beganMs = performance.now();
      await expect(store.get(NAME)).rejects.toThrow(SecretStoreUnavailable);
      expect(performance.now() - beganMs).toBeLessThan(20_000);
      expect(await store.health()).toMatchObject([{ status: "degraded" }]);
      vault.standIn.trouble = { kind: "none" };
      // its budget is short for a busy machine, too
      await expect.poll(async () => (await store.get(NAME).catch(() => undefined))?.value).toBe("v");
    },
  );

  it("gets another token when the vault takes the old one no longer", async () => {
    const store = vault.open();
    await store.set(NAME, "v");
    vault.standIn.forgetTokens();
    // the SDK keeps its token until it ends; a new client stands for the next process
    expect((await vault.open().get(NAME))?.value).toBe("v");
  });

  it("is unavailable to a wrong identity, read-only to one that may not write, and never names the reason's secret", async () => {
    const wrong = "not-the-secret-of-this-client";
    const error = await vault
      .open({ clientSecret: wrong })
      .get(NAME)
      .catch((caught: unknown) => caught as Error);
    expect(error).toBeInstanceOf(SecretStoreUnavailable);
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain(wrong);
    const store = vault.open();
    await store.set(NAME, "v");
    vault.standIn.trouble = { kind: "forbidden" };
    await expect(store.set(NAME, "w")).rejects.toThrow(SecretStoreReadOnly);
    await expect(store.get(NAME)).rejects.toThrow(SecretStoreUnavailable);
  });

  it("does not pass over a disabled secret", async () => {
    const store = vault.open();
    await store.set(NAME, "v");
    vault.standIn.vault.disable(FLAT);
    await expect(store.get(NAME)).rejects.toThrow(SecretUnreadable);
  });

  it("does not believe a challenge of somebody else's domain where nobody switched that off", async () => {
    const store = vault.open({ client: {} });
    const error = await store.get(NAME).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SecretStoreUnavailable);
    expect(asked().some((line) => line.includes("token"))).toBe(false);
  });
});
