import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const SUITE = fileURLToPath(import.meta.resolve("@modelcontextprotocol/conformance/dist/index.js"));
const COMMAND = join(import.meta.dirname, "conformance-command.ts");

/** A scenario that wants its client. */
export interface Scenario {
  readonly scenario: string;
  /** The MCP server the suite made for it. */
  readonly url: string;
  /** The protocol revision it is played in. */
  readonly revision: string;
  /** Credentials and the like. */
  readonly context: Readonly<Record<string, unknown>>;
}

export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

/** The scenarios a client has to pass to conform to a revision, as the suite froze them. */
export function requiredScenarios(revision: string): readonly string[] {
  const file = join(dirname(SUITE), "..", "requirements", `${revision}.yaml`);
  return (parse(readFileSync(file, "utf8")) as { readonly client: readonly string[] }).client;
}

/** Runs the client scenarios a revision requires, all at once as the suite does; what it found, by scenario. */
export async function runClientScenarios(
  revision: string,
  client: (scenario: Scenario) => Promise<void>,
): Promise<ReadonlyMap<string, readonly Check[]>> {
  const results = mkdtempSync(join(tmpdir(), "grantline-conformance-"));
  const control = createServer((request, response) => {
    void text(request)
      .then((body) => client(JSON.parse(body) as Scenario))
      .then(
        () => response.end("done"),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
  const command = `${process.execPath} ${COMMAND} http://127.0.0.1:${(control.address() as AddressInfo).port}`;
  try {
    await run(["client", "--command", command, "--requirements", revision, "--timeout", "100000", "--output-dir", results]);
    return checksIn(results);
  } finally {
    control.closeAllConnections();
    control.close();
    rmSync(results, { recursive: true, force: true });
  }
}

/** Its exit code says whether everything passed; what did, we read ourselves. */
async function run(args: readonly string[]): Promise<void> {
  const suite = spawn(process.execPath, [SUITE, ...args], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", NODE_NO_WARNINGS: "1" },
  });
  await new Promise((resolve) => suite.once("close", resolve));
}

/** `auth/metadata-var1-2026-11-30T00-06-40-019Z/checks.json`, and what the command printed beside it. */
function checksIn(results: string): ReadonlyMap<string, readonly Check[]> {
  const files = readdirSync(results, { recursive: true }).map(String);
  return new Map(
    files
      .filter((file) => basename(file) === "checks.json")
      .map((file) => [
        dirname(file).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, ""),
        JSON.parse(readFileSync(join(results, file), "utf8")) as Check[],
      ]),
  );
}

/** How a scenario ended, as the suite counts: a failure or a warning, or nothing checked at all, is no pass. */
export function verdict(checks: readonly Check[]): string {
  const wrong = (status: Check["status"]): string =>
    checks
      .filter((check) => check.status === status)
      .map(({ id }) => id)
      .join(", ");
  if (wrong("FAILURE") !== "") return `failed: ${wrong("FAILURE")}`;
  if (wrong("WARNING") !== "") return `warned: ${wrong("WARNING")}`;
  return checks.some(({ status }) => status === "SUCCESS") ? "passed" : "nothing was checked";
}
