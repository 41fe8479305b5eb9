// The Python MCP libraries, FastMCP and the official SDK, in an environment of their own. Plain Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const requirements = join(import.meta.dirname, "..", "..", "examples", "python", "requirements.txt");
const constraints = join(import.meta.dirname, "python-mcp", "constraints.txt");

/** The interpreter that has them, undefined when there is no Python 3.10 or PyPI can't be had. Made once for each state of the two lists. */
export function bringPythonMcp(cache) {
  const state = createHash("sha256");
  for (const file of [requirements, constraints]) state.update(readFileSync(file));
  const venv = join(cache, `python-mcp-${state.digest("hex").slice(0, 12)}`);
  const python = join(venv, "bin", "python");
  const whole = join(venv, "whole");
  if (existsSync(whole)) return python;
  process.stderr.write("grantline: installing FastMCP and the Python SDK for the integration tests (about 20 seconds) …\n");
  // an environment can't be moved, so what a broken-off installation left is made anew
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const quiet = { stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 };
  if (spawnSync("python3", ["-m", "venv", venv], quiet).status !== 0) return undefined;
  const args = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements, "-c", constraints];
  if (spawnSync(python, args, quiet).status !== 0) return undefined;
  writeFileSync(whole, "");
  return python;
}
