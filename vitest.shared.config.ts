import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

const tests = "apps/all-in-one/test";

/** The suites that say what is promised, once more, on the engines of the distributed shape. The second half of `npm test`. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: [
        `${tests}/promises/*.spec.ts`,
        `${tests}/security/*.spec.ts`,
        `${tests}/flow.e2e.spec.ts`,
        // one refresh at the provider, also over two servers
        "libs/upstream/src/refresh/refresh.e2e.spec.ts",
      ],
      exclude: [
        // these start the all-in-one as processes; of the services other specs do
        `${tests}/promises/p0{2,4,5}-*`,
        `${tests}/promises/p06-read-*`,
        // SQLite's own; PostgreSQL's is libs/event-store/postgres/src/tamper-evidence.int.spec.ts
        `${tests}/promises/p10-*`,
        `${tests}/promises/promises-page.spec.ts`,
      ],
      globalSetup: ["libs/testing/src/shared-engines.setup.ts"],
    },
  }),
);
