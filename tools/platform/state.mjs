// What was started: .grantline-platform/state.json, one entry a process, in the order of starting.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "../launch/ground.mjs";

export const folder = resolve(root, process.env.GRANTLINE_PLATFORM_DIR ?? ".grantline-platform");
const file = join(folder, "state.json");

/** Undefined when nothing was started. */
export function readState() {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

export function writeState(state) {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  writeFileSync(`${file}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
