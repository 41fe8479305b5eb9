import type { Config } from "@grantline/config";
import { Command } from "commander";
import { settingsOf } from "./settings.ts";
import { json, members } from "./show.ts";
import type { Terminal } from "./terminal.ts";

export function configCommand(terminal: Terminal): Command {
  const check = new Command("check")
    .description("Checks the settings as a start of the server would, and says what they come to. Secrets are not shown.")
    .option("--json", "as JSON")
    .action(({ json: asJson }: { readonly json?: boolean }, command: Command) => {
      const config = settingsOf(command, terminal);
      const { server, production, file, warnings, people } = config;
      const values = {
        "settings file": file ?? "none",
        production: production ? "yes" : "no",
        "listens on": `${server.host}:${server.port}, ${server.workers} ${server.workers === 1 ? "process" : "processes"}`,
        issuer: server.issuer,
        ...placesOf(config),
        operators: people.operators.length === 0 ? "none" : people.operators.join(", "),
      };
      if (asJson === true) return terminal.out(json({ ...underscored(values), warnings }));
      terminal.out(members(values));
      for (const warning of warnings) terminal.out(`! ${warning}\n`);
    });
  return new Command("config").description("Settings").addCommand(check);
}

/** Where everything is kept, without credentials. */
function placesOf({ server, storage }: Config): Readonly<Record<string, string>> {
  const { store, postgresUrl, eventstoreUrl, redisUrls, kafkaBrokers } = storage;
  if (store === "sqlite") return { "data folder": server.dataDir };
  return {
    events: `${store}, ${bare(store === "postgres" ? postgresUrl : eventstoreUrl)}`,
    keys: bare(postgresUrl),
    "read models": redisUrls.map(bare).join(", "),
    relay: kafkaBrokers.length === 0 ? "none" : kafkaBrokers.join(", "),
  };
}

function underscored(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.replaceAll(" ", "_"), value]));
}

function bare(url: string | undefined): string {
  if (url === undefined) return "none";
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
