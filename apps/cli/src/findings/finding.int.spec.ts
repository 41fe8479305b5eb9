// Real: the command line's program, a server over HTTP, its event log and listings. Made: the terminal; the findings, which no detector found.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { ADMIN_SECRET, register, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, type Ran } from "../testing/run.ts";

const SUSPENDED = "a".repeat(32);
const OPEN = "b".repeat(32);
const meta = { correlationId: "test", actor: { kind: "system", id: "test" } } as const;
const T0 = 1_900_000_000;

let server: TestPlatform;
let clientId: string;
beforeAll(async () => {
  server = await startTestPlatform({ frozenAt: T0 });
  clientId = (await register(server.issuer)).client_id;
  const { findings, projector } = server.context;
  const finding = { severity: "high", response: "suspend-client", count: 2, since: T0 - 90, until: T0 - 30, clientId } as const;
  const evidence = [{ position: "7", id: "event-7" }];
  await findings.execute(SUSPENDED, { kind: "detect", now: T0, finding: { ...finding, kind: "refresh-reuse", evidence } }, meta);
  await server.admin.call("POST", `/clients/${clientId}/suspend`, { reason: `anomaly ${SUSPENDED}` });
  await findings.execute(SUSPENDED, { kind: "answer", now: T0, taken: { response: "suspend-client", result: "done", clientId } }, meta);
  server.advance(60);
  await findings.execute(
    OPEN,
    { kind: "detect", now: T0 + 60, finding: { ...finding, severity: "low", kind: "scope-probing", response: "observe", evidence } },
    meta,
  );
  await projector.fresh(() => Promise.resolve());
});
afterAll(async () => {
  await server.close();
  rmSync(server.dataDir, { recursive: true, force: true });
});

function grantline(...args: readonly string[]): Promise<Ran> {
  const env = { GRANTLINE_ISSUER: server.issuer, GRANTLINE_ADMIN_SECRET: ADMIN_SECRET, HOME: server.dataDir };
  return run(["finding", ...args], { cwd: tmpdir(), env });
}

const statusOf = async (): Promise<unknown> => (await server.admin.call("GET", `/clients/${clientId}`))["status"];

describe("grantline finding", () => {
  it("lists findings, newest first, and those asked for", async () => {
    const { out, code, error } = await grantline("ls");
    expect([code, error]).toEqual([0, ""]);
    const [heading, ...rows] = out
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    expect(heading).toEqual(["FINDING", "DETECTED", "STATUS", "SEVERITY", "KIND", "RESPONSE", "ABOUT"]);
    expect(rows).toEqual([
      [OPEN, "2030-03-17T17:47:40Z", "open", "low", "scope-probing", "observe", `client ${clientId}`],
      [SUSPENDED, "2030-03-17T17:46:40Z", "answered", "high", "refresh-reuse", "suspend-client", `client ${clientId}`],
    ]);
    for (const filter of [
      ["--severity", "high"],
      ["--kind", "refresh-reuse"],
      ["--status", "answered", "--client", clientId],
    ])
      expect(JSON.parse((await grantline("ls", ...filter, "--json")).out)).toMatchObject({ items: [{ finding_id: SUSPENDED }] });
    expect(JSON.parse((await grantline("ls", "--subject", "nobody", "--json")).out)).toEqual({ items: [] });
  });

  it("shows one with what it rests on", async () => {
    const { out } = await grantline("show", SUSPENDED);
    expect(out).toMatch(/^detected_at +2030-03-17T17:46:40Z$/m);
    expect(out).toMatch(/^since +2030-03-17T17:45:10Z$/m);
    expect(out).toMatch(/^evidence +7 \(event-7\)$/m);
    expect(JSON.parse((await grantline("show", SUSPENDED, "--json")).out)).toMatchObject({
      finding_id: SUSPENDED,
      count: 2,
      since: T0 - 90,
    });
  });

  it("takes a response back, and says what the server says where there is none or no such finding", async () => {
    expect(await statusOf()).toBe("suspended");
    const lifted = await grantline("lift", SUSPENDED, "--reason", "a drill", "--json");
    expect(JSON.parse(lifted.out)).toMatchObject({ status: "lifted", lifted_because: "a drill" });
    expect(await statusOf()).toBe("active");
    expect(await grantline("lift", OPEN, "--reason", "a drill")).toMatchObject({
      code: 1,
      out: "",
      error: expect.stringContaining("nothing to lift") as string,
    });
    expect(await grantline("show", "c".repeat(32))).toMatchObject({
      code: 1,
      error: expect.stringContaining("No finding has this id") as string,
    });
  });
});
