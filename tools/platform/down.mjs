import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { say } from "../launch/ground.mjs";
import { isRunning, stop } from "./processes.mjs";
import { databaseFolder, folder, readState } from "./state.mjs";

/** What `up` puts into its folder. Nothing else is ever removed: the folder is for the user to choose. */
const OURS = ["postgres", "redis", "kafka", "kafka.properties", "nginx", "logs", "admin-secret", "kek", "state.json", "state.json.new"];

export async function down(args) {
  const keep = args[0] === "--keep-data";
  if (args.length > (keep ? 1 : 0)) throw new Error("down takes --keep-data, nothing else.");
  const state = readState();
  if (state === undefined && (keep || !existsSync(join(folder, "kek")))) return say("nothing was started.");
  await stopAll(state?.entries ?? [], (kind) => say(`stopping ${kind} …`));
  if (keep) rmSync(join(folder, "state.json"), { force: true });
  else removeData();
  say("stopped.");
}

/** Stops nginx, which lets nothing more in, then the others, last started first; the instances of one kind together. */
export async function stopAll(entries, told = () => undefined) {
  const kinds = new Map();
  for (const entry of entries) {
    const kind = entry.name.replace(/-\d+$/, "");
    kinds.set(kind, [...(kinds.get(kind) ?? []), entry]);
  }
  const order = [...kinds].reverse().sort(([a], [b]) => Number(b === "nginx") - Number(a === "nginx"));
  for (const [kind, ofKind] of order) {
    if (ofKind.some(isRunning)) told(kind);
    await Promise.all(ofKind.map((entry) => stop(entry)));
  }
  const left = entries.filter(isRunning);
  if (left.length > 0) throw new Error(`could not stop ${left.map(({ name, pid }) => `${name} (${pid})`).join(", ")}`);
}

export function removeData() {
  rmSync(databaseFolder(), { recursive: true, force: true });
  for (const name of OURS) rmSync(join(folder, name), { recursive: true, force: true });
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
