// `npm test`: formatting, lint, types, generated docs, every test, coverage. Names what was skipped.
import { join } from "node:path";
import { bringComponents } from "../ground/components.mjs";
import { ensureBuild, ensureDependencies, environment, nodeBinary, root, run, say } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
const env = environment(node, bringComponents());
const bin = (name) => join(root, "node_modules", ".bin", name);

say("formatting and lint …");
run(bin("oxfmt"), ["--check", "."], { env });
run(bin("oxlint"), ["--deny-warnings"], { env });
say("types and build …");
ensureBuild(node);
run(bin("nx"), ["run-many", "-t", "typecheck", "--outputStyle=static"], { env: { ...env, NX_DAEMON: "false", NX_NO_CLOUD: "true" } });
run(node, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.spec.json"], { env });
say("tests …");
run(bin("vitest"), ["run", "--coverage", ...process.argv.slice(2)], { env });
if (env.GRANTLINE_TEST_MISSING !== "") say(`skipped for want of a component: ${env.GRANTLINE_TEST_MISSING}`);
