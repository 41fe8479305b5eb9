// Real: the encrypted file, Docker files, the environment, Key Vault's SDK. Stand-in: the vault. Made: the clock of the back-off; a gate that counts and holds calls.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runSecretStoreContract } from "../contract/index.ts";
import { dockerFilesStore } from "../docker/files-store.ts";
import { openEncryptedFileStore } from "../encrypted-file/encrypted-file-store.ts";
import { environmentStore } from "../environment/environment-store.ts";
import { SecretStoreReadOnly, SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import { clock, KEK, newFolder } from "../fixtures/folder.ts";
import { startVault } from "../fixtures/key-vault.ts";
import type { SecretStore } from "../port.ts";
import { createSecretHierarchy, type HierarchyOptions } from "./secret-hierarchy.ts";

const NAME = "oauth/github/my-server/access-token";
const VARIABLE = "OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN";

runSecretStoreContract("one file behind a hierarchy", async () => {
  const { dir, remove } = newFolder();
  const file = () => openEncryptedFileStore({ dir, kek: KEK, clock });
  return {
    open: async () => named(createSecretHierarchy({ stores: [await file()], cacheTtlMs: 0 })),
    plant: async (name, value) => {
      const store = await file();
      await store.set(name, value);
      await store.close();
    },
    remove: async () => remove(),
  };
});

/** The contract compares each answer's store with the name of what was asked; a hierarchy answers with the store it read. */
function named(hierarchy: SecretStore): SecretStore {
  return { ...hierarchy, name: "file" };
}

describe("the hierarchy", () => {
  let folder: ReturnType<typeof newFolder>;
  let vault: Awaited<ReturnType<typeof startVault>>;
  let env: Record<string, string>;
  let file: SecretStore;
  let now: number;
  let said: string[];
  let opened: SecretStore[];

  beforeEach(async () => {
    folder = newFolder();
    vault = await startVault();
    file = await openEncryptedFileStore({ dir: folder.dir, kek: KEK, clock });
    [env, now, said, opened] = [{}, 0, [], []];
  });
  afterEach(async () => {
    for (const store of opened) await store.close();
    await file.close();
    await vault.standIn.close();
    folder.remove();
  });

  function hierarchy(stores: readonly SecretStore[], options: Partial<HierarchyOptions> = {}): SecretStore {
    const store = createSecretHierarchy({
      stores,
      nowMs: () => now,
      random: () => 1,
      onTrouble: (what) => void said.push(what),
      ...options,
    });
    opened.push(store);
    return store;
  }
  /** The vault has `budgetMs` for an answer: enough on a busy machine, unless it is waited out. */
  const all = (budgetMs = 20_000) => [vault.open({ budgetMs }), dockerFilesStore({ dir: folder.dir, clock }), environmentStore(env), file];

  it("reads the first store that has it, falls through to the next, and writes to the first that can be written", async () => {
    const store = hierarchy(all(), { cacheTtlMs: 0 });
    await file.set(NAME, "from the file");
    expect(await store.get(NAME)).toMatchObject({ value: "from the file", store: "file" });
    env[VARIABLE] = "from the environment";
    expect(await store.get(NAME)).toMatchObject({ store: "environment" });
    await store.set(NAME, "from the vault");
    expect(await store.get(NAME)).toMatchObject({ value: "from the vault", store: "key-vault" });
    expect((await file.get(NAME))?.value).toBe("from the file");
    expect(await store.list()).toEqual([expect.objectContaining({ name: NAME, store: "key-vault" })]);
    expect((await store.health()).map(({ store: name, status }) => [name, status])).toEqual([
      ["key-vault", "ready"],
      ["docker-files", "ready"],
      ["environment", "ready"],
      ["file", "ready"],
    ]);
  });

  it("does not write where a read-only store before it would be read instead, and does not pretend to delete that", async () => {
    const store = hierarchy([environmentStore(env), file]);
    env[VARIABLE] = "given";
    await expect(store.set(NAME, "v")).rejects.toThrow(SecretStoreReadOnly);
    expect(await file.get(NAME)).toBeUndefined();
    await expect(store.delete(NAME)).rejects.toThrow(SecretStoreReadOnly);
    await expect(hierarchy([environmentStore(env)]).set("oauth/a/b/c", "v")).rejects.toThrow(/none of the stores/);
  });

  it("deletes every copy that would come back otherwise", async () => {
    const store = hierarchy([vault.open(), file]);
    await file.set(NAME, "older");
    await store.set(NAME, "newer");
    expect([await store.delete(NAME), await store.get(NAME), await file.get(NAME)]).toEqual([true, undefined, undefined]);
  });

  it("passes over a store that fails, tells once, leaves it alone, tries again later, and tells that too", async () => {
    const store = hierarchy(all(3_000), { cacheTtlMs: 0 });
    await file.set(NAME, "from the file");
    await store.get("oauth/a/b/c");
    vault.standIn.trouble = { kind: "unavailable" };
    expect(await store.get(NAME)).toMatchObject({ store: "file" });
    const asked = vault.standIn.requests.length;
    for (let times = 0; times < 20; times++) expect(await store.get(NAME)).toMatchObject({ store: "file" });
    expect([vault.standIn.requests.length, said]).toEqual([
      asked,
      ["key-vault: the vault answered 503 (ServiceUnavailable); it is passed over and tried again"],
    ]);
    expect((await store.health())[0]).toMatchObject({
      store: "key-vault",
      status: "degraded",
      detail: expect.stringContaining("503"),
      retryAtMs: expect.any(Number),
    });
    now += 1_001;
    await store.get(NAME);
    expect(vault.standIn.requests.length).toBeGreaterThan(asked);
    vault.standIn.trouble = { kind: "none" };
    // still left alone, and longer this time
    now += 1_001;
    expect(await store.get(NAME)).toMatchObject({ store: "file" });
    await vault.open().set(NAME, "from the vault");
    now += 1_001;
    expect(await store.get(NAME)).toMatchObject({ store: "key-vault" });
    expect(said.at(-1)).toBe("key-vault: answers again");
  });

  it("never says that there is none while a store can't be asked, and never writes past it", async () => {
    const store = hierarchy([vault.open({ budgetMs: 3_000 }), file]);
    vault.standIn.trouble = { kind: "cut" };
    await expect(store.get(NAME)).rejects.toThrow(SecretStoreUnavailable);
    await expect(store.set(NAME, "v")).rejects.toThrow(SecretStoreUnavailable);
    await expect(store.delete(NAME)).rejects.toThrow(SecretStoreUnavailable);
    expect(await file.get(NAME)).toBeUndefined();
    // what was not certain is not remembered
    vault.standIn.trouble = { kind: "none" };
    now += 60_000;
    expect(await store.get(NAME)).toBeUndefined();
  });

  it("leaves a throttling vault alone for as long as it asked to be", async () => {
    const store = hierarchy([vault.open({ budgetMs: 5_000 }), file], { cacheTtlMs: 0 });
    await file.set(NAME, "from the file");
    vault.standIn.trouble = { kind: "throttled", times: 1, retryAfterSeconds: 20 };
    await store.get(NAME);
    const asked = vault.standIn.requests.length;
    now += 19_000;
    await store.get(NAME);
    expect(vault.standIn.requests.length).toBe(asked);
    now += 1_001;
    await store.get(NAME);
    expect(vault.standIn.requests.length).toBeGreaterThan(asked);
  });

  it("does not pass over a secret that was altered", async () => {
    const broken: SecretStore = { ...file, get: async () => Promise.reject(new SecretUnreadable("file", "altered")) };
    env[VARIABLE] = "given";
    await expect(hierarchy([broken, environmentStore(env)]).get(NAME)).rejects.toThrow(SecretUnreadable);
  });

  it("answers from memory for its time and no longer, that there is none too, and at once anew after a write of its own", async () => {
    const counted = counting(file);
    const store = hierarchy([counted.store], { cacheTtlMs: 10_000 });
    for (let times = 0; times < 5; times++) expect(await store.get(NAME)).toBeUndefined();
    expect(counted.reads()).toBe(1);
    await store.set(NAME, "one");
    for (let times = 0; times < 5; times++) expect((await store.get(NAME))?.value).toBe("one");
    expect(counted.reads()).toBe(2);
    await file.set(NAME, "two, by another process");
    now += 9_999;
    expect((await store.get(NAME))?.value).toBe("one");
    now += 1;
    expect((await store.get(NAME))?.value).toBe("two, by another process");
    await store.delete(NAME);
    expect(await store.get(NAME)).toBeUndefined();
  });

  it("remembers no more than it may, the most recently used ones", async () => {
    const counted = counting(file);
    const store = hierarchy([counted.store], { cacheMax: 2 });
    for (const name of ["a", "b", "a", "c", "a"]) await store.get(`oauth/${name}/s/t`);
    expect(counted.reads()).toBe(3);
    await store.get("oauth/b/s/t");
    expect(counted.reads()).toBe(4);
  });

  it("asks once for a hundred callers at once, and a write in the midst of it is not undone by what was read before", async () => {
    await file.set(NAME, "former");
    const counted = counting(file);
    const store = hierarchy([counted.store]);
    const callers = Array.from({ length: 100 }, () => store.get(NAME));
    expect(new Set((await Promise.all(callers)).map((secret) => secret?.value))).toEqual(new Set(["former"]));
    expect(counted.reads()).toBe(1);

    const release = counted.hold();
    now += 60_000;
    const early = store.get(NAME);
    await store.set(NAME, "latter");
    release();
    expect((await early)?.value).toBe("former");
    expect((await store.get(NAME))?.value).toBe("latter");
  });
});

/** The store itself, its reads counted; `hold` lets reads finish with what they found, but not before it is released. */
function counting(store: SecretStore) {
  let reads = 0;
  let gate: Promise<void> = Promise.resolve();
  const counted: SecretStore = {
    ...store,
    get: async (name) => {
      reads += 1;
      const [held, found] = [gate, await store.get(name)];
      await held;
      return found;
    },
  };
  const hold = (): (() => void) => {
    let release = (): void => undefined;
    gate = new Promise((resolve) => (release = resolve));
    return () => {
      gate = Promise.resolve();
      release();
    };
  };
  return { store: counted, reads: () => reads, hold };
}
