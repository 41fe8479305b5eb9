/*
 * Real: the public conformance suite as its own process with the MCP servers and authorization servers it makes, Grantline with its gateway,
 * @modelcontextprotocol/client 2.4 in front of it, HTTP between them. Made: the person, who is a browser without script, and the clock.
 *
 * Not played: scenarios of extensions (client credentials, enterprise-managed authorization, DPoP, workload identity), which no revision requires;
 * the gateway's side towards servers is for people.
 */
import { startTestPlatform, type TestPlatform } from "@grantline/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requiredScenarios, runClientScenarios, verdict } from "./support/conformance-suite.ts";
import { GatewayClient } from "./support/gateway-client.ts";

/** The suite knows one client's document, at a URL of its own invention; the gateway's is its own, which the suite warns of. */
const WARNED: Readonly<Record<string, string>> = { "auth/basic-cimd": "warned: cimd-client-id-used" };

const secrets: Record<string, string> = {};
let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ frozenAt: Math.floor(Date.now() / 1000), secrets });
});
afterAll(() => platform?.close());

describe.each(["2025-11-25", "2026-07-28"])("the client side of the gateway, in the conformance suite's scenarios of %s", (revision) => {
  it("passes all that the revision requires", { timeout: 120_000 }, async () => {
    let count = 0;
    const found = await runClientScenarios(revision, (scenario) =>
      new GatewayClient({ platform, secrets }, scenario, `suite-${revision}-${++count}`).play(),
    );
    const required = requiredScenarios(revision);
    expect(required.length).toBeGreaterThan(15);
    const verdicts = Object.fromEntries(required.map((name) => [name, verdict(found.get(name) ?? [])]));
    expect(verdicts).toEqual(Object.fromEntries(required.map((name) => [name, WARNED[name] ?? "passed"])));
  });
});
