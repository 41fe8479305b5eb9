// Stock MCP clients that are programs: mcp-remote and the Inspector, as locked. Plain Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dirname, "mcp-clients");
const FILES = ["package.json", "package-lock.json"];

/** The folder of their packages, undefined when npm can't be had. Installed once for each state of the lock. */
export function bringMcpClients(cache) {
  const state = createHash("sha256");
  for (const file of FILES) state.update(readFileSync(join(source, file)));
  const folder = join(cache, `mcp-clients-${state.digest("hex").slice(0, 12)}`);
  const modules = join(folder, "node_modules");
  if (existsSync(modules)) return modules;
  process.stderr.write("grantline: installing mcp-remote and the Inspector for the integration tests (about 15 seconds) …\n");
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  for (const file of FILES) copyFileSync(join(source, file), join(work, file));
  // not `ci`: it refuses a lock file that lacks optional packages for other platforms
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const { status } = spawnSync("npm", args, { cwd: work, stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
  // Moved in one go, so that a broken-off download is never taken for a whole one
  if (status === 0 && !existsSync(folder)) renameSync(work, folder);
  else rmSync(work, { recursive: true, force: true });
  return existsSync(modules) ? modules : undefined;
}
