// `npm run cli:pack`: the command line as a tarball that `npm install -g` takes anywhere, without a network. Plain Node 20, no dependency.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ensureBuild, ensureDependencies, fail, nodeBinary, root, say } from "../launch/ground.mjs";
import { stageCli } from "./stage.mjs";

const HELP = `npm run cli:pack [-- --to FOLDER]

Writes grantline-cli-VERSION.tgz to FOLDER (default: dist) and prints where it is.`;

function folderOf(args) {
  if (args.length === 0) return join(root, "dist");
  if (args.length === 2 && args[0] === "--to") return resolve(args[1]);
  return fail(`there is no option ${args[0]}.\n\n${HELP}`);
}

function pack(to) {
  ensureDependencies();
  ensureBuild(nodeBinary());
  mkdirSync(to, { recursive: true });
  const stage = mkdtempSync(join(tmpdir(), "grantline-pack-"));
  try {
    say(`${stageCli(root, stage)} packages …`);
    const told = spawnSync("npm", ["pack", "--silent", "--pack-destination", to], { cwd: stage, encoding: "utf8" });
    if (told.error !== undefined) throw told.error;
    if (told.status !== 0) throw new Error(`npm pack failed: ${told.stderr.trim()}`);
    process.stdout.write(`${join(to, told.stdout.trim())}\n`);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

if (process.argv.includes("--help")) process.stdout.write(`${HELP}\n`);
else {
  try {
    pack(folderOf(process.argv.slice(2)));
  } catch (error) {
    fail(error.message);
  }
}
