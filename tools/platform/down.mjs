import { rmSync } from "node:fs";
import { say } from "../launch/ground.mjs";
import { isRunning, stop } from "./processes.mjs";
import { folder, readState } from "./state.mjs";

/** Stops everything, last started first; the services of one kind together. */
export async function down(args) {
  const state = readState();
  if (state === undefined) {
    say("nothing was started.");
    return;
  }
  const kinds = Map.groupBy?.(state.entries, ({ name }) => name.replace(/-\d+$/, "")) ?? grouped(state.entries);
  for (const [kind, entries] of [...kinds].toReversed()) {
    say(`stopping ${kind} …`);
    await Promise.all(entries.map((entry) => stop(entry)));
  }
  const left = state.entries.filter(isRunning);
  if (left.length > 0) throw new Error(`could not stop ${left.map(({ name, pid }) => `${name} (${pid})`).join(", ")}`);
  if (args.includes("--keep-data")) rmSync(`${folder}/state.json`, { force: true });
  else rmSync(folder, { recursive: true, force: true });
  say("stopped.");
}

/** Node 20 has no Map.groupBy. */
function grouped(entries) {
  const kinds = new Map();
  for (const entry of entries) {
    const kind = entry.name.replace(/-\d+$/, "");
    kinds.set(kind, [...(kinds.get(kind) ?? []), entry]);
  }
  return kinds;
}
