// Real: PostgreSQL, OpenSSL, the command line's program. Made: nothing.
import { tmpdir } from "node:os";
import { migrateKeysPostgres, openPostgresKeys } from "@grantline/keys-postgres";
import { noPostgres, startPostgres, type TestPostgres } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explain } from "../failure.ts";
import { createProgram } from "../program.ts";

const OLD = Buffer.alloc(32, 7);
const NEW = Buffer.alloc(32, 8);
const clock = { now: () => Math.floor(Date.now() / 1000) };

describe.skipIf(noPostgres)("needs PostgreSQL: keys rewrap", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres({ settings: { fsync: "off" } });
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  async function grantline(args: readonly string[], env: Readonly<Record<string, string>>) {
    const said = { out: "", error: "", failed: [] as readonly string[] };
    const program = createProgram({
      env,
      cwd: tmpdir(),
      out: (text) => void (said.out += text),
      error: (text) => void (said.error += text),
    });
    await program.parseAsync(["node", "grantline", ...args]).catch((error: unknown) => (said.failed = explain(error)));
    return said;
  }

  it("changes the key-encryption key of everything, and tells how much that was", async () => {
    const url = await server.createDatabase();
    await migrateKeysPostgres({ url });
    const before = await openPostgresKeys({ url, kek: { key: OLD }, clock });
    const sealed = await before.subjectKeys.seal("s1", "claims", "hello");
    await before.close();
    const env = { GRANTLINE_POSTGRES_URL: url, GRANTLINE_KEK: NEW.toString("base64"), GRANTLINE_KEK_PREVIOUS: OLD.toString("base64") };
    const { out, failed } = await grantline(["keys", "rewrap"], env);
    expect(failed).toEqual([]);
    // The subject's, the login hash's, and two days of three kinds.
    expect(out).toBe("8 keys re-wrapped; the former key-encryption key opens nothing any more\n");
    expect(JSON.parse((await grantline(["keys", "rewrap", "--json"], env)).out)).toEqual({ rewrapped: 0 });
    const after = await openPostgresKeys({ url, kek: { key: NEW }, clock });
    expect(await after.subjectKeys.open("s1", "claims", sealed)).toBe("hello");
    await after.close();
    await expect(openPostgresKeys({ url, kek: { key: OLD }, clock })).rejects.toThrow(/is not the one/);
  });

  it("says in one line what is missing, and no key", async () => {
    const url = await server.createDatabase();
    const env = { GRANTLINE_KEK: NEW.toString("base64"), GRANTLINE_KEK_PREVIOUS: OLD.toString("base64") };
    expect((await grantline(["keys", "rewrap"], env)).failed).toEqual([expect.stringContaining("GRANTLINE_POSTGRES_URL")]);
    expect((await grantline(["keys", "rewrap"], { GRANTLINE_POSTGRES_URL: url, GRANTLINE_KEK: env.GRANTLINE_KEK })).failed).toEqual([
      expect.stringContaining("GRANTLINE_KEK_PREVIOUS"),
    ]);
    const { failed } = await grantline(["keys", "rewrap"], { ...env, GRANTLINE_POSTGRES_URL: url });
    expect(failed).toEqual([expect.stringContaining("grantline database migrate")]);
    expect(failed.join()).not.toContain(env.GRANTLINE_KEK);
  });
});
