// `npm run platform -- up|down|status|logs`: the whole distributed shape on this machine. Plain Node 20, no dependency.
import { ensureBuild, ensureDependencies, fail, nodeBinary, say } from "../launch/ground.mjs";
import { down } from "./down.mjs";
import { logs } from "./logs.mjs";
import { grantline } from "./settings.mjs";
import { readState } from "./state.mjs";
import { showStatus } from "./status.mjs";
import { up } from "./up.mjs";

const HELP = `npm run platform -- <command>

  up [--instances N]   starts PostgreSQL, Redis, Kafka, N instances (default 2) of every service and nginx in front on GRANTLINE_PORT (8080);
                       settings as for the all-in-one (docs/reference/configuration.md), taken from the environment; an engine whose address
                       is given (GRANTLINE_POSTGRES_URL, GRANTLINE_REDIS_URL, GRANTLINE_KAFKA_BROKERS) is used instead of starting one
  status [--json]      what runs, where, and whether it is ready
  logs [name] [-f]     the logs of one process, or of all
  grantline ...        the command line with the platform's settings: npm run platform -- grantline audit verify
  down [--keep-data]   stops everything; without --keep-data nothing is left behind

Everything lies in ./.grantline-platform (GRANTLINE_PLATFORM_DIR).`;

const [command, ...args] = process.argv.slice(2);
const commands = { up, down, status: showStatus, logs, grantline: commandLine };
if (command === undefined || command === "--help" || command === "-h") {
  process.stdout.write(`${HELP}\n`);
} else if (!Object.hasOwn(commands, command)) {
  fail(`there is no command ${command}.\n\n${HELP}`);
} else {
  ensureDependencies();
  const node = nodeBinary();
  if (command === "up") ensureBuild(node);
  await commands[command](args, node).catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}

/** The command line, as the services would run it. */
async function commandLine(args, node) {
  const settings = readState()?.settings;
  if (settings === undefined) throw new Error("nothing was started: npm run platform -- up");
  process.exitCode = grantline(node, settings, args, "inherit").status ?? 1;
}
