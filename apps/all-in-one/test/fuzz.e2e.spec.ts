/*
 * Real: the whole server over HTTP with the embedded adapters, and schemathesis, which makes requests up from the OpenAPI description.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TOOL =
  process.env["GRANTLINE_TEST_SCHEMATHESIS"] ?? join(homedir(), ".cache", "grantline-ground", "schemathesis-4.32.5", "bin", "schemathesis");
const SEED = "20261104";
/** Seconds of one run. */
const BUDGET = 40;
const CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,use_after_free";

let server: TestPlatform;
let folder: string;

beforeAll(async () => {
  server = await startTestPlatform({ env: { GRANTLINE_LIFETIME_SERVICE_ACCESS_TOKEN: "3600", GRANTLINE_LIMIT_LOGINS: "100000" } });
  await server.admin.resource("https://notes.example/mcp", ["notes:read"]);
  folder = mkdtempSync(join(tmpdir(), "grantline-fuzz-"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs schemathesis against a part of the description; its exit code and the end of what it printed. */
function fuzz(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const common = [
    "run",
    `${server.origin}/admin/v1/openapi.json`,
    "--url",
    server.origin,
    "--checks",
    CHECKS,
    "--seed",
    SEED,
    "--max-time",
    String(BUDGET),
    "--generation-database",
    "none",
    "--request-timeout",
    "10",
    "--max-redirects",
    "0",
    "--suppress-health-check",
    "all",
    "--no-color",
    "--warnings",
    "off",
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(TOOL, [...common, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: output.slice(-8_000) }));
  });
}

const missing = existsSync(TOOL) ? "" : " (skipped: schemathesis is not installed)";

describe.skipIf(missing !== "")(`fuzzing from the OpenAPI description${missing}`, () => {
  it("finds no 5xx and no undescribed answer at the public endpoints", { timeout: 120_000 }, async () => {
    const { code, output } = await fuzz([
      "--phases",
      "examples,coverage,fuzzing",
      "--max-examples",
      "25",
      "--exclude-path-regex",
      "^/admin/",
    ]);
    expect(output).not.toMatch(/Server error/);
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  });

  it("finds none at the admin API, with the right to do everything", { timeout: 120_000 }, async () => {
    // a run that marks the signing keys as compromised or rotates them ends its own token
    const args = [
      "--phases",
      "examples,coverage,fuzzing",
      "--max-examples",
      "15",
      "--include-path-regex",
      "^/admin/",
      "--exclude-path-regex",
      "/keys/",
      "-H",
      `Authorization: Bearer ${await server.admin.token()}`,
    ];
    const { code, output } = await fuzz(args);
    expect(output).not.toMatch(/Server error/);
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" });
  });

  it("leaves a server that works, and no unexpected failure in its log", async () => {
    expect((await fetch(`${server.origin}/health/ready`)).status).toBe(200);
    const unexpected = server
      .logs()
      .split("\n")
      .filter((line) => line.includes('"unexpected failure"'));
    expect(unexpected.slice(0, 3)).toEqual([]);
  });
});
