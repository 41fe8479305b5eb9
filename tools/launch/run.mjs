// Runs a script of this repository on the right Node, after set-up: node tools/launch/run.mjs FILE [ARGS]
import { join } from "node:path";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root, run } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);
const [file, ...args] = process.argv.slice(2);
run(node, ["--conditions=@grantline/source", join(root, file), ...args], { env: environment(node) });
