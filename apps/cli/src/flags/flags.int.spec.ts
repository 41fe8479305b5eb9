// Real: the command line's program, a server over HTTP, its event log. Made: the terminal.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { ADMIN_SECRET, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createProgram } from "../program.ts";

let server: TestPlatform;
beforeAll(async () => {
  server = await startTestPlatform();
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

async function grantline(...args: readonly string[]): Promise<string> {
  let out = "";
  const program = createProgram({
    env: { GRANTLINE_DATA_DIR: server.dataDir, GRANTLINE_PORT: new URL(server.origin).port, GRANTLINE_ADMIN_SECRET: ADMIN_SECRET },
    cwd: tmpdir(),
    out: (text) => (out += text),
    error: () => undefined,
  });
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(["flag", ...args], { from: "user" });
  return out;
}

describe("grantline flag", () => {
  it("lists every flag in a line", async () => {
    const lines = (await grantline("ls")).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.find((line) => line.startsWith("gateway.calls "))).toMatch(/^gateway\.calls +on +The MCP gateway/);
  });

  it("changes what is named and leaves the rest, and keeps the history with reasons", async () => {
    const name = "upstream.authorization";
    await grantline(
      "set",
      name,
      "--rollout",
      "25",
      "--provider",
      "entra=off",
      "--client",
      "https://c.example/m?a=b=on",
      "--reason",
      "slowly",
    );
    const shown = await grantline("set", name, "--provider", "github=on", "--off", "--reason", "an incident");
    expect(shown).toContain("state         off\n");
    const flag = JSON.parse(await grantline("get", name, "--json")) as object;
    expect(flag).toMatchObject({
      enabled: false,
      rollout: 25,
      providers: { entra: 0, github: 100 },
      clients: { on: ["https://c.example/m?a=b"], off: [] },
      changes: 2,
    });
    await grantline("set", name, "--on", "--provider", "entra=same", "--client", "https://c.example/m?a=b=same", "--reason", "over");
    expect(await grantline("get", name)).toMatch(/state +25 %, 1 exception\nprovider +github 100 %\nchanges +3\nreason +over\n$/);
    const history = (await grantline("history", name)).trimEnd().split("\n");
    expect(history.map((line) => line.split("  ").slice(1))).toEqual([
      ["grantline-admin", "25 %, 1 exception", "over"],
      ["grantline-admin", "off", "an incident"],
      ["grantline-admin", "25 %, 2 exceptions", "slowly"],
    ]);
    expect(await grantline("history", "gateway.calls")).toBe("never changed\n");
  });

  it("refuses what is no percentage, no flag, or has no reason", async () => {
    await expect(grantline("set", "gateway.calls", "--rollout", "101", "--reason", "x")).rejects.toThrow(/from 0 to 100/);
    await expect(grantline("set", "gateway.calls", "--provider", "github", "--reason", "x")).rejects.toThrow(/name=value/);
    await expect(grantline("set", "gateway.calls", "--client", "c=maybe", "--reason", "x")).rejects.toThrow(/client_id=on/);
    await expect(grantline("set", "gateway.calls", "--off")).rejects.toThrow(/--reason/);
    await expect(grantline("get", "../clients")).rejects.toThrow(/named like/);
    await expect(grantline("get", "no.such")).rejects.toThrow(/404/);
    expect(JSON.parse(await grantline("get", "gateway.calls", "--json"))).toMatchObject({ set: false, changes: 0 });
  });
});
