import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configReference } from "./reference.ts";
import { allSettings } from "./schema.ts";

describe("the reference of settings", () => {
  it("is what docs/reference/configuration.md says", () => {
    const committed = readFileSync(new URL("../../../docs/reference/configuration.md", import.meta.url), "utf8");
    expect(committed).toBe(`${configReference().trimEnd()}\n`);
  });

  it("has a row for every setting, with its default", () => {
    const text = configReference();
    for (const { env, path } of allSettings)
      expect(text).toMatch(new RegExp(`^\\| \`${env}\`( 🔒)? \\| \`${path.join("\\.")}\` \\| .+ \\| .+ \\| .+\\.? \\|$`, "m"));
    expect(text).toContain("| `GRANTLINE_PORT` | `server.port` | a whole number from 0 to 65535 | `8080` |");
    expect(text).toContain("`ES256,EdDSA,RS256`");
  });
});

describe("the settings themselves", () => {
  it("have each variable and each key once, named alike, and explained in a sentence", () => {
    expect(new Set(allSettings.map(({ env }) => env)).size).toBe(allSettings.length);
    expect(new Set(allSettings.map(({ path }) => path.join("."))).size).toBe(allSettings.length);
    for (const { env, doc } of allSettings) {
      expect(env).toMatch(/^GRANTLINE_[A-Z_]+[A-Z]$/);
      expect(doc).toMatch(/^[A-Z`].*\.$/);
    }
  });

  it("that hold a secret are marked", () => {
    const marked = allSettings.filter(({ secret }) => secret === true).map(({ env }) => env);
    expect(marked).toEqual([
      "GRANTLINE_POSTGRES_URL",
      "GRANTLINE_EVENTSTORE_URL",
      "GRANTLINE_REDIS_URL",
      "GRANTLINE_ADMIN_SECRET",
      "GRANTLINE_DEV_USERS",
      "GRANTLINE_KEK",
      "GRANTLINE_KEK_PREVIOUS",
      "GRANTLINE_DCR_INITIAL_ACCESS_TOKENS",
      "GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS",
      "GRANTLINE_ALERTS_WEBHOOK_SECRET",
      "GRANTLINE_OTLP_HEADERS",
    ]);
  });
});
