// Real: the command line's program, a server over HTTP, people and their grants. Made: the terminal.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_SECRET, obtainTokens, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, type Ran } from "../testing/run.ts";

let server: TestPlatform;
let home: string;

beforeAll(async () => {
  server = await startTestPlatform({ env: { GRANTLINE_OPERATORS: "demo" } });
  await gatewayApi();
  home = mkdtempSync(join(tmpdir(), "grantline-home-"));
});
afterAll(async () => {
  await server.close();
  for (const folder of [server.dataDir, home]) rmSync(folder, { recursive: true, force: true });
});

const grantline = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = { GRANTLINE_ADMIN_SECRET: ADMIN_SECRET },
): Promise<Ran> => run([...args, "--issuer", server.issuer], { cwd: home, env: { XDG_CONFIG_HOME: home, ...env } });
const json = async (args: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await grantline([...args, "--json"])).out) as Record<string, unknown>;

describe("grantline client", () => {
  it("lists, shows, suspends, reinstates and deletes", async () => {
    const { client_id: id } = await register(server.issuer, { client_name: "Agent of the test" });
    expect((await grantline(["client", "ls", "--how", "dcr"])).out).toMatch(new RegExp(`^${id} +active +dcr +Agent of the test$`, "m"));
    expect((await json(["client", "ls"]))["items"]).toEqual(expect.arrayContaining([expect.objectContaining({ client_id: id })]));
    expect((await grantline(["client", "show", id])).out).toMatch(/^client_name +Agent of the test$/m);
    expect(await json(["client", "suspend", id, "--reason", "a test"])).toMatchObject({ status: "suspended" });
    expect(await json(["client", "reinstate", id])).toMatchObject({ status: "active" });
    expect(await grantline(["client", "rm", id, "--yes"])).toMatchObject({ code: 0, out: `deleted ${id}\n` });
    expect(await grantline(["client", "show", "no-such-client"])).toMatchObject({ code: 1, error: expect.stringMatching(/404/) });
  });

  it("reads a listing page by page, and says when there is more", async () => {
    for (let n = 0; n < 3; n++) await register(server.issuer);
    const two = await grantline(["client", "ls", "--limit", "2", "--json"]);
    expect((JSON.parse(two.out) as { items: object[] }).items).toHaveLength(2);
    expect(two.error).toContain("more than 2");
  });

  it("issues a new secret, shown once", async () => {
    const { client_id: id } = await server.admin.machine();
    const ran = await grantline(["client", "rotate-secret", id, "--overlap", "0"]);
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/^client_secret gl_cs_/m), error: expect.stringContaining("once") });
  });
});

describe("grantline grant", () => {
  it("lists, shows and revokes", async () => {
    await server.admin.resource("https://notes.example/mcp", ["notes:read"]);
    const client = await register(server.issuer);
    await obtainTokens(server.person(), { issuer: server.issuer, client, scope: "notes:read", resource: "https://notes.example/mcp" });
    const { items } = (await json(["grant", "ls", "--client", client.client_id])) as { items: { grant_id: string }[] };
    const id = items[0]?.grant_id ?? "";
    expect((await grantline(["grant", "ls"])).out).toContain(id);
    expect((await grantline(["grant", "show", id])).out).toMatch(/^created_at +\d{4}-\d\d-\d\dT/m);
    expect(await grantline(["grant", "revoke", id])).toMatchObject({ code: 0, out: `revoked ${id}\n` });
    expect(await json(["grant", "show", id])).toMatchObject({ status: "revoked" });
  });
});

describe("grantline key", () => {
  it("lists, rotates and takes a compromised key out", async () => {
    const active = async (): Promise<string> =>
      ((await json(["key", "ls"]))["items"] as { kid: string; status: string; alg: string }[]).find(
        ({ status, alg }) => status === "active" && alg === "ES256",
      )?.kid ?? "";
    const before = await active();
    expect((await grantline(["key", "ls"])).out).toMatch(new RegExp(`^${before} +ES256 +active$`, "m"));
    expect((await grantline(["key", "rotate"])).code).toBe(0);
    const now = await active();
    expect(now).not.toBe(before);
    expect(await json(["key", "compromise", before, "--reason", "a test", "--yes"])).toMatchObject({ status: "compromised" });
    expect(await grantline(["key", "compromise", "none", "--reason", "x", "--yes"])).toMatchObject({ code: 1 });
  });
});

describe("an operator who is logged in", () => {
  it("needs no secret", async () => {
    const login = await run(["login", "--admin", "--issuer", server.issuer], {
      cwd: home,
      env: { XDG_CONFIG_HOME: home },
      open: async (address) => {
        void fetch(await server.person().authorize(address));
        return true;
      },
    });
    expect(login.code).toBe(0);
    expect((await grantline(["client", "ls"], {})).out).toContain("grantline-cli");
  });

  it("is told how to become one otherwise", async () => {
    const ran = await run(["client", "ls", "--issuer", server.issuer], { cwd: home, env: { XDG_CONFIG_HOME: join(home, "nobody") } });
    expect(ran).toMatchObject({ code: 2, error: expect.stringContaining("grantline login --admin") });
  });
});

/** The gateway's API as a resource, where the server has none of its own. */
async function gatewayApi(): Promise<void> {
  const uri = `${server.origin}/gateway/v1`;
  const { items } = await server.admin.call<{ items: object[] }>("GET", `/resources?uri=${encodeURIComponent(uri)}`);
  if (items.length === 0) await server.admin.resource(uri, ["connections"]);
}
