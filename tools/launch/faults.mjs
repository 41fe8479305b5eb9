// `npm run faults [-- --only redis/sigkill] [--seed N] [--quick]`: the fault matrix with real processes.
import { join } from "node:path";
import { bringComponents } from "../ground/components.mjs";
import { bringFaketime } from "../ground/faketime.mjs";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root, run } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);
bringFaketime();
run(node, ["--disable-warning=ExperimentalWarning", join(root, "tools", "faults", "main.ts"), ...process.argv.slice(2)], {
  env: environment(node, bringComponents()),
});
