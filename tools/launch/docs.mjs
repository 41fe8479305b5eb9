// `npm run docs [-- --check]`: regenerates what is generated from source, or fails when it is out of date.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureDependencies, environment, nodeBinary, root, run, say } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
for (const name of ["configuration", "events", "asyncapi", "openapi", "bridge-api", "security-cases", "cli", "nginx"]) {
  const script = join(root, "tools", "docs", `${name}.ts`);
  if (!existsSync(script)) continue;
  say(`docs/reference: ${name}`);
  run(node, ["--conditions=@grantline/source", "--disable-warning=ExperimentalWarning", script, ...process.argv.slice(2)], {
    env: environment(node),
  });
}
