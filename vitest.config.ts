import { defineConfig } from "vitest/config";

export default defineConfig({
  // Nest at the rim uses legacy decorators; the flag must stand here, see AGENTS.md (traps).
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: ["@grantline/source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["@grantline/source", "node", "import", "default"] } },
  test: {
    include: ["libs/**/src/**/*.spec.ts", "apps/**/*.spec.ts", "tools/**/*.spec.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    testTimeout: 30_000,
    coverage: { provider: "v8", include: ["libs/domain/src/**", "libs/oauth/src/**"], exclude: ["**/*.spec.ts", "**/fixtures/**", "**/index.ts", "**/types.ts"] },
  },
});
