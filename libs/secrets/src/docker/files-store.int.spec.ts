// Real: files and links in a folder. Made: nothing.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runSecretStoreContract } from "../contract/index.ts";
import { SecretStoreAbsent, SecretUnreadable } from "../errors.ts";
import { clock, newFolder } from "../fixtures/folder.ts";
import { flatName, secretName } from "../secret-name.ts";
import { dockerFilesStore } from "./files-store.ts";

for (const writable of [false, true])
  runSecretStoreContract(`Docker secrets, ${writable ? "writable" : "read-only"}`, async () => {
    const { dir, remove } = newFolder();
    return {
      open: async () => dockerFilesStore({ dir, writable, clock }),
      plant: async (name, value) => writeFileSync(join(dir, flatName(secretName(name))), `${value}\n`),
      remove: async () => remove(),
    };
  });

describe("Docker secrets", () => {
  const NAME = "oauth/github/my-server/access-token";
  const FILE = "oauth--github--my-server--access-token";
  let folder: ReturnType<typeof newFolder>;
  beforeEach(() => (folder = newFolder()));
  afterEach(() => folder.remove());

  it("are found through the links Kubernetes makes, and not through one that leads out of the folder", async () => {
    const store = dockerFilesStore({ dir: folder.dir, clock });
    mkdirSync(join(folder.dir, "..data"));
    writeFileSync(join(folder.dir, "..data", FILE), "linked");
    symlinkSync(join("..data", FILE), join(folder.dir, FILE));
    expect((await store.get(NAME))?.value).toBe("linked");
    symlinkSync("/etc/passwd", join(folder.dir, "oauth--github--evil--token"));
    await expect(store.get("oauth/github/evil/token")).rejects.toThrow(SecretUnreadable);
  });

  it("are bare where nothing else is to be kept, so that containers can use them; readable by the owner only; no draft is left", async () => {
    const store = dockerFilesStore({ dir: folder.dir, writable: true, clock });
    await store.set(NAME, "gho_bare");
    expect(readFileSync(join(folder.dir, FILE), "utf8")).toBe("gho_bare");
    expect(statSync(join(folder.dir, FILE)).mode & 0o777).toBe(0o600);
    expect(await store.get(NAME)).toMatchObject({ createdAt: expect.closeTo(clock.now(), -1) });
    expect(readdirSync(folder.dir)).toEqual([FILE]);
  });

  it("that are no record, no file or far too long are not passed over in silence", async () => {
    const store = dockerFilesStore({ dir: folder.dir, clock });
    writeFileSync(join(folder.dir, FILE), 'grantline-secret:{"value":"half');
    await expect(store.get(NAME)).rejects.toThrow(/no record of ours$/);
    writeFileSync(join(folder.dir, FILE), "x".repeat(200_000));
    await expect(store.get(NAME)).rejects.toThrow(SecretUnreadable);
    mkdirSync(join(folder.dir, "oauth--a--b--c"));
    await expect(store.get("oauth/a/b/c")).rejects.toThrow(SecretUnreadable);
  });

  it("are none where there is no folder, which is no fault; writing there is one", async () => {
    const store = dockerFilesStore({ dir: join(folder.dir, "none"), writable: true, clock });
    expect([await store.get(NAME), await store.list(), await store.delete(NAME)]).toEqual([undefined, [], false]);
    expect(await store.health()).toMatchObject([{ status: "absent" }]);
    await expect(store.set(NAME, "v")).rejects.toThrow(SecretStoreAbsent);
    chmodSync(folder.dir, 0o700);
  });
});
