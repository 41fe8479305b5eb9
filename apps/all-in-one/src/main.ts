import cluster from "node:cluster";
import { ConfigError, loadConfig, withPort, type Config } from "@grantline/config";
import { claimPort, explain } from "@grantline/service";
import { runPrimary } from "./primary.ts";
import { runServer } from "./server.ts";

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
