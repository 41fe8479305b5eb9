// What was started: .grantline-platform/state.json, one entry a process, in the order of starting.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
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

/** PostgreSQL's data. It does not run as root, and its own user can't pass through folders like /root: then it has a place outside. */
export function databaseFolder() {
  if (process.getuid?.() !== 0 || passable(dirname(folder))) return join(folder, "postgres");
  return join("/var/tmp/grantline-platform", createHash("sha256").update(folder).digest("hex").slice(0, 16));
}

/** May everybody pass through it and all above it? */
function passable(path) {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || passable(dirname(path));
}
