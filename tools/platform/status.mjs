import { answers, isRunning } from "./processes.mjs";
import { readState } from "./state.mjs";

const ENGINES = ["postgres", "redis", "kafka", "nginx"];

/** One line a process; exit code 1 when something is not as it should be. */
export async function showStatus(args) {
  const entries = readState()?.entries ?? [];
  const rows = await Promise.all(entries.map(look));
  if (args.includes("--json")) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) process.stdout.write("Nothing runs. Start it with: npm run platform -- up\n");
  else
    for (const { name, pid, port, state } of rows)
      process.stdout.write(`${name.padEnd(20)} ${state.padEnd(10)} pid ${pid}  port ${port}\n`);
  if (rows.length === 0 || rows.some(({ state }) => state !== "ready" && state !== "runs")) process.exitCode = 1;
}

async function look(entry) {
  const { name, pid, port } = entry;
  if (!isRunning(entry)) return { name, pid, port, state: "stopped" };
  if (ENGINES.includes(name)) return { name, pid, port, state: "runs" };
  const ok = await answers(`http://127.0.0.1:${port}/health/ready`).catch(() => false);
  return { name, pid, port, state: ok ? "ready" : "not ready" };
}
