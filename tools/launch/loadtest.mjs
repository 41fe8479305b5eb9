// `npm run loadtest`: k6 against a running server.
import { join } from "node:path";
import { bringK6 } from "../ground/k6.mjs";
import { ensureBuild, ensureDependencies, environment, fail, nodeBinary, root, run } from "./ground.mjs";

ensureDependencies();
const node = nodeBinary();
ensureBuild(node);
const k6 = bringK6();
if (k6 === undefined) fail("k6 could not be compiled; it needs Go 1.24 or newer.");
const script = join(root, "tools", "loadtest", "loadtest.ts");
run(node, [script, ...process.argv.slice(2)], { env: environment(node, { GRANTLINE_TEST_K6: k6 }) });
