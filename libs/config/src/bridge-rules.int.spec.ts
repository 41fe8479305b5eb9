import { describe, expect, it } from "vitest";
import { bridgeIssuer } from "./index.ts";
import { load, problems, PRODUCTION } from "./load-config.fixture.ts";

const GUID = "65415bb1-9267-4313-bbf5-ae259732ee12";
const ENTRA = {
  GRANTLINE_BRIDGE_TARGET: "entra",
  GRANTLINE_BRIDGE_ENTRA_TENANT: GUID,
  GRANTLINE_BRIDGE_ENTRA_RESOURCE: "api://grantline-mcp",
  GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID: GUID,
  GRANTLINE_BRIDGE_ENTRA_SCOPES: `mcp.read=${GUID},mcp.write=${GUID}`,
  GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS: "initial-access-token-1",
};

describe("the settings of the bridge", () => {
  it("ask for nothing while it only passes on", () => {
    expect(load().bridge).toMatchObject({ target: "grantline", open: false, entra: { graph: "https://graph.microsoft.com" } });
  });

  it("put the facade beside the issuer, or where they say", () => {
    expect(bridgeIssuer(load({ ...ENTRA, GRANTLINE_ISSUER: "https://auth.example.com/t/one" }))).toBe("https://auth.example.com/bridge");
    expect(bridgeIssuer(load({ ...ENTRA, GRANTLINE_BRIDGE_ISSUER: "https://entra.example.com/mcp" }))).toBe(
      "https://entra.example.com/mcp",
    );
  });

  it("name every one that is missing for the target", () => {
    expect(problems({ GRANTLINE_BRIDGE_TARGET: "entra" }).map((line) => line.split(":")[0])).toEqual([
      "GRANTLINE_BRIDGE_ENTRA_TENANT",
      "GRANTLINE_BRIDGE_ENTRA_RESOURCE",
      "GRANTLINE_BRIDGE_ENTRA_RESOURCE_APP_ID",
      "GRANTLINE_BRIDGE_ENTRA_SCOPES",
      "GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS",
    ]);
    expect(problems({ GRANTLINE_BRIDGE_TARGET: "rfc7591", GRANTLINE_BRIDGE_OPEN: "true" }).map((line) => line.split(":")[0])).toEqual([
      "GRANTLINE_BRIDGE_SERVER_ISSUER",
      "GRANTLINE_BRIDGE_SERVER_SCOPES",
    ]);
    expect(problems({ ...ENTRA, GRANTLINE_BRIDGE_ENTRA_CLIENT_ID: GUID })).toEqual([expect.stringContaining("both, or neither")]);
  });

  it.each([
    ["GRANTLINE_BRIDGE_ISSUER", "https://auth.example.com"],
    ["GRANTLINE_BRIDGE_ISSUER", "https://auth.example.com/bridge?x"],
    ["GRANTLINE_BRIDGE_ISSUER", "http://auth.example.com/bridge"],
    ["GRANTLINE_BRIDGE_ISSUER", "https://auth.example.com/oauth"],
    ["GRANTLINE_BRIDGE_SECRET_ROTATE_AHEAD", "90d"],
    ["GRANTLINE_BRIDGE_SECRET_OVERLAP", "20d"],
    ["GRANTLINE_BRIDGE_ENTRA_TENANT", "contoso.onmicrosoft.com"],
    ["GRANTLINE_BRIDGE_ENTRA_SCOPES", "mcp.read"],
    ["GRANTLINE_BRIDGE_ENTRA_GRAPH", "http://graph.microsoft.com"],
    ["GRANTLINE_BRIDGE_ENTRA_SECRET_NAME", "the-secret-itself"],
    ["GRANTLINE_BRIDGE_DOCUMENT_HOSTS", "https://claude.ai"],
  ])("refuse %s=%s", (name, value) => {
    const env = { ...PRODUCTION, ...ENTRA, GRANTLINE_ISSUER: "https://auth.example.com/oauth", GRANTLINE_BRIDGE_SECRET_LIFETIME: "90d" };
    expect(() => load(env)).not.toThrow();
    expect(problems({ ...env, [name]: value }).some((line) => line.startsWith(`${name}:`))).toBe(true);
  });

  it("never show an initial access token", () => {
    expect(problems({ ...ENTRA, GRANTLINE_BRIDGE_INITIAL_ACCESS_TOKENS: "short-secret" }).join()).not.toContain("short-secret");
  });
});
