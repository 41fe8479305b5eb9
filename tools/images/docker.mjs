import { spawnSync } from "node:child_process";

/** Runs docker, its output to our standard error; answers what it printed when that is asked for. Throws with the command when it fails. */
export function docker(args, { input, quiet = false } = {}) {
  const told = spawnSync("docker", args, {
    input,
    encoding: "utf8",
    stdio: ["pipe", quiet ? "pipe" : 2, quiet ? "pipe" : 2],
    maxBuffer: 1 << 26,
  });
  if (told.error !== undefined) throw new Error(`docker: ${told.error.message}`);
  if (told.status !== 0) throw new Error(`docker ${args.slice(0, 3).join(" ")} … failed${quiet ? `: ${told.stderr.trim()}` : ""}`);
  return quiet ? told.stdout.trim() : "";
}
