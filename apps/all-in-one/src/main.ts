// oxlint-disable-next-line import/no-unassigned-import -- Nest's decorators need the global it adds
import "reflect-metadata";
import cluster from "node:cluster";
import { ConfigError, loadConfig, withPort, type Config } from "@grantline/config";
import { runPrimary } from "./primary.ts";
import { claimPort } from "./port.ts";
import { runServer } from "./server.ts";
import { explain } from "./startup-error.ts";

/** Start-up: every foreseeable failure ends in one clear line and a non-zero exit. */
async function main(): Promise<void> {
  const config = loadConfig({ env: process.env, cwd: process.cwd() });
  if (cluster.isWorker) return runServer(config, "worker");
  const settled: Config = withPort(config, await claimPort(config.server.host, config.server.port));
  return settled.server.workers > 1 ? runPrimary(settled) : runServer(settled, "single");
}

main().catch((error: unknown) => {
  for (const line of explain(error)) process.stderr.write(`grantline: ${line}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
