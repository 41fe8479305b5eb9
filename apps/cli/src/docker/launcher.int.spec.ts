// Real: the launcher as npm links it and as Docker calls it, on the Node of this test. Needs a build; without one it is skipped by name.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { release } from "../release.ts";

const root = join(import.meta.dirname, "..", "..");
const built = existsSync(join(root, "dist", "main.js"));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "grantline-bin-"));
  for (const name of ["grantline", "docker-grantline", "docker-mcp-grantline"])
    symlinkSync(join(root, "bin", "grantline.mjs"), join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const call = (name: string, ...args: readonly string[]): string =>
  execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", join(folder, name), ...args], { encoding: "utf8" });

describe.skipIf(!built)("needs a build: the launcher", () => {
  it("is the command line", () => {
    expect(call("grantline", "--version")).toBe(`${release()}\n`);
  });

  it.each(["docker-grantline", "docker-mcp-grantline"])("is a plugin of Docker's as %s", (name) => {
    expect(JSON.parse(call(name, "docker-cli-plugin-metadata"))).toMatchObject({ SchemaVersion: "0.1.0", Version: release() });
    expect(call(name, "--context", "default", name.slice("docker-".length), "--version")).toBe(`${release()}\n`);
  });
});
