import { spawnSync } from "node:child_process";
import { readState } from "./state.mjs";

/** The last lines of one process or of all; -f follows. */
export async function logs(args) {
  const follow = args.includes("-f") || args.includes("--follow");
  const name = args.find((arg) => !arg.startsWith("-"));
  const entries = (readState()?.entries ?? []).filter(
    (entry) => name === undefined || entry.name === name || entry.name.startsWith(`${name}-`),
  );
  if (entries.length === 0)
    throw new Error(name === undefined ? "nothing was started." : `there is no process ${name}: npm run platform -- status`);
  spawnSync("tail", ["-n", name === undefined ? "20" : "200", ...(follow ? ["-F"] : []), ...entries.map(({ log }) => log)], {
    stdio: "inherit",
  });
}
