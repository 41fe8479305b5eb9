import { defineConfig } from "vitest/config";
import { COVERAGE, COVERED } from "./tools/launch/coverage.mjs";

export default defineConfig({
  // Nest at the rim uses legacy decorators; the flag must stand here, see AGENTS.md (traps).
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: ["@grantline/source", "node", "import", "default"] },
  // Vitest hands these to Node as --conditions: "import" among them would give require() the ESM half of dual packages (express breaks).
  ssr: { resolve: { conditions: ["@grantline/source", "node"] } },
  test: {
    include: ["libs/**/src/**/*.spec.ts", "apps/**/*.spec.ts", "tools/**/*.spec.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // Most of a run is waiting for engines and processes; one at a time would leave the machine idle.
    maxWorkers: 2,
    // A hang is a hang after three minutes too, and a machine that others use is no failure. Specs say their own only where they need longer.
    testTimeout: 180_000,
    // They start servers and engines, and get no second try.
    hookTimeout: 240_000,
    // Vitest's own second is over before a busy machine has looked twice. Who promises a time says it at the test.
    expect: { poll: { timeout: 20_000 } },
    // A name with several addresses gets a quarter of a second for each (Node's default). Where `localhost` is also ::1 and the machine has no IPv6, a worker
    // that is held up for longer takes a connection that stands for one that timed out: "fetch failed".
    execArgv: ["--network-family-autoselection-attempt-timeout=30000"],
    // Only what a busy machine does to real processes gets a second try. A wrong answer never does: a race that loses one time in ten is a defect.
    retry: { count: 1, condition: /timed out|not ready after|not ready in|ECONNREFUSED|ECONNRESET|EADDRINUSE/ },
    // The same suite on the engines of the distributed shape: GRANTLINE_TEST_SHAPE=shared vitest run apps/all-in-one/test/promises
    globalSetup: process.env["GRANTLINE_TEST_SHAPE"] === "shared" ? ["libs/testing/src/shared-engines.setup.ts"] : [],
    coverage: {
      provider: "v8",
      include: COVERED.map((folder) => `${folder}/**/*.ts`),
      exclude: ["**/*.spec.ts", "**/fixtures/**", "**/testing/**", "**/index.ts", "**/types.ts"],
      thresholds: Object.fromEntries(COVERED.map((folder) => [`${folder}/**`, { lines: COVERAGE, branches: COVERAGE }])),
      reporter: ["text-summary", "json-summary"],
      reportOnFailure: true,
    },
  },
});
