// The build stage's one command: node tools/images/prepare.mjs TO [EMPTY]; EMPTY is a folder to make. Plain Node, no shell, no dependency.
// In the repository it installs, compiles and takes what production needs. In a context of `npm run images` the tree is there already, and no network is needed.
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeTree } from "./tree.mjs";

const [to, empty] = process.argv.slice(2);
if (to === undefined) throw new Error("say where to: node tools/images/prepare.mjs /app");
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const given = join(root, "prepared-tree");
for (const folder of [to, empty]) if (folder !== undefined) mkdirSync(folder, { recursive: true });
if (existsSync(given)) {
  cpSync(given, resolve(to), { recursive: true, verbatimSymlinks: true });
} else {
  const { ensureBuild, ensureDependencies, nodeBinary } = await import("../launch/ground.mjs");
  ensureDependencies();
  ensureBuild(nodeBinary());
  makeTree(root, resolve(to));
}
