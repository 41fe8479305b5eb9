// Real: SQLite files in a temp folder, child processes. Fake: the clock, the boot time.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EphemeralStore } from "@grantline/read-model";
import { runEphemeralStoreContract } from "@grantline/read-model/contract";
import { openSqliteEphemeralStore } from "./index.ts";

type Closable = EphemeralStore & { close(): Promise<void> };

runEphemeralStoreContract("SQLite", {
  async open(clock) {
    const dir = mkdtempSync(join(tmpdir(), "ephemeral-"));
    const file = join(dir, "ephemeral.db");
    const handles: Closable[] = [];
    const open = async (): Promise<Closable> => {
      const store = await openSqliteEphemeralStore({ file, clock });
      handles.push(store);
      return store;
    };
    const closeAll = async (): Promise<void> => {
      for (const handle of handles.splice(0)) await handle.close();
    };
    return {
      store: await open(),
      second: open,
      async reopen() {
        await closeAll();
        return open();
      },
      async lose() {
        await closeAll();
        rmSync(file);
        return open();
      },
      async dispose() {
        await closeAll();
        rmSync(dir, { recursive: true });
      },
    };
  },
});

describe("the SQLite ephemeral store", () => {
  let dir: string;
  let file: string;
  let now = 5_000;
  const clock = { now: () => now };
  beforeEach(() => {
    now = 5_000;
    dir = mkdtempSync(join(tmpdir(), "ephemeral-"));
    file = join(dir, "ephemeral.db");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("says after a reboot of the machine that it is complete only since then", async () => {
    await (await openSqliteEphemeralStore({ file, clock, bootedAt: 1_000 })).close();
    now = 6_000;
    const same = await openSqliteEphemeralStore({ file, clock, bootedAt: 1_002 });
    expect(await same.completeSince()).toBe(5_000);
    await same.close();
    const rebooted = await openSqliteEphemeralStore({ file, clock, bootedAt: 5_900 });
    expect(await rebooted.completeSince()).toBe(6_000);
    await rebooted.close();
  });

  it("says after a damaged file that it is complete only since then", async () => {
    writeFileSync(file, "no database".repeat(1_000));
    const store = await openSqliteEphemeralStore({ file, clock });
    expect(await store.completeSince()).toBe(5_000);
    await store.close();
  });

  it("sweeps expired keys out of the file", async () => {
    const store = await openSqliteEphemeralStore({ file, clock });
    for (let n = 0; n < 100; n += 1) await store.addIfAbsent(`k${n}`, now + 10);
    now += 60;
    await store.addIfAbsent("another", now + 10);
    const raw = new DatabaseSync(file);
    expect(raw.prepare("SELECT count(*) AS n FROM seen").get()?.["n"]).toBe(1);
    raw.close();
    await store.close();
  });

  it("gives every key exactly one first caller over three processes", async () => {
    const counts = await Promise.all([1, 2, 3].map(() => firstsOfAProcess(file)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
  });
});

/** Runs a process that adds 300 keys to the shared file; how often it was the first. */
function firstsOfAProcess(file: string): Promise<number> {
  const script = `
    const { openSqliteEphemeralStore } = await import(process.argv[1]);
    const store = await openSqliteEphemeralStore({ file: process.argv[2], clock: { now: () => 1000 } });
    let firsts = 0;
    for (let n = 0; n < 300; n += 1) if (await store.addIfAbsent("key" + n, 2000)) firsts += 1;
    await store.close();
    console.log(firsts);`;
  const module = new URL("./index.ts", import.meta.url).href;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--conditions=@grantline/source", "--input-type=module", "-e", script, module, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(Number(text)) : reject(new Error(`exit ${code}`))));
  });
}
