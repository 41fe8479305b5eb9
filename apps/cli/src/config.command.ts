import { Command } from "commander";
import { settingsOf } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

export function configCommand(terminal: Terminal): Command {
  const check = new Command("check")
    .description("Checks the settings as a start of the server would, and says what they come to. Secrets are not shown.")
    .action((_options: unknown, command: Command) => {
      const { server, production, file, warnings, people } = settingsOf(command, terminal);
      const lines = [
        `settings file  ${file ?? "none"}`,
        `production     ${production ? "yes" : "no"}`,
        `listens on     ${server.host}:${server.port}, ${server.workers} ${server.workers === 1 ? "process" : "processes"}`,
        `issuer         ${server.issuer}`,
        `data folder    ${server.dataDir}`,
        `operators      ${people.operators.length === 0 ? "none" : people.operators.join(", ")}`,
        ...warnings.map((warning) => `! ${warning}`),
      ];
      terminal.out(`${lines.join("\n")}\n`);
    });
  return new Command("config").description("Settings").addCommand(check);
}
