import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SecretRefused, SecretStoreReadOnly } from "../errors.ts";
import type { SecretStore } from "../port.ts";
import { secretName } from "../secret-name.ts";

export interface SecretPlace {
  /** Opens a handle on it, as each process has one. Closed by the suite. */
  open(): Promise<SecretStore>;
  /** Puts a secret there as its owner would, for stores that are read-only. */
  plant(name: string, value: string): Promise<void>;
  /** Everything stored, as whoever steals it finds it; for stores that promise to encrypt. */
  stolen?(): Promise<Buffer>;
  remove(): Promise<void>;
}

const NAME = "oauth/github/my-server/access-token";
const OTHER = "oauth/github/my-server/refresh-token";
/** Values that break naive stores: quotes, newlines, percent signs, options, more than Latin. */
const AWKWARD = [
  "gho_abc.DEF-123_456",
  "  spaces  ",
  "line\nline\n",
  "\r\n",
  "--help",
  "$(id)`id`;'\"\\",
  "%00%2e%2e",
  "π 🔑 é",
  "x".repeat(24_576),
  "grantline-secret:{}",
];

/** What every place for secrets must keep. `openPlace` gives a new, empty one each time. */
export function runSecretStoreContract(title: string, openPlace: () => Promise<SecretPlace>): void {
  describe(`secret store contract: ${title}`, () => {
    let place: SecretPlace;
    let opened: SecretStore[];
    const open = async (): Promise<SecretStore> => {
      const store = await place.open();
      opened.push(store);
      return store;
    };
    beforeEach(async () => {
      opened = [];
      place = await openPlace();
    });
    afterEach(async () => {
      for (const store of opened) await store.close();
      await place.remove();
    });

    it("has nothing at first, and says that it is ready", async () => {
      const store = await open();
      expect(await store.get(NAME)).toBeUndefined();
      expect(await store.list()).toEqual([]);
      expect(await store.health()).toEqual([expect.objectContaining({ store: store.name, status: "ready", writable: store.writable })]);
    });

    it("gives what was put there, and lists it without its value", async () => {
      await place.plant(NAME, "a-planted-value");
      const store = await open();
      expect(await store.get(NAME)).toMatchObject({ value: "a-planted-value", store: store.name, version: expect.stringMatching(/./) });
      expect(await store.get(OTHER)).toBeUndefined();
      const listed = await store.list();
      expect(listed).toEqual([expect.objectContaining({ name: NAME, store: store.name })]);
      expect(JSON.stringify(listed)).not.toContain("a-planted-value");
    });

    it.each(HOSTILE_NAMES)("refuses the name %j everywhere, and does not repeat it", async (name) => {
      const store = await open();
      for (const call of [() => store.get(name), () => store.set(name, "v"), () => store.delete(name)]) {
        const refused = await call().catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(SecretRefused);
        if (name.length > 8) expect(String(refused)).not.toContain(name);
      }
    });

    it("writes, replaces and deletes, or says that it does not", async () => {
      const store = await open();
      if (!store.writable) {
        await expect(store.set(NAME, "value")).rejects.toThrow(SecretStoreReadOnly);
        await expect(store.delete(NAME)).rejects.toThrow(SecretStoreReadOnly);
        return;
      }
      const first = await store.set(NAME, "first");
      const second = await store.set(NAME, "second", { expiresAt: 4_102_444_800 });
      expect(second.version).not.toBe(first.version);
      const elsewhere = await open();
      expect(await elsewhere.get(NAME)).toMatchObject({ value: "second", expiresAt: 4_102_444_800, version: second.version });
      // an expiry does not outlive the value it was given for
      await elsewhere.set(NAME, "third");
      const third = await store.get(NAME);
      expect([third?.value, third?.expiresAt]).toEqual(["third", undefined]);
      expect(await store.delete(NAME)).toBe(true);
      expect(await elsewhere.get(NAME)).toBeUndefined();
      expect(await store.delete(NAME)).toBe(false);
      await store.set(NAME, "again");
      expect(await elsewhere.get(NAME)).toMatchObject({ value: "again" });
    });

    it("keeps awkward values as they are, and refuses those no store can keep", async () => {
      const store = await open();
      if (!store.writable) return;
      for (const value of AWKWARD) {
        await store.set(NAME, value);
        expect((await store.get(NAME))?.value).toBe(value);
      }
      for (const value of ["", "a\0b", "\ud800", "x".repeat(24_577)]) await expect(store.set(NAME, value)).rejects.toThrow(SecretRefused);
      await expect(store.set(NAME, "v", { expiresAt: Date.now() * 1000 })).rejects.toThrow(SecretRefused);
    });

    it("keeps names apart that differ in one letter, and lists them in order", async () => {
      const names = ["oauth/a/b-c/d", "oauth/a-b/c/d", "oauth/a/b/c-d", NAME, OTHER].map(secretName);
      for (const [index, name] of names.entries()) await place.plant(name, `value-${index}`);
      const store = await open();
      for (const [index, name] of names.entries()) expect((await store.get(name))?.value).toBe(`value-${index}`);
      expect((await store.list()).map(({ name }) => name)).toEqual(names.toSorted());
    });

    it("ends 20 writers at once with one of their values", async () => {
      const stores = await Promise.all([open(), open()]);
      if (!stores[0].writable) return;
      const values = Array.from({ length: 20 }, (_, index) => `value-${index}`);
      await Promise.all(values.map((value, index) => (stores[index % 2] as SecretStore).set(NAME, value)));
      const [one, other] = await Promise.all(stores.map((store) => store.get(NAME)));
      expect(values).toContain(one?.value);
      expect(other).toEqual(one);
    });

    it("keeps nothing in the clear where it promises to encrypt", async () => {
      const store = await open();
      if (!store.writable || place.stolen === undefined) return;
      const value = "a-value-nobody-else-has-0123456789";
      await store.set(NAME, value);
      await store.set(NAME, `${value}-2`);
      await store.delete(NAME);
      await store.set(OTHER, value);
      const stolen = await place.stolen();
      expect(stolen.length).toBeGreaterThan(100);
      for (const form of [value, Buffer.from(value).toString("hex"), Buffer.from(value).toString("base64url").slice(0, 40)])
        expect(stolen.includes(form)).toBe(false);
    });
  });
}

export const HOSTILE_NAMES: readonly string[] = [
  "",
  "oauth",
  "oauth/github/server",
  "oauth/github/server/token/more",
  "/oauth/github/server/token",
  "oauth/github/../../etc/passwd",
  "oauth/../server/token",
  "oauth/./server/token",
  "oauth/github/server/..",
  "oauth//server/token",
  "oauth/github/server/token\0.txt",
  "oauth/github/server/token\n",
  "oauth/github/server/tok en",
  "oauth/github/server/--help",
  "oauth/github/-server/token",
  "oauth/github/server--x/token",
  "oauth/github/server_x/token",
  "oauth/github/server.x/token",
  "oauth/GitHub/server/token",
  "oauth/github/sеrver/token", // the second letter is Cyrillic
  "oauth/github/ｓerver/token",
  "oauth/github/server∕token/x",
  "oauth/github/ser\u200bver/token",
  "oauth/github/$(id)/token",
  "oauth/github/server;id/token",
  "oauth\\github\\server\\token",
  "oauth/github/%2e%2e/token",
  `oauth/github/${"a".repeat(49)}/token`,
  "x".repeat(100_000),
  "gho_16C7e42F292c6912E7710c838347Ae178B4a",
];
