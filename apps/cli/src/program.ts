import tab from "@bomb.sh/tab/commander";
import { Command } from "commander";
import { clientCommand } from "./admin/client.command.ts";
import { resourceCommand } from "./admin/resource.command.ts";
import { auditCommand } from "./audit/audit.command.ts";
import { configCommand } from "./config.command.ts";
import { databaseCommand } from "./database/database.command.ts";
import { doctorCommand } from "./doctor/doctor.command.ts";
import { eventsCommand } from "./events/events.command.ts";
import { findingCommand } from "./findings/finding.command.ts";
import { flagCommand } from "./flags/flag.command.ts";
import { oauthCommand } from "./gateway/oauth.command.ts";
import { grantCommand } from "./grants/grant.command.ts";
import { keyCommand } from "./keys/key.command.ts";
import { keysCommand } from "./keys/keys.command.ts";
import { loginCommand } from "./person/login.command.ts";
import { logoutCommand } from "./person/logout.command.ts";
import { whoamiCommand } from "./person/whoami.command.ts";
import { projectionsCommand } from "./projections/projections.command.ts";
import { recoverCommand } from "./recovery/recover.command.ts";
import { release } from "./release.ts";
import { secretCommand } from "./secrets/secret.command.ts";
import { subjectCommand } from "./subjects/subject.command.ts";
import { serverCommand } from "./servers/server.command.ts";
import { standardTerminal, type Terminal } from "./terminal.ts";

/** The command line. Settings come from the environment and the settings file, as for the server. */
export function createProgram(terminal: Terminal = standardTerminal): Command {
  const program = new Command("grantline")
    .description(
      "Looks after a Grantline server and your connections through it: log, projections, resources, clients, third-party servers.",
    )
    .version(release(), "-V, --version")
    .option("-c, --config <file>", "settings file; else the one GRANTLINE_CONFIG names")
    .addHelpText("after", EXPLANATION);
  for (const make of [
    loginCommand,
    logoutCommand,
    whoamiCommand,
    oauthCommand,
    serverCommand,
    doctorCommand,
    projectionsCommand,
    eventsCommand,
    auditCommand,
    databaseCommand,
    configCommand,
    resourceCommand,
    clientCommand,
    grantCommand,
    subjectCommand,
    keyCommand,
    keysCommand,
    flagCommand,
    findingCommand,
    secretCommand,
    recoverCommand,
  ])
    program.addCommand(make(terminal));
  // Adds `complete`: completion scripts for shells, and what they ask while somebody types
  tab(program);
  return program;
}

const EXPLANATION = `
Settings are the server's own (GRANTLINE_DATA_DIR, GRANTLINE_ISSUER, …; see docs/reference/configuration.md).
projections, events and audit work on what the settings name, whether or not servers run on it: the data folder's files, or PostgreSQL and Redis.
recover ends everything given before, where a backup without the newest events was restored.
database works on PostgreSQL, before the services of a release start.
keys works on PostgreSQL too, while the services run.
secret works on the secret stores (GRANTLINE_SECRETS_…), whether or not a server runs.
login, logout and whoami are for you as a person; oauth and server ls then show and make your connections behind the gateway.
doctor examines any protected MCP server, as a strict client would.
resource, client, grant, subject, key, flag, finding and server talk to a running server, with the secret of the client grantline-admin or as an operator who is logged in:
  GRANTLINE_ADMIN_SECRET=… grantline resource add https://mcp.example/mcp --name "My server" --scope "notes:read=Read your notes"
complete writes the completion script of your shell.

Exit codes: 0 done, 1 the answer is no (a broken log, a refused request), 2 it could not be tried.`;
