import type { z } from "zod";
import { suggestion } from "./nearest.ts";
import { allSettings } from "./schema.ts";
import type { Setting } from "./setting.ts";
import { valueAt } from "./sources/raw-settings.ts";

export interface Found {
  readonly raw: unknown;
  /** File the values were read from. */
  readonly file?: string;
  /** The variable a setting's value came from and its text, by dotted path. */
  readonly variables: ReadonlyMap<string, { readonly variable: string; readonly text: string }>;
}

type Issue = z.core.$ZodIssue;

/** One line per setting that does not hold, naming it, what was found (never a secret) and what is allowed. */
export function problemLines(issues: readonly Issue[], found: Found): readonly string[] {
  const seen = new Set<string>();
  return issues.flatMap((issue) => {
    const setting = allSettings.find((one) => one.path.every((key, index) => issue.path[index] === key));
    if (setting === undefined) return groupLines(issue, found);
    const name = setting.path.join(".");
    if (seen.has(name)) return [];
    seen.add(name);
    return [settingLine(issue, setting, found)];
  });
}

function settingLine(issue: Issue, setting: Setting, found: Found): string {
  const path = setting.path.join(".");
  const variable = found.variables.get(path);
  const inside = issue.path
    .slice(setting.path.length)
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("");
  const key = variable?.variable ?? `${path}${inside} in ${found.file ?? "the settings"}`;
  const why =
    issue.code === "custom" || issue.code === "unrecognized_keys" || inside !== ""
      ? ` (${inside === "" ? "" : `${inside.replace(/^\./, "")}: `}${issue.message})`
      : "";
  const value = variable === undefined ? valueAt(found.raw, issue.path) : variable.text;
  return `${key}: found ${shown(value, setting)}${why}; allowed: ${setting.allowed}${kubernetesHint(setting, value)}`;
}

function groupLines(issue: Issue, found: Found): readonly string[] {
  const where = issue.path.map(String);
  const file = found.file ?? "the settings";
  const below = [
    ...new Set(
      allSettings.filter((one) => where.every((key, index) => one.path[index] === key)).map((one) => one.path[where.length] ?? ""),
    ),
  ];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${[...where, key].join(".")} in ${file}: no such setting; ${meant(key, where, below)}`);
  }
  return [
    `${where.join(".")} in ${file}: found ${kindOf(valueAt(found.raw, issue.path))}; allowed: a group with the keys ${below.join(", ")}`,
  ];
}

function meant(key: string, where: readonly string[], below: readonly string[]): string {
  // A key put into the wrong group, or named like its variable, is as likely as a slip of the finger.
  const elsewhere = allSettings.find((one) => one.path.at(-1) === key || one.env === key);
  if (elsewhere) return `did you mean ${elsewhere.path.join(".")}?`;
  const prefix = where.length > 0 ? `${where.join(".")}.` : "";
  return suggestion(
    `${prefix}${key}`,
    below.map((one) => `${prefix}${one}`),
    `allowed here: ${below.join(", ")}`,
  );
}

function shown(value: unknown, setting: Setting): string {
  if (value === undefined) return "nothing";
  if (setting.secret === true) return typeof value === "string" ? `${value.length} characters (hidden)` : `${kindOf(value)} (hidden)`;
  const text = JSON.stringify(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

function kindOf(value: unknown): string {
  return value === null
    ? "nothing"
    : Array.isArray(value)
      ? `a list of ${value.length}`
      : typeof value === "object"
        ? "a group"
        : `a ${typeof value}`;
}

function kubernetesHint(setting: Setting, value: unknown): string {
  return setting.env === "GRANTLINE_PORT" && typeof value === "string" && value.startsWith("tcp://")
    ? ". Kubernetes made it for a Service named grantline: set enableServiceLinks: false on the pod"
    : "";
}
