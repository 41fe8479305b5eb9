// Real: child processes, /proc, and the docker of this machine where there is one. Stand-in: `docker pass`, which exists on desktops only.
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runSecretStoreContract } from "../contract/index.ts";
import { SecretStoreAbsent, SecretStoreUnavailable } from "../errors.ts";
import { clock, newFolder } from "../fixtures/folder.ts";
import { dockerDesktopStore } from "./desktop-store.ts";

const STAND_IN = join(import.meta.dirname, "stand-in", "docker-pass.sh");
const NAME = "oauth/github/my-server/access-token";

function openPlace() {
  const { dir, remove } = newFolder();
  const tool = join(dir, "docker");
  writeFileSync(tool, `#!/bin/sh\nexec sh "${STAND_IN}" "$@"\n`);
  chmodSync(tool, 0o700);
  const [entries, calls] = [join(dir, "entries"), join(dir, "calls")];
  mkdirSync(entries);
  const open = (mode = "", timeoutMs = 20_000) => {
    const env = {
      PATH: process.env["PATH"],
      STAND_IN_ENTRIES: entries,
      STAND_IN_CALLS: calls,
      STAND_IN_MODE: mode,
      OAUTH__A__B__C: "kept-from-children",
    };
    return dockerDesktopStore({ tool, env, clock, timeoutMs });
  };
  const called = () => readFileSync(calls, "utf8");
  return { open, called, remove, entries };
}

runSecretStoreContract("Docker Desktop's keychain (stand-in for docker pass)", async () => {
  const place = openPlace();
  return {
    open: async () => place.open(),
    plant: async (name, value) => {
      writeFileSync(join(place.entries, name.replaceAll("/", "+")), value);
      writeFileSync(join(place.entries, "somebody+elses entry"), "x");
    },
    remove: async () => place.remove(),
  };
});

describe("Docker Desktop's keychain", () => {
  let place: ReturnType<typeof openPlace>;
  beforeEach(() => (place = openPlace()));
  afterEach(() => place.remove());

  it("is never told a value in an argument or a variable, as the process list can show", async () => {
    const value = "a-value-nobody-else-has-0123456789";
    const store = place.open();
    const seen: string[] = [];
    const watch = setInterval(() => seen.push(...processList()), 2);
    await store.set(NAME, value);
    await store.set(NAME, value, { expiresAt: 4_102_444_800 });
    expect((await store.get(NAME))?.value).toBe(value);
    clearInterval(watch);
    expect(seen.some((line) => line.includes("docker-pass.sh"))).toBe(true);
    expect(seen.filter((line) => line.includes(value))).toEqual([]);
    expect(place.called()).not.toContain(value);
    expect(place.called()).not.toContain("OAUTH__");
  });

  it("is read from releases that show values unasked too", async () => {
    await place.open().set(NAME, "from-before");
    expect((await place.open("before-2026").get(NAME))?.value).toBe("from-before");
  });

  it.each([
    ["no program", () => dockerDesktopStore({ tool: "/no/such/docker", env: {}, clock })],
    ["no plugin", () => place.open("no-plugin")],
    ["this machine's docker, or none", () => dockerDesktopStore({ env: { PATH: process.env["PATH"], HOME: "/nonexistent" }, clock })],
  ])("is absent with %s, which is no fault", async (_what, open) => {
    const store = open();
    expect([await store.get(NAME), await store.list(), await store.delete(NAME)]).toEqual([undefined, [], false]);
    expect(await store.health()).toMatchObject([{ status: "absent" }]);
    await expect(store.set(NAME, "v")).rejects.toThrow(SecretStoreAbsent);
  });

  it("is unavailable when it is locked or hangs, and what it said is not repeated", async () => {
    for (const store of [place.open("broken"), place.open("hangs", 500)]) {
      const error = await store.get(NAME).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(SecretStoreUnavailable);
      expect(String(error)).not.toContain("keychain is locked");
      expect(await store.health()).toMatchObject([{ status: "degraded" }]);
    }
  });
});

/** Every process's command line, now. */
function processList(): readonly string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8")];
      } catch {
        // ended meanwhile
        return [];
      }
    });
}
