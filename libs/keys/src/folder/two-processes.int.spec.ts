import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { developmentKek } from "./development-kek.ts";
import { clockAt, MIDNIGHT, openTestFolder, TEST_KEK, temporaryFolder } from "./key-folder.fixture.ts";

const run = promisify(execFile);

/** Opens the folder in a process of its own, runs the body there, gives back what it returns. */
async function inAnotherProcess<T>(dir: string, body: string): Promise<T> {
  const program = `
    const { openKeyFolder } = await import(${JSON.stringify(new URL("../index.ts", import.meta.url).href)});
    const folder = await openKeyFolder({ dir: ${JSON.stringify(dir)}, kek: { key: Buffer.from("${TEST_KEK.key.toString("base64")}", "base64") }, clock: { now: () => ${MIDNIGHT} } });
    const result = await (async ({ vault, retryKeys, seals, subjectKeys }) => { ${body} })(folder);
    folder.close();
    console.log(JSON.stringify(result ?? null));`;
  const { stdout } = await run(
    process.execPath,
    ["--conditions=@grantline/source", "--no-warnings", "--input-type=module", "-e", program],
    { cwd: new URL("../../../..", import.meta.url) },
  );
  return JSON.parse(stdout) as T;
}

// Real: two operating-system processes on the same SQLite files. Fake: the clock.
describe("two processes on one key folder", () => {
  it("see one another's keys of every kind", async () => {
    const dir = temporaryFolder();
    const here = await openTestFolder({ dir, clock: clockAt(MIDNIGHT) });
    const { kid } = await here.vault.create("ES256");
    const mine = {
      sealed: here.seals.seal("par", { n: 1 }),
      personal: await here.subjectKeys.seal("s1", "claims", "hello"),
      keyId: here.retryKeys.current().keyId,
    };
    interface Told {
      readonly opened: unknown;
      readonly personal: string;
      readonly retry: string;
      readonly kid: string;
      readonly type: string;
      readonly sealed: string;
      readonly theirs: string;
      readonly login: string;
    }
    const told = await inAnotherProcess<Told>(
      dir,
      `
      return { opened: seals.open("par", "${mine.sealed}"), personal: await subjectKeys.open("s1", "claims", "${mine.personal}"),
        retry: retryKeys.derive("${mine.keyId}", "l", "n"), kid: (await vault.create("EdDSA")).kid, type: (await vault.privateKey("${kid}")).asymmetricKeyType,
        sealed: seals.seal("session", { n: 2 }), theirs: await subjectKeys.seal("s2", "claims", "bye"), login: subjectKeys.loginHash("i", "s") };`,
    );
    expect(told).toMatchObject({
      opened: { n: 1 },
      personal: "hello",
      retry: here.retryKeys.derive(mine.keyId, "l", "n"),
      type: "ec",
      login: here.subjectKeys.loginHash("i", "s"),
    });
    expect((await here.vault.privateKey(told.kid)).asymmetricKeyType).toBe("ed25519");
    expect(here.seals.open("session", told.sealed)).toEqual({ n: 2 });
    expect(await here.subjectKeys.open("s2", "claims", told.theirs)).toBe("bye");
  });

  it("an erasure in one is noticed by the other at its next look, although it had the key in memory", async () => {
    const dir = temporaryFolder();
    const here = await openTestFolder({ dir });
    const sealed = await here.subjectKeys.seal("s1", "claims", "hello");
    await inAnotherProcess(dir, `await subjectKeys.destroy("s1");`);
    expect(await here.subjectKeys.open("s1", "claims", sealed)).toBeUndefined();
  });

  it("starting at once on a new folder agree on every key", async () => {
    const dir = temporaryFolder();
    const tell = `return { retry: retryKeys.current().keyId, login: subjectKeys.loginHash("i", "s") };`;
    const told = await Promise.all([1, 2, 3].map(() => inAnotherProcess<object>(dir, tell)));
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
  });
});

describe("the development key-encryption key", () => {
  it("is made once, for its owner only, and found again", async () => {
    const { statSync, writeFileSync } = await import("node:fs");
    const file = `${temporaryFolder()}/keys/kek`;
    const made = developmentKek(file);
    expect(made).toMatchObject({ created: true });
    expect(made.key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(developmentKek(file)).toEqual({ key: made.key, created: false });
    writeFileSync(file, "too short");
    expect(() => developmentKek(file)).toThrow(/holds no key of 32 bytes/);
  });
});
