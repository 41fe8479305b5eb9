import { describe, expect, it } from "vitest";
import { allBytes, clockAt, MIDNIGHT, openTestFolder, temporaryFolder } from "./key-folder.fixture.ts";

const HOUR = 3600;
const DAY = 86_400;

// Real: SQLite files, OpenSSL. Fake: the clock.
describe("retry keys", () => {
  it("make the same value again from the same label and nonce, and another from any other", async () => {
    const { retryKeys } = await openTestFolder({ dir: temporaryFolder() });
    const { keyId } = retryKeys.current();
    const value = retryKeys.derive(keyId, "refresh", "nonce");
    expect(Buffer.from(value ?? "", "base64url")).toHaveLength(32);
    expect(retryKeys.derive(keyId, "refresh", "nonce")).toBe(value);
    expect(retryKeys.derive(keyId, "access", "nonce")).not.toBe(value);
    expect(retryKeys.derive(keyId, "refres", "hnonce")).not.toBe(value);
    expect(retryKeys.derive("runknown000000", "refresh", "nonce")).toBeUndefined();
    expect(retryKeys.derive("'; DROP TABLE daily_keys; --", "refresh", "nonce")).toBeUndefined();
  });

  it("are replaced at midnight and destroyed an hour later", async () => {
    const dir = temporaryFolder();
    const clock = clockAt(MIDNIGHT - 1);
    const folder = await openTestFolder({ dir, clock });
    const { keyId } = folder.retryKeys.current();
    const value = folder.retryKeys.derive(keyId, "refresh", "nonce");
    clock.at = MIDNIGHT + HOUR - 1;
    expect(folder.retryKeys.current().keyId).not.toBe(keyId);
    expect(folder.retryKeys.derive(keyId, "refresh", "nonce")).toBe(value);
    clock.at = MIDNIGHT + HOUR;
    expect(folder.retryKeys.derive(keyId, "refresh", "nonce")).toBeUndefined();
    expect(allBytes(dir).includes(keyId)).toBe(true);
    folder.prune();
    expect(allBytes(dir).includes(keyId)).toBe(false);
  });

  it("never come back under the same name when the clock goes back", async () => {
    const clock = clockAt(MIDNIGHT - 1);
    const folder = await openTestFolder({ dir: temporaryFolder(), clock });
    const { keyId } = folder.retryKeys.current();
    clock.at = MIDNIGHT + DAY;
    folder.prune();
    clock.at = MIDNIGHT - 1;
    expect(folder.retryKeys.current().keyId).not.toBe(keyId);
    expect(folder.retryKeys.derive(keyId, "refresh", "nonce")).toBeUndefined();
  });

  it("survive a restart within their time", async () => {
    const dir = temporaryFolder();
    const first = await openTestFolder({ dir });
    const { keyId } = first.retryKeys.current();
    const value = first.retryKeys.derive(keyId, "refresh", "nonce");
    first.close();
    expect((await openTestFolder({ dir })).retryKeys.derive(keyId, "refresh", "nonce")).toBe(value);
  });

  it("are the same for every process, whoever asks first", async () => {
    const dir = temporaryFolder();
    const [here, there] = [await openTestFolder({ dir }), await openTestFolder({ dir })];
    const { keyId } = here.retryKeys.current();
    expect(there.retryKeys.current().keyId).toBe(keyId);
    expect(there.retryKeys.derive(keyId, "refresh", "nonce")).toBe(here.retryKeys.derive(keyId, "refresh", "nonce"));
  });
});

describe("seals", () => {
  it("open for their purpose only", async () => {
    const { seals } = await openTestFolder({ dir: temporaryFolder() });
    const sealed = seals.seal("session", { sub: "s1" });
    expect(sealed).toMatch(/^[a-z0-9]+\.[A-Za-z0-9_-]+$/);
    expect(seals.open("session", sealed)).toEqual({ sub: "s1" });
    expect(seals.open("interaction", sealed)).toBeUndefined();
  });

  it("refuse what was forged, cut, spelled differently or sealed elsewhere", async () => {
    const { seals } = await openTestFolder({ dir: temporaryFolder() });
    const { seals: foreign } = await openTestFolder({ dir: temporaryFolder() });
    const sealed = seals.seal("session", { sub: "s1" });
    const [id = "", body = ""] = sealed.split(".");
    const altered = `${id}.${body[0] === "A" ? "B" : "A"}${body.slice(1)}`;
    for (const bad of [
      altered,
      sealed.slice(0, -4),
      `${sealed}=`,
      `${sealed}.x`,
      ` ${sealed}`,
      body,
      id,
      "",
      ".",
      foreign.seal("session", { sub: "s1" }),
    ]) {
      expect(seals.open("session", bad)).toBeUndefined();
    }
  });

  it("stay open the day after and no longer; longer where sessions last longer", async () => {
    const clock = clockAt(MIDNIGHT - 1);
    const { seals } = await openTestFolder({ dir: temporaryFolder(), clock });
    const { seals: longer } = await openTestFolder({ dir: temporaryFolder(), clock, sealsKeptFor: 3 * DAY });
    const [sealed, kept] = [seals.seal("session", { n: 1 }), longer.seal("session", { n: 1 })];
    clock.at = MIDNIGHT + DAY - 1;
    expect(seals.open("session", sealed)).toEqual({ n: 1 });
    clock.at = MIDNIGHT + DAY;
    expect(seals.open("session", sealed)).toBeUndefined();
    expect(longer.open("session", kept)).toEqual({ n: 1 });
  });

  it("opened by a process that has never seen the key", async () => {
    const dir = temporaryFolder();
    const here = await openTestFolder({ dir });
    const sealed = here.seals.seal("par", { n: 1 });
    expect((await openTestFolder({ dir })).seals.open("par", sealed)).toEqual({ n: 1 });
  });
});
