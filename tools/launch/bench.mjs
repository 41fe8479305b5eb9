// `npm run bench`: the load generator on the second core, what it measures on the first.
import { join } from "node:path";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root, run } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);
const script = process.argv[2] ?? "bench";
run(
  "taskset",
  ["-c", "1", node, "--disable-warning=ExperimentalWarning", join(root, "tools", "bench", `${script}.ts`), ...process.argv.slice(3)],
  { env: environment(node) },
);
