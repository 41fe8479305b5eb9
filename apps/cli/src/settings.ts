import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, type Config } from "@grantline/config";
import type { Command } from "commander";
import { CommandFailed } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** The settings as the server would have them. Throws ConfigError. */
export function settingsOf(command: Command, { env, cwd }: Terminal): Config {
  const { config: file } = command.optsWithGlobals<{ readonly config?: string }>();
  return loadConfig({ env, cwd, ...(file === undefined ? {} : { file }) });
}

/** The files of the data folder. Throws when no server has ever run on it. */
export function dataFiles(config: Config): { readonly events: string; readonly readModel: string } {
  const { dataDir } = config.server;
  const events = join(dataDir, "events.db");
  if (!existsSync(events))
    throw new CommandFailed(`GRANTLINE_DATA_DIR: there is no event log in ${dataDir}. Start the server once, or name its data folder.`);
  return { events, readModel: join(dataDir, "read-model.db") };
}
