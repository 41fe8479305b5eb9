// `npm test`: formatting, lint, types, generated docs, every test, coverage. Names what was skipped.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
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
for (const project of ["tsconfig.spec.json", "loadtest"])
  run(node, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", project], { env });

say("tests, about ten minutes …");
const report = join(root, "node_modules", ".grantline-tests.json");
rmSync(report, { force: true });
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const { status } = spawnSync(bin("vitest"), ["run", "--coverage", ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env,
});
if (existsSync(report)) summarize(JSON.parse(readFileSync(report, "utf8")));
process.exit(status ?? 1);

/** What was skipped, by name and why, and the counts on a line of their own. */
function summarize({ testResults, numPassedTests, numFailedTests }) {
  const skipped = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter((test) => ["skipped", "pending", "todo"].includes(test.status)),
  );
  for (const { fullName } of skipped) say(`skipped: ${fullName}`);
  if (env.GRANTLINE_TEST_MISSING !== "") say(`skipped for want of a component: ${env.GRANTLINE_TEST_MISSING}`);
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed, ${skipped.length} skipped\n`);
}
