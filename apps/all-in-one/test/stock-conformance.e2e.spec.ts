/*
 * Real: the public conformance suite as its own process, Grantline, HTTP between them. Made: the person, who is a browser without script
 * and opens the address the suite prints.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, expect, it } from "vitest";

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));
const RESOURCE = "https://notes.example/mcp";

let platform: TestPlatform;
let results: string;

beforeAll(async () => {
  platform = await startTestPlatform();
  await platform.admin.resource(RESOURCE, ["notes:read"]);
  results = mkdtempSync(join(tmpdir(), "grantline-conformance-"));
});
afterAll(async () => {
  await platform?.close();
  rmSync(results, { recursive: true, force: true });
});

interface Check {
  readonly id: string;
  readonly status: string;
}

it("passes both authorization server scenarios of the MCP conformance suite, without one warning", async () => {
  const port = await freePort();
  const { client_id } = await platform.admin.call<{ client_id: string }>("POST", "/clients", {
    client_name: "Conformance suite",
    redirect_uris: [`http://127.0.0.1:${port}/callback`],
    token_endpoint_auth_method: "none",
  });
  const { code, output } = await runSuite([
    "--url",
    platform.issuer,
    "--client-id",
    client_id,
    "--resource",
    RESOURCE,
    "--port",
    String(port),
    "--output-dir",
    results,
  ]);

  const checks = readdirSync(results).flatMap((name) => JSON.parse(readFileSync(join(results, name, "checks.json"), "utf8")) as Check[]);
  const statuses = Object.fromEntries(checks.map(({ id, status }) => [id, status]));
  // What the suite said stands beside it, for whoever has to read a failure.
  expect({ code, output, statuses }).toEqual({
    code: 0,
    output: expect.any(String),
    statuses: {
      "authorization-server-metadata": "SUCCESS",
      "authorization-server-metadata-cimd": "SUCCESS",
      "authorization-code-grant": "SUCCESS",
    },
  });
});

/** Runs it to its end; opens the authorization URL it prints, as the person at the screen would. */
async function runSuite(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const suite = spawn(process.execPath, [SUITE, "authorization", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
  });
  let output = "";
  let browsing: Promise<void> | undefined;
  const hear = (chunk: Buffer): void => {
    output += chunk.toString();
    const url = /^\s*(https?:\/\/\S*code_challenge=\S*)\s*$/m.exec(output)?.[1];
    if (url !== undefined) browsing ??= browse(url);
  };
  suite.stdout.on("data", hear);
  suite.stderr.on("data", hear);
  const code = await new Promise<number | null>((resolve) => suite.once("close", resolve));
  await browsing;
  return { code, output };
}

async function browse(url: string): Promise<void> {
  const callback = await platform.person().authorize(url);
  const response = await fetch(callback);
  await response.body?.cancel();
}
