import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { allBytes, clockAt, MIDNIGHT, openTestFolder, temporaryFolder } from "./key-folder.fixture.ts";
import { containsBytes } from "./subject-keys.ts";

const CANARY = "canary-ada.lovelace@example.com";
const DAY = 86_400;

// Real: SQLite files, OpenSSL. Fake: the clock.
describe("subject keys", () => {
  it("seal personal data so that only the same subject and place open it", async () => {
    const { subjectKeys } = await openTestFolder({ dir: temporaryFolder() });
    const sealed = await subjectKeys.seal("s1", "claims", CANARY);
    expect(Buffer.from(sealed, "base64url").includes(CANARY)).toBe(false);
    expect(await subjectKeys.open("s1", "claims", sealed)).toBe(CANARY);
    await subjectKeys.seal("s2", "claims", "x");
    expect(await subjectKeys.open("s2", "claims", sealed)).toBeUndefined();
    expect(await subjectKeys.open("s1", "groups", sealed)).toBeUndefined();
    expect(await subjectKeys.open("s1", "claims", `A${sealed.slice(1)}`)).toBeUndefined();
    expect(await subjectKeys.open("s1", "claims", "")).toBeUndefined();
    expect(await subjectKeys.open("nobody", "claims", sealed)).toBeUndefined();
  });

  it("seal the same text differently each time and open it after a restart", async () => {
    const dir = temporaryFolder();
    const first = await openTestFolder({ dir });
    const sealed = await first.subjectKeys.seal("s1", "claims", CANARY);
    expect(await first.subjectKeys.seal("s1", "claims", CANARY)).not.toBe(sealed);
    first.close();
    expect(await (await openTestFolder({ dir })).subjectKeys.open("s1", "claims", sealed)).toBe(CANARY);
  });

  it("once destroyed open nothing and leave no byte of the key or the datum in any file", async () => {
    const dir = temporaryFolder();
    const { subjectKeys } = await openTestFolder({ dir });
    const sealed = await subjectKeys.seal("s1", "claims", CANARY);
    const wrapped = wrappedOf(dir, "s1");
    expect(allBytes(dir).includes(wrapped)).toBe(true);
    await subjectKeys.destroy("s1");
    expect(await subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
    expect(allBytes(dir).includes(wrapped)).toBe(false);
    expect(allBytes(dir).includes(CANARY)).toBe(false);
  });

  it("leave no bytes wherever in a well-filled file the key lay", async () => {
    const dir = temporaryFolder();
    const { subjectKeys } = await openTestFolder({ dir });
    const subjects = Array.from({ length: 400 }, (_, index) => `subject-${index}`);
    for (const subject of subjects) await subjectKeys.seal(subject, "claims", "x");
    const erased = subjects.filter((_, index) => index % 7 === 3 || (index > 100 && index < 160));
    const wrapped = erased.map((subject) => wrappedOf(dir, subject));
    for (const subject of erased) await subjectKeys.destroy(subject);
    const bytes = allBytes(dir);
    expect(wrapped.filter((one) => bytes.includes(one))).toEqual([]);
    const kept = await subjectKeys.seal("subject-0", "claims", CANARY);
    expect(await subjectKeys.open("subject-0", "claims", kept)).toBe(CANARY);
  });

  it("seal for nobody once the subject is erased, and erasing twice is fine", async () => {
    const dir = temporaryFolder();
    const { subjectKeys } = await openTestFolder({ dir });
    await subjectKeys.seal("s1", "claims", "x");
    await subjectKeys.destroy("s1");
    await subjectKeys.destroy("s1");
    const late = await subjectKeys.seal("s1", "claims", CANARY);
    expect(await subjectKeys.open("s1", "claims", late)).toBeUndefined();
  });

  it("destroyed through one handle are gone for the other at once", async () => {
    const dir = temporaryFolder();
    const [here, there] = [await openTestFolder({ dir }), await openTestFolder({ dir })];
    const sealed = await here.subjectKeys.seal("s1", "claims", CANARY);
    expect(await there.subjectKeys.open("s1", "claims", sealed)).toBe(CANARY);
    await here.subjectKeys.destroy("s1");
    expect(await there.subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
    expect(await there.subjectKeys.open("s1", "claims", await there.subjectKeys.seal("s1", "claims", "x"))).toBeUndefined();
  });

  it("made through two handles at once are one key", async () => {
    const dir = temporaryFolder();
    const handles = [await openTestFolder({ dir }), await openTestFolder({ dir })];
    const sealed = await Promise.all(handles.map(({ subjectKeys }) => subjectKeys.seal("s1", "claims", CANARY)));
    for (const { subjectKeys } of handles) for (const one of sealed) expect(await subjectKeys.open("s1", "claims", one)).toBe(CANARY);
  });
});

describe("the login hash", () => {
  it("is the same for good within a folder, and another in every other folder", async () => {
    const dir = temporaryFolder();
    const first = await openTestFolder({ dir });
    const hash = first.subjectKeys.loginHash("https://idp", "ada");
    expect(hash).toMatch(/^[0-9a-f]{40}$/);
    first.close();
    expect((await openTestFolder({ dir })).subjectKeys.loginHash("https://idp", "ada")).toBe(hash);
    expect((await openTestFolder({ dir: temporaryFolder() })).subjectKeys.loginHash("https://idp", "ada")).not.toBe(hash);
  });

  it("does not mix up where the issuer ends", async () => {
    const { subjectKeys } = await openTestFolder({ dir: temporaryFolder() });
    expect(subjectKeys.loginHash("https://idp/a", "da")).not.toBe(subjectKeys.loginHash("https://idp/", "ada"));
  });
});

describe("sealed addresses", () => {
  it("are the same for a day, opened for 90 days, and gone afterwards with their key's bytes", async () => {
    const dir = temporaryFolder();
    const clock = clockAt(MIDNIGHT + 100);
    const folder = await openTestFolder({ dir, clock });
    const sealed = folder.subjectKeys.sealAddress("203.0.113.7", clock.at);
    expect(sealed).not.toContain("203.0.113.7");
    expect(folder.subjectKeys.sealAddress("203.0.113.7", clock.at + DAY / 2)).toBe(sealed);
    expect(folder.subjectKeys.sealAddress("203.0.113.7", clock.at + DAY)).not.toBe(sealed);
    expect(folder.subjectKeys.openAddress(sealed)).toBe("203.0.113.7");
    clock.at = MIDNIGHT + 91 * DAY - 1;
    expect(folder.subjectKeys.openAddress(sealed)).toBe("203.0.113.7");
    clock.at += 1;
    expect(folder.subjectKeys.openAddress(sealed)).toBeUndefined();
    folder.prune();
    expect(allBytes(dir).includes(sealed.split(".")[0] ?? "")).toBe(false);
    expect(folder.subjectKeys.openAddress("nonsense")).toBeUndefined();
  });
});

describe("looking for bytes in a file", () => {
  it("finds them across the pieces it reads", async () => {
    const dir = temporaryFolder();
    const database = new DatabaseSync(join(dir, "big.db"));
    database.exec("CREATE TABLE t (b BLOB)");
    const needle = Buffer.from("needle-needle-needle-needle");
    database.prepare("INSERT INTO t VALUES (?)").run(Buffer.concat([Buffer.alloc(3 << 20), needle, Buffer.alloc(1 << 20)]));
    database.close();
    expect(await containsBytes(join(dir, "big.db"), needle)).toBe(true);
    expect(await containsBytes(join(dir, "big.db"), Buffer.from("another-needle"))).toBe(false);
  });
});

function wrappedOf(dir: string, subject: string): Buffer {
  const database = new DatabaseSync(join(dir, "subject-keys.db"));
  const row = database.prepare("SELECT wrapped FROM subject_keys WHERE subject = ?").get(subject) as { wrapped: Uint8Array };
  database.close();
  return Buffer.from(row.wrapped);
}
