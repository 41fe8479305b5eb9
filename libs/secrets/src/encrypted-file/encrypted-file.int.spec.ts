// Real: SQLite, OpenSSL, processes that are killed. Made: nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SecretStoreUnavailable, SecretUnreadable } from "../errors.ts";
import { allBytes, clock, KEK, NEW_KEK, newFolder } from "../fixtures/folder.ts";
import { openEncryptedFileStore } from "./encrypted-file-store.ts";
import { rewrapSecrets } from "./rewrap-secrets.ts";

const NAME = "oauth/github/my-server/access-token";
const OTHER = "oauth/github/my-server/refresh-token";
let folder: ReturnType<typeof newFolder>;
let children: ChildProcess[];
beforeEach(() => {
  folder = newFolder();
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  folder.remove();
});

const open = (options: Partial<Parameters<typeof openEncryptedFileStore>[0]> = {}) =>
  openEncryptedFileStore({ dir: folder.dir, kek: KEK, clock, ...options });
function change(sql: string): void {
  const database = new DatabaseSync(join(folder.dir, "secrets.db"));
  database.exec(sql);
  database.close();
}

describe("the encrypted file", () => {
  it("is readable by its owner only, and so is what SQLite makes beside it", async () => {
    const store = await open({ dir: join(folder.dir, "new") });
    await store.set(NAME, "v");
    expect(statSync(join(folder.dir, "new")).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(join(folder.dir, "new")))
      expect([file, statSync(join(folder.dir, "new", file)).mode & 0o077]).toEqual([file, 0]);
    await store.close();
  });

  it.each([
    ["a changed bit of the value", "UPDATE secret SET sealed = CAST(substr(sealed, 1, 20) || x'00' || substr(sealed, 22) AS BLOB)"],
    [
      "a changed bit of the data key",
      "UPDATE secret SET data_key = CAST(substr(data_key, 1, 20) || x'00' || substr(data_key, 22) AS BLOB)",
    ],
    ["a later expiry", "UPDATE secret SET expires_at = expires_at + 86400"],
    ["no expiry", "UPDATE secret SET expires_at = NULL"],
    ["another time of creation", "UPDATE secret SET created_at = created_at - 1"],
    ["another version", "UPDATE secret SET version = 'v2'"],
    [
      "the row of another secret",
      `UPDATE secret SET name = '${OTHER}x' WHERE name = '${OTHER}'; UPDATE secret SET name = '${OTHER}' WHERE name = '${NAME}'; UPDATE secret SET name = '${NAME}' WHERE name = '${OTHER}x'`,
    ],
    [
      "the value of another secret",
      `UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE name = '${OTHER}') WHERE name = '${NAME}'`,
    ],
    ["a cut-off value", "UPDATE secret SET sealed = x'00'"],
  ])("refuses a secret with %s", async (_what, sql) => {
    const store = await open();
    await store.set(NAME, "value", { expiresAt: 4_102_444_800 });
    await store.set(OTHER, "other");
    change(sql);
    await expect(store.get(NAME)).rejects.toThrow(SecretUnreadable);
    await store.close();
  });

  it("opens under its own key only, given as bytes or as a passphrase", async () => {
    const passphrase = { passphrase: "a passphrase long enough" };
    const store = await open({ kek: passphrase });
    await store.set(NAME, "value");
    await store.close();
    await expect(open()).rejects.toThrow(/GRANTLINE_KEK/);
    await expect(open({ kek: { passphrase: "another passphrase entirely" } })).rejects.toThrow(SecretUnreadable);
    const again = await open({ kek: passphrase });
    expect((await again.get(NAME))?.value).toBe("value");
    await again.close();
  });

  it("names a file of a newer release, and a folder that can't be used", async () => {
    await (await open()).close();
    change("PRAGMA user_version = 99");
    await expect(open()).rejects.toThrow(/newer version of Grantline/);
    await expect(open({ dir: join(folder.dir, "secrets.db", "below-a-file") })).rejects.toThrow(SecretStoreUnavailable);
  });

  it("has one key when ten processes' worth of handles make it at once", async () => {
    const stores = await Promise.all(Array.from({ length: 10 }, () => open()));
    await Promise.all(stores.map((store, index) => store.set(`oauth/p/s-${index}/t`, "v")));
    for (const store of stores) expect(await store.list()).toHaveLength(10);
    await Promise.all(stores.map((store) => store.close()));
    const database = new DatabaseSync(join(folder.dir, "secrets.db"));
    expect(database.prepare("SELECT count(*) AS keys FROM kek").get()).toEqual({ keys: 1 });
    database.close();
  });
});

describe("another key-encryption key", () => {
  it("takes over, and the former opens nothing any more and is not needed", async () => {
    const before = await open();
    for (let count = 0; count < 250; count++) await before.set(`oauth/p/server-${count}/t`, `value-${count}`);
    await before.close();
    const progress: number[] = [];
    expect(
      await rewrapSecrets({ dir: folder.dir, from: KEK, to: NEW_KEK, onProgress: ({ rewrapped }) => void progress.push(rewrapped) }),
    ).toEqual({ rewrapped: 250 });
    expect(progress).toEqual([100, 200, 250]);
    await expect(open()).rejects.toThrow(SecretUnreadable);
    const after = await open({ kek: NEW_KEK });
    expect((await after.get("oauth/p/server-249/t"))?.value).toBe("value-249");
    await after.close();
    expect(await rewrapSecrets({ dir: folder.dir, from: KEK, to: NEW_KEK })).toEqual({ rewrapped: 0 });
    await expect(rewrapSecrets({ dir: folder.dir, from: KEK, to: { key: Buffer.alloc(32, 9) } })).rejects.toThrow(/not the one/);
    await expect(rewrapSecrets({ dir: folder.dir, from: NEW_KEK, to: NEW_KEK })).rejects.toThrow(/same/);
  });

  it("is not written past by a process that was not given it", async () => {
    const old = await open();
    await old.set(NAME, "v");
    await rewrapSecrets({ dir: folder.dir, from: KEK, to: NEW_KEK });
    await expect(old.set(NAME, "w")).rejects.toThrow(SecretStoreUnavailable);
    await expect(old.get(NAME)).rejects.toThrow(SecretStoreUnavailable);
    expect(await old.health()).toMatchObject([{ status: "degraded" }]);
    await old.close();
  });

  it("takes over under two processes that write and read all the time, one of which is killed; nothing acknowledged is lost", async () => {
    const before = await open();
    for (let count = 0; count < 60; count++) await before.set(`oauth/p/server-${count}/t`, "value-kept");
    await before.close();
    const writers = ["one", "two"].map(startWriter);
    await Promise.all(writers.map(({ atLeast }) => atLeast(30)));
    const rewrapped = rewrapSecrets({ dir: folder.dir, from: KEK, to: NEW_KEK, batch: 3 });
    await (writers[0] as Writer).atLeast(60);
    (writers[0] as Writer).child.kill("SIGKILL");
    expect((await rewrapped).rewrapped).toBeGreaterThanOrEqual(60);
    await (writers[1] as Writer).atLeast(0, 40);
    (writers[1] as Writer).child.kill("SIGTERM");
    await Promise.all(writers.map(({ ended }) => ended));
    expect(writers.map(({ error }) => error())).toEqual(["", ""]);
    const store = await open({ kek: NEW_KEK });
    for (const { written } of writers)
      for (const [name, turn] of written) {
        const value = Number((await store.get(name))?.value.slice("value-".length));
        // the writer may have got one turn further than its output
        expect(value).toBeGreaterThanOrEqual(turn);
        expect(value).toBeLessThanOrEqual(turn + 20);
      }
    expect((await store.get("oauth/p/server-59/t"))?.value).toBe("value-kept");
    await store.close();
    expect(allBytes(folder.dir).includes("value-")).toBe(false);
  });
});

type Writer = ReturnType<typeof startWriter>;

function startWriter(server: string) {
  const script = join(import.meta.dirname, "..", "fixtures", "writer.process.ts");
  const child = spawn(
    process.execPath,
    ["--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", script, folder.dir, server],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  children.push(child);
  /** The latest turn acknowledged, by name. */
  const written = new Map<string, number>();
  let [lines, said, rest] = [0, "", ""];
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      const [name = "", turn] = line.split(" ");
      written.set(name, Number(turn));
      lines += 1;
    }
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  /** So many turns in all, or so many more. */
  const atLeast = async (count: number, more = 0): Promise<void> => {
    const wanted = more === 0 ? count : lines + more;
    while (lines < wanted) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the writer ended: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { child, written, atLeast, ended, error: () => said };
}
