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

say("tests, about twenty minutes …");
const results = [suite("embedded", ["--coverage"])];
say("promise and security tests on PostgreSQL and Redis, about three minutes …");
results.push(
  env.GRANTLINE_TEST_POSTGRES_BIN === undefined || env.GRANTLINE_TEST_REDIS_SERVER === undefined
    ? { status: 0, tests: [], absent: "promise and security tests on shared engines: need PostgreSQL and Redis" }
    : suite("shared", ["--passWithNoTests", "--config", "vitest.shared.config.ts"]),
);
summarize(results);
process.exit(results.find(({ status }) => status !== 0)?.status ?? 0);

/** Runs vitest; every test it saw, by name and outcome. */
function suite(shape, more) {
  const report = join(root, "node_modules", `.grantline-tests-${shape}.json`);
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const args = ["run", ...more, ...reporters, ...process.argv.slice(2)];
  const { status } = spawnSync(bin("vitest"), args, { cwd: root, stdio: "inherit", env });
  const tests = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(testsOf) : [];
  const where = shape === "embedded" ? "" : `on ${shape} engines: `;
  return { status: status ?? 1, tests: tests.map(({ fullName, status: outcome }) => ({ where, name: fullName, outcome })) };
}

/** Of one file; one that could not be run at all counts as a failed test. */
function testsOf({ name, status, assertionResults }) {
  return status === "failed" && !assertionResults.some((test) => test.status === "failed")
    ? [...assertionResults, { fullName: name, status: "failed" }]
    : assertionResults;
}

/** What was skipped, by name and why, and the counts on a line of their own. What is for one shape only and ran there was not skipped. */
function summarize(suites) {
  const tests = suites.flatMap((each) => each.tests);
  const ran = new Set(tests.filter(({ outcome }) => ["passed", "failed"].includes(outcome)).map(({ name }) => name));
  const skipped = tests.filter(({ name, outcome }) => ["skipped", "pending", "todo"].includes(outcome) && !ran.has(name));
  const count = (wanted) => tests.filter(({ outcome }) => outcome === wanted).length;
  for (const { where, name } of skipped) say(`skipped: ${where}${name}`);
  for (const { absent } of suites) if (absent !== undefined) say(`skipped: ${absent}`);
  if (env.GRANTLINE_TEST_MISSING !== "") say(`skipped for want of a component: ${env.GRANTLINE_TEST_MISSING}`);
  process.stdout.write(`${count("passed")} passed, ${count("failed")} failed, ${skipped.length} skipped\n`);
}
