// `npm run grantline -- COMMAND`: the command line on the right Node, after set-up.
import { join } from "node:path";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root, run } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);
run(node, ["--disable-warning=ExperimentalWarning", join(root, "apps", "cli", "dist", "main.js"), ...process.argv.slice(2)], {
  env: environment(node),
});
