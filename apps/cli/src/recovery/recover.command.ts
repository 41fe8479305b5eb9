import { endEverything, openPlatform, DataFolderError } from "@grantline/platform";
import { createLogger } from "@grantline/telemetry";
import { Command } from "commander";
import { confirm } from "../confirm.ts";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import { dataFiles, settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

interface RecoverOptions {
  readonly reason: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What follows on a restored backup that may lack revocations. */
export function recoverCommand(terminal: Terminal): Command {
  return new Command("recover")
    .description(
      "After the events were restored from a backup that may lack the newest: ends every grant and every token given before (P5), since none of them can be proved unrevoked, and has new keys sign. People log in again; registrations and consents stay. Run it while nothing serves, before callers are let in.",
    )
    .requiredOption("--reason <text>", "why, for the log: which backup, of when")
    .option("--yes", "do not ask")
    .option("--json", "the result as JSON")
    .action(async ({ reason, yes, json }: RecoverOptions, command: Command) => {
      const config = settingsOf(command, terminal);
      const shared = config.storage.store !== "sqlite";
      if (!shared) dataFiles(config);
      if (yes !== true) await confirm("End every grant and every token of this installation?", "end", terminal);
      const log = createLogger({ level: "warn", service: "cli", destination: process.stderr });
      const platform = await openPlatform({ config, log, role: shared ? "member" : "single", service: "cli", schedules: false }).catch(
        (error: unknown) => {
          throw error instanceof DataFolderError ? new CommandFailed(error.message) : error;
        },
      );
      try {
        const progress = everySecond((clients: number) => terminal.error(`${clients} clients\n`));
        const ended = await endEverything(platform, { reason, onProgress: ({ clients }) => progress(clients) });
        if (json === true) terminal.out(`${JSON.stringify(ended)}\n`);
        else
          terminal.out(
            `ended everything given before: the generations of ${ended.clients} clients raised, ${ended.keys} signing keys struck out\n`,
          );
      } finally {
        await platform.close();
      }
    });
}
