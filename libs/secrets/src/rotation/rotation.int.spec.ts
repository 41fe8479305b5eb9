// Real: the encrypted file. Made: the clock, and the issuer that hands out successors.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEncryptedFileStore } from "../encrypted-file/encrypted-file-store.ts";
import { KEK, newFolder } from "../fixtures/folder.ts";
import type { SecretStore } from "../port.ts";
import { rotateEndingSecrets, type RotationOptions } from "./rotation.ts";

const NOW = 1_800_000_000;
const clock = { now: () => NOW };
let folder: ReturnType<typeof newFolder>;
let store: SecretStore;
beforeEach(async () => {
  folder = newFolder();
  store = await openEncryptedFileStore({ dir: folder.dir, kek: KEK, clock });
  await store.set("oauth/github/lasting/access-token", "l");
  await store.set("oauth/github/far/access-token", "f", { expiresAt: NOW + 3_601 });
  await store.set("oauth/github/soon/access-token", "s", { expiresAt: NOW + 3_600 });
  await store.set("oauth/github/gone/access-token", "g", { expiresAt: NOW - 5 });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});
const round = (options: Partial<RotationOptions>, signal?: AbortSignal) =>
  rotateEndingSecrets({ store, clock, aheadSeconds: 3_600, rotate: async () => undefined, onFailure: () => undefined, ...options }, signal);

describe("a round of rotation", () => {
  it("replaces what ends soon and leaves the rest alone", async () => {
    const asked: string[] = [];
    const rotate: RotationOptions["rotate"] = async (name, { value }) => {
      asked.push(name);
      return { value: `${value}-next`, expiresAt: NOW + 7_200 };
    };
    expect(await round({ rotate })).toEqual({ rotated: 2, failed: 0 });
    expect(asked).toEqual(["oauth/github/gone/access-token", "oauth/github/soon/access-token"]);
    expect(await store.get("oauth/github/soon/access-token")).toMatchObject({ value: "s-next", expiresAt: NOW + 7_200 });
    expect((await store.get("oauth/github/far/access-token"))?.value).toBe("f");
    expect(await round({ rotate })).toEqual({ rotated: 0, failed: 0 });
  });

  it("goes on after a failure, names it without its value, and tries it again next time", async () => {
    const failures: string[] = [];
    const rotate: RotationOptions["rotate"] = async (name) => {
      if (name.includes("gone")) throw new Error("the issuer says no");
      return { value: "next" };
    };
    expect(await round({ rotate, onFailure: (name) => void failures.push(name) })).toEqual({ rotated: 1, failed: 1 });
    expect(failures).toEqual(["oauth/github/gone/access-token"]);
    expect((await store.get("oauth/github/gone/access-token"))?.value).toBe("g");
    expect(await round({})).toEqual({ rotated: 0, failed: 0 });
  });

  it("stops between two secrets when its lease is lost", async () => {
    const lease = new AbortController();
    const rotate: RotationOptions["rotate"] = async () => {
      lease.abort(new Error("lost"));
      return { value: "next" };
    };
    await expect(round({ rotate }, lease.signal)).rejects.toThrow("lost");
    expect((await store.get("oauth/github/soon/access-token"))?.value).toBe("s");
  });
});
