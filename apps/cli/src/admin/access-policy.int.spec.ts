// Real: the command line's program, the whole server with the rules of production. Made: the terminal.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN_SECRET, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, type Ran } from "../testing/run.ts";

const POLICY = { rules: [{ subjects: { groups: ["staff"] }, entities: ["human"], verification: ["operator", "cimd"], scopes: ["*"] }] };
let server: TestPlatform;
let home: string;

beforeAll(async () => {
  server = await startTestPlatform({
    env: { NODE_ENV: "production", GRANTLINE_ALLOW_HTTP_ISSUER: "true", GRANTLINE_KEK: "a passphrase for this test alone" },
  });
  home = mkdtempSync(join(tmpdir(), "grantline-policy-"));
  writeFileSync(join(home, "policy.json"), JSON.stringify(POLICY));
  writeFileSync(join(home, "catalog.yaml"), "registry: {remote: {type: remote, remote: {url: 'https://mcp.example/remote'}}}");
});
afterAll(async () => {
  await server?.close();
  rmSync(home, { recursive: true, force: true });
});

const grantline = (...args: readonly string[]): Promise<Ran> =>
  run([...args, "--issuer", server.issuer], { cwd: home, env: { XDG_CONFIG_HOME: home, GRANTLINE_ADMIN_SECRET: ADMIN_SECRET } });

describe("in production", () => {
  it.each([
    ["a resource", ["resource", "add", "https://mcp.example/mcp"], "https://mcp.example/mcp"],
    ["a server", ["server", "add", "tools", "--url", "https://mcp.example/tools", "--authorization", "none"], "/mcp/tools"],
    ["a server of a catalog", ["server", "import", "catalog.yaml"], "/mcp/remote"],
  ])("%s comes with who may use it, or not at all (P14)", async (_what, args, uri) => {
    const refused = await grantline(...args);
    expect([refused.code, refused.error]).toEqual([1, expect.stringContaining("access_policy")]);
    expect(await grantline(...args, "--access-policy", "policy.json")).toMatchObject({ code: 0 });
    const { items } = await server.admin.call<{ items: readonly { uri: string; access_policy: unknown }[] }>("GET", "/resources?limit=100");
    expect(items.find((each) => each.uri.endsWith(uri))?.access_policy).toEqual(POLICY);
  });

  it("a file that can't be read, or is no policy, is said to be so", async () => {
    writeFileSync(join(home, "half.json"), '{"rules":');
    writeFileSync(join(home, "other.json"), '{"rules":[{"scopes":["*"]}]}');
    const add = (file: string) => grantline("resource", "add", "https://mcp.example/other", "--access-policy", file);
    expect(await add("none.json")).toMatchObject({ code: 2, error: "grantline: can't read none.json (ENOENT)\n" });
    expect(await add("half.json")).toMatchObject({ code: 1, error: "grantline: half.json is not JSON\n" });
    expect(await add("other.json")).toMatchObject({ code: 1, error: expect.stringContaining("400") });
  });
});
