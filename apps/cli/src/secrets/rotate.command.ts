import { existsSync } from "node:fs";
import { secretsFolder } from "@grantline/platform";
import { rewrapSecrets } from "@grantline/secrets";
import { Command } from "commander";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

export function rotateCommand(terminal: Terminal): Command {
  return new Command("rotate")
    .description(
      "Re-wraps every secret of the encrypted file under a new key-encryption key while the server runs. First start all processes anew with GRANTLINE_KEK (the new one) and GRANTLINE_KEK_PREVIOUS (the one in use), then run this with the same two, then drop GRANTLINE_KEK_PREVIOUS. Interrupted, run it again.",
    )
    .option("--json", "the result as JSON")
    .action(async ({ json }: { readonly json?: boolean }, command: Command) => {
      const config = settingsOf(command, terminal);
      const { kek: to, kekPrevious: from } = config.keys;
      if (to === undefined || from === undefined)
        throw new CommandFailed(
          "Give the new key-encryption key in GRANTLINE_KEK and the one in use in GRANTLINE_KEK_PREVIOUS (or both by …_FILE).",
        );
      const dir = secretsFolder(config);
      if (!existsSync(dir)) throw new CommandFailed(`GRANTLINE_DATA_DIR: there are no secrets in ${dir}`);
      const progress = everySecond((rewrapped: number) => terminal.error(`${rewrapped} secrets re-wrapped\n`));
      const report = await rewrapSecrets({ dir, from, to, onProgress: ({ rewrapped }) => progress(rewrapped) });
      if (json === true) terminal.out(`${JSON.stringify(report)}\n`);
      else terminal.out(`${report.rewrapped} secrets re-wrapped; the former key-encryption key opens nothing any more\n`);
    });
}
