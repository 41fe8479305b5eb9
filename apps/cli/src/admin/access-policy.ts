import type { Command } from "commander";
import { CommandFailed } from "../failure.ts";
import { readWhole } from "../secrets/read-value.ts";
import type { Terminal } from "../terminal.ts";

export interface AccessPolicyOptions {
  readonly accessPolicy?: string;
}

export function withAccessPolicy(command: Command): Command {
  return command.option("--access-policy <file>", 'who may use it, JSON as the admin API takes it: {"rules": […]}; needed in production');
}

/** P14: in production nothing is added without saying who may use it. What is in the file is the server's to judge. */
export function accessPolicyOf(
  { accessPolicy: file }: AccessPolicyOptions,
  { cwd }: Pick<Terminal, "cwd">,
): { readonly access_policy?: unknown } {
  if (file === undefined) return {};
  const text = readWhole(file, cwd);
  try {
    return { access_policy: JSON.parse(text) as unknown };
  } catch {
    throw new CommandFailed(`${file} is not JSON`, 1);
  }
}
