/*
 * Real: npm, the tarball of `npm run cli:pack`, an installation under a prefix of its own without the registry, processes outside the repository, a server.
 * Made: nothing. An old Node is the system's; where there is none that test is skipped by name. Windows is not tried.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ADMIN_SECRET, ServerProcess } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { release } from "../src/release.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const NODE = dirname(process.execPath);
const SYSTEM = ["/usr/local/bin", "/usr/bin", "/bin"];
const oldNode = SYSTEM.find((folder) => isOld(join(folder, "node")));
let parent: string;
let tarball: string;
let server: ServerProcess;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), "grantline-installed-"));
  tarball = execFileSync(process.execPath, [join(root, "tools", "pack", "cli.mjs"), "--to", parent], { encoding: "utf8" }).trim();
  // npm of this machine on the Node of this test; offline: what is missing in the tarball is missed here
  const install = ["install", "--global", "--offline", "--no-audit", "--no-fund", "--prefix", join(parent, "prefix"), tarball];
  execFileSync("npm", install, { cwd: parent, env: environment(NODE), stdio: "pipe" });
  server = await ServerProcess.create();
  await server.start();
  // its thousands of small files take their time where others want the disk too
}, 600_000);
afterAll(async () => {
  await server.kill();
  for (const folder of [parent, server.dataDir]) rmSync(folder, { recursive: true, force: true });
});

/** What a user's shell has: nothing of the repository, and this Node first. */
function environment(node: string): Record<string, string> {
  return { PATH: [node, ...SYSTEM].join(delimiter), HOME: parent };
}

function call(program: string, args: readonly string[], env = environment(NODE)): Ran {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: parent, env, encoding: "utf8" });
  return { code: status, out: stdout, error: stderr };
}

/** Of the installed command, with settings of the server. */
function grantline(...args: readonly string[]): Ran {
  const settings = { GRANTLINE_ISSUER: server.issuer, GRANTLINE_ADMIN_SECRET: ADMIN_SECRET, GRANTLINE_DATA_DIR: server.dataDir };
  return call(join(parent, "prefix", "bin", "grantline"), args, { ...environment(NODE), ...settings });
}

function isOld(node: string): boolean {
  if (!existsSync(node)) return false;
  return Number(execFileSync(node, ["--version"], { encoding: "utf8" }).slice(1).split(".")[0]) < 24;
}

describe("the command line, installed from its tarball", () => {
  it("says its version and its commands", () => {
    expect(tarball).toBe(join(parent, `grantline-cli-${release()}.tgz`));
    expect(grantline("--version")).toEqual({ code: 0, out: `${release()}\n`, error: "" });
    const help = grantline("--help");
    expect(help).toMatchObject({ code: 0, error: "" });
    for (const command of ["doctor", "login", "oauth", "server", "finding", "audit"])
      expect(help.out).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
  });

  it("puts a server behind the gateway and examines it there", () => {
    const added = grantline("server", "add", "files", "--url", "http://127.0.0.1:9/mcp", "--authorization", "none", "--json");
    expect(added).toMatchObject({ code: 0, error: "" });
    const { mcp_endpoint: endpoint } = JSON.parse(added.out) as { readonly mcp_endpoint: string };
    const { code, out } = grantline("doctor", endpoint, "--json");
    expect(JSON.parse(out)).toMatchObject({ reachable: true, ok: true, errors: 0 });
    expect(code).toBe(0);
  });

  it("reads a log on disk: SQLite came with Node", () => {
    const { code, out, error } = grantline("events", "verify", "--json");
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(JSON.parse(out)).toMatchObject({ intact: true });
  });

  it("is a plugin of Docker's where it is linked as one", () => {
    const plugin = join(parent, "docker-grantline");
    symlinkSync(join(parent, "prefix", "bin", "docker-grantline"), plugin);
    expect(JSON.parse(call(plugin, ["docker-cli-plugin-metadata"]).out)).toMatchObject({ Vendor: "Grantline", Version: release() });
    expect(call(plugin, ["grantline", "--version"])).toEqual({ code: 0, out: `${release()}\n`, error: "" });
  });

  it.skipIf(oldNode === undefined)("needs an old Node of the system's: says which one it wants where there is none", () => {
    const ran = call(join(parent, "prefix", "bin", "grantline"), ["--version"], environment(oldNode ?? ""));
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.error).toMatch(/^grantline: it needs Node 24\.15 or newer; this is [\d.]+\. Install Node 24 .*\n$/);
  });
});
