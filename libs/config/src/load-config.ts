import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { deriveConfig } from "./derive.ts";
import { problemLines } from "./problem-lines.ts";
import { brokenRules } from "./rules.ts";
import { allSettings, settingsSchema } from "./schema.ts";
import type { Environment } from "./sources/environment.source.ts";
import { readEnvironment } from "./sources/environment.source.ts";
import { readFile } from "./sources/file.source.ts";
import { setAt, valueAt } from "./sources/raw-settings.ts";

export interface LoadOptions {
  readonly env: Environment;
  /** Relative paths start here; default the process's working directory. */
  readonly cwd?: string;
  /** Read this file instead of the one GRANTLINE_CONFIG names. */
  readonly file?: string;
  /** GRANTLINE_* variables that belong to somebody else (a launcher, a test driver) and are no mistake. */
  readonly tolerate?: readonly string[];
}

/** Environment over file over defaults. @throws ConfigError with one line per problem. */
export function loadConfig(options: LoadOptions): Config {
  const { env, cwd = process.cwd(), tolerate = [] } = options;
  const production = env["NODE_ENV"] === "production";
  const { tree, file, problems: inFile } = readFile(env, cwd, options.file);
  const { values, problems: inEnvironment } = readEnvironment(env, allSettings, cwd, tolerate);
  const raw = structuredClone(tree);
  // Every group must be there for its members' defaults; a key with nothing after it means the same as no key.
  for (const { path } of allSettings) setAt(raw, path, valueAt(raw, path) ?? undefined);
  for (const { setting, value } of values) setAt(raw, setting.path, value);
  const variables = new Map(values.map((one) => [one.setting.path.join("."), one]));
  const origin = file === undefined ? {} : { file };
  const parsed = settingsSchema.safeParse(raw);
  const inValues = parsed.success ? brokenRules(parsed.data, production) : problemLines(parsed.error.issues, { raw, variables, ...origin });
  const problems = [...inFile, ...inEnvironment, ...inValues];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return deriveConfig(parsed.data, { production, cwd, ...origin });
}
