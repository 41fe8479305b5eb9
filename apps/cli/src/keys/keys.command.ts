import { rewrapKeys, type RewrapOptions } from "@grantline/keys-postgres";
import type { Config } from "@grantline/config";
import { Command } from "commander";
import { everySecond } from "../every-second.ts";
import { CommandFailed } from "../failure.ts";
import { settingsOf } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

export function keysCommand(terminal: Terminal): Command {
  const rewrap = new Command("rewrap")
    .description(
      "Re-wraps every key in PostgreSQL under a new key-encryption key while the platform serves. First start all processes anew with GRANTLINE_KEK (the new one) and GRANTLINE_KEK_PREVIOUS (the one in use), then run this with the same two, then drop GRANTLINE_KEK_PREVIOUS. Interrupted, run it again.",
    )
    .option("--json", "the result as JSON")
    .action(async ({ json }: { readonly json?: boolean }, command: Command) => {
      const progress = everySecond((rewrapped: number) => terminal.error(`${rewrapped} keys re-wrapped\n`));
      const report = await rewrapKeys({ ...wanted(settingsOf(command, terminal)), onProgress: ({ rewrapped }) => progress(rewrapped) });
      if (json === true) terminal.out(`${JSON.stringify(report)}\n`);
      else terminal.out(`${report.rewrapped} keys re-wrapped; the former key-encryption key opens nothing any more\n`);
    });
  return new Command("keys").description("Wrapped keys in PostgreSQL").addCommand(rewrap);
}

function wanted({ storage, keys }: Config): Pick<RewrapOptions, "url" | "from" | "to"> {
  const { postgresUrl: url } = storage;
  const { kekPrevious: from, kek: to } = keys;
  if (url === undefined)
    throw new CommandFailed("GRANTLINE_POSTGRES_URL: found nothing. Keys in a data folder can't be re-wrapped; only those in PostgreSQL.");
  if (from === undefined || to === undefined)
    throw new CommandFailed(
      "Give the new key-encryption key in GRANTLINE_KEK and the one in use in GRANTLINE_KEK_PREVIOUS (or both by …_FILE).",
    );
  return { url, from, to };
}
