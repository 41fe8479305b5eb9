import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Config, ConfigError, loadConfig } from "./index.ts";

/** A working directory with files in it, gone after the test. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const dir = mkdtempSync(join(tmpdir(), "grantline-config-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
}

export function load(env: Readonly<Record<string, string>> = {}, files?: Readonly<Record<string, string>>): Config {
  return loadConfig({ env, cwd: folderWith(files) });
}

/** The lines it is refused with; fails when it is not. */
export function problems(env: Readonly<Record<string, string>>, files?: Readonly<Record<string, string>>): readonly string[] {
  try {
    load(env, files);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("these settings were accepted");
}

export const PRODUCTION = {
  NODE_ENV: "production",
  GRANTLINE_ISSUER: "https://auth.example.com",
  GRANTLINE_KEK: "a passphrase long enough",
};
