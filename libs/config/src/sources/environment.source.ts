import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { suggestion } from "../nearest.ts";
import type { Setting } from "../setting.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentValues {
  /** By setting, and the variable it came from. */
  readonly values: readonly { readonly setting: Setting; readonly variable: string; readonly text: string; readonly value: unknown }[];
  readonly problems: readonly string[];
}

const PREFIX = "GRANTLINE_";
/** Names the file of settings; itself no setting. */
export const CONFIG_VARIABLE = "GRANTLINE_CONFIG";
/** Names the command line's file of logins. A server started in the same shell has nothing to do with it. */
const CREDENTIALS_VARIABLE = "GRANTLINE_CREDENTIALS";

/** Reads every variable of ours. An empty one counts as not set, save where empty is a value (lists). */
export function readEnvironment(
  env: Environment,
  settings: readonly Setting[],
  cwd: string,
  tolerate: readonly string[],
): EnvironmentValues {
  const found = settings.map((setting) => readOne(setting, env, cwd)).filter((one) => one !== undefined);
  return {
    values: found.filter((one) => typeof one !== "string"),
    problems: [...found.filter((one) => typeof one === "string"), ...unknownVariables(env, settings, tolerate)],
  };
}

function readOne(setting: Setting, env: Environment, cwd: string): EnvironmentValues["values"][number] | string | undefined {
  const direct = given(env[setting.env], setting);
  const fileVariable = `${setting.env}_FILE`;
  const file = setting.secret === true ? env[fileVariable] || undefined : undefined;
  if (file === undefined)
    return direct === undefined ? undefined : { setting, variable: setting.env, text: direct, value: setting.fromText(direct) };
  if (direct !== undefined) return `${setting.env}: found it and ${fileVariable}; allowed: one of the two`;
  try {
    // Editors and `echo` end a file with a newline that is no part of the secret.
    const content = readFileSync(resolve(cwd, file), "utf8").replace(/\r?\n$/, "");
    return { setting, variable: fileVariable, text: content, value: setting.fromText(content) };
  } catch (error) {
    return `${fileVariable}: found ${JSON.stringify(file)}, which can't be read (${errorCode(error)}); allowed: a readable file that holds the value of ${setting.env}`;
  }
}

function given(value: string | undefined, setting: Setting): string | undefined {
  return value === "" && setting.emptyIsValue !== true ? undefined : value;
}

function unknownVariables(env: Environment, settings: readonly Setting[], tolerate: readonly string[]): readonly string[] {
  const known = [
    CONFIG_VARIABLE,
    CREDENTIALS_VARIABLE,
    ...settings.flatMap((one) => (one.secret === true ? [one.env, `${one.env}_FILE`] : [one.env])),
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name) && !tolerate.includes(name))
    .toSorted()
    .map((name) => `${name}: no such setting; ${fromKubernetes(name) ?? suggestion(name, known, "see docs/reference/configuration.md")}`);
}

/** Kubernetes sets variables for a Service in reach that is called grantline; one of them even is GRANTLINE_PORT. */
function fromKubernetes(name: string): string | undefined {
  return /^GRANTLINE_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP).*)?)$/.test(name)
    ? "Kubernetes made it for a Service named grantline: set enableServiceLinks: false on the pod"
    : undefined;
}

export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
