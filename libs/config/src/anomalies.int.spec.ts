import { describe, expect, it } from "vitest";
import { load, problems } from "./load-config.fixture.ts";

describe("the policy for anomalies", () => {
  it("names kinds and their responses; who says nothing is told and nothing more", () => {
    expect(load({}).anomalies.policy).toEqual([]);
    expect(load({ GRANTLINE_ANOMALIES_POLICY: "refresh-reuse=suspend-client, new-place=observe" }).anomalies.policy).toEqual([
      ["refresh-reuse", "suspend-client"],
      ["new-place", "observe"],
    ]);
  });

  it("never lets a stranger have somebody else shut out", () => {
    expect(problems({ GRANTLINE_ANOMALIES_POLICY: "client-authentication-failures=suspend-client" })).toEqual([
      expect.stringMatching(/^GRANTLINE_ANOMALIES_POLICY: .*anybody can cause it in anybody's name/),
    ]);
  });

  it.each(["refresh-reuse", "refresh-reuse=ban", "refresh-reuse=alert=x", "burps=alert", "=alert"])(
    "does not guess what %j means",
    (policy) => {
      expect(problems({ GRANTLINE_ANOMALIES_POLICY: policy })).toEqual([expect.stringMatching(/^GRANTLINE_ANOMALIES_POLICY: found /)]);
    },
  );
});

describe("the webhook's secret", () => {
  it("has the form of Standard Webhooks, and is not shown when it has not", () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    expect(load({ GRANTLINE_ALERTS_WEBHOOK_SECRET: secret }).alerts.webhookSecret).toBe(secret);
    const [line] = problems({ GRANTLINE_ALERTS_WEBHOOK_SECRET: "hunter2-hunter2" });
    expect(line).toMatch(/^GRANTLINE_ALERTS_WEBHOOK_SECRET: /);
    expect(line).not.toContain("hunter2");
  });
});
