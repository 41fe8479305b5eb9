// `npm test`: formatting, lint, types, generated docs, every test, coverage. Names what was skipped.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { bringComponents } from "../ground/components.mjs";
import { COVERAGE, COVERED } from "./coverage.mjs";
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

/** Runs the tests of one shape; every test, by name and outcome. */
function suite(shape, more) {
  const where = shape === "embedded" ? "" : `on ${shape} engines: `;
  const first = vitest(shape, more, process.argv.slice(2));
  const failed = [...new Set(first.tests.filter(({ outcome }) => outcome === "failed").map(({ file }) => file))];
  const flaky = env.CI === "true" && failed.length > 0 && failed.length <= 3 && onlyTests(first) && passAlone(shape, more, failed);
  const tests = first.tests.map((test) => ({ ...test, where, outcome: flaky && test.outcome === "failed" ? "flaky" : test.outcome }));
  return { status: flaky ? 0 : first.status, tests };
}

/**
 * CI's machine does to real processes what no test foresees. There, and never locally, a file that failed in the crowd may show
 * twice that it passes alone; it is named as flaky at the very end, and is a defect to be mended, of the test or of the product.
 */
function passAlone(shape, more, files) {
  say(`again, alone: ${files.join(", ")} …`);
  const config = more.filter((arg) => arg !== "--coverage");
  return [1, 2].every(() => vitest(`${shape}-again`, [...config, "--no-file-parallelism"], files).status === 0);
}

/** Whether failed tests are all that was wrong: coverage was reported and is enough. */
function onlyTests({ coverage }) {
  return coverage === undefined || coverage.every(({ percent }) => percent >= COVERAGE);
}

function vitest(shape, more, files) {
  const report = join(root, "node_modules", `.grantline-tests-${shape}.json`);
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(bin("vitest"), ["run", ...more, ...reporters, ...files], { cwd: root, stdio: "inherit", env });
  const tests = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(testsOf) : [];
  return { status: status ?? 1, tests, coverage: more.includes("--coverage") ? measured() : undefined };
}

/** Of one file; one that could not be run at all counts as a failed test. */
function testsOf({ name, status, message, assertionResults }) {
  const file = relative(root, name);
  const tests = assertionResults.map((test) => ({ file, name: test.fullName, outcome: test.status, why: test.failureMessages?.[0] ?? "" }));
  const unexplained = status === "failed" && !tests.some(({ outcome }) => outcome === "failed");
  return unexplained ? [...tests, { file, name: "(the file itself)", outcome: "failed", why: message }] : tests;
}

/** Lines and branches of each package that coverage is asked of; nothing measured counts as nothing covered. */
function measured() {
  const summary = join(root, "coverage", "coverage-summary.json");
  const files = existsSync(summary) ? Object.entries(JSON.parse(readFileSync(summary, "utf8"))) : [];
  return COVERED.flatMap((folder) =>
    ["lines", "branches"].map((kind) => {
      const of = files.filter(([file]) => file.startsWith(join(root, folder))).map(([, covered]) => covered[kind]);
      const sum = (part) => of.reduce((total, each) => total + each[part], 0);
      return { folder, kind, percent: sum("total") === 0 ? 0 : (100 * sum("covered")) / sum("total") };
    }),
  );
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
  // last, where a log that is cut short still shows it
  for (const { outcome, where, file, name, why } of tests.filter(({ outcome }) => ["flaky", "failed"].includes(outcome)))
    say(
      `${outcome === "flaky" ? "FLAKY (failed in the crowd, passed twice alone)" : "FAILED"}: ${where}${file}: ${name}: ${firstLine(why)}`,
    );
  for (const { status, tests: own } of suites)
    if (status !== 0 && !own.some(({ outcome }) => outcome === "failed"))
      say(`FAILED: no test, but the run (${status}): coverage below its threshold or an unhandled error, see above`);
  const flaky = count("flaky") === 0 ? "" : `, ${count("flaky")} flaky`;
  process.stdout.write(`${count("passed")} passed, ${count("failed")} failed${flaky}, ${skipped.length} skipped\n`);
}

/** Enough of an error to know it by, without colours. */
function firstLine(text) {
  return stripVTControlCharacters(text).split("\n", 1)[0].slice(0, 300);
}
