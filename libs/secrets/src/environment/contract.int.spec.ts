import { describe, expect, it } from "vitest";
import { runSecretStoreContract } from "../contract/index.ts";
import { secretName, variableName } from "../secret-name.ts";
import { environmentStore, withoutSecrets } from "./environment-store.ts";

// Real: everything; the environment is an object, as process.env is.
runSecretStoreContract("the environment", async () => {
  const env: Record<string, string> = {};
  return {
    open: async () => environmentStore(env),
    plant: async (name, value) => void (env[variableName(secretName(name))] = value),
    remove: async () => undefined,
  };
});

describe("secrets in the environment", () => {
  it("are found under documented names, live, and an empty variable is none", async () => {
    const env: Record<string, string> = { OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN: "", PATH: "/bin", OAUTH__X: "y" };
    const store = environmentStore(env);
    expect([await store.get("oauth/github/my-server/access-token"), await store.list()]).toEqual([undefined, []]);
    env["OAUTH__GITHUB__MY_SERVER__ACCESS_TOKEN"] = "gho_1";
    expect((await store.get("oauth/github/my-server/access-token"))?.value).toBe("gho_1");
  });

  it("are kept from child processes", () => {
    const env = { PATH: "/bin", HOME: "/root", OAUTH__A__B__C: "s", GRANTLINE_KEK: "k", AZURE_CLIENT_SECRET: "a" };
    expect(withoutSecrets(env)).toEqual({ PATH: "/bin", HOME: "/root" });
  });
});
