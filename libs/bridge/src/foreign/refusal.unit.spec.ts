import { describe, expect, it } from "vitest";
import { asAnswer } from "../process/as-answer.ts";
import { refusalOf } from "./refusal.ts";

const said = (status: number, answer: unknown) => {
  const { reason, message } = refusalOf(status, answer);
  return [reason, message];
};

describe("what a target said when it refused", () => {
  it("is told by who can do something about it", () => {
    expect(said(401, { error: "invalid_token", error_description: "No remaining count on initial access token" })).toEqual([
      "target-token-refused",
      "the target refused: 401 invalid_token",
    ]);
    expect(said(400, { error: "invalid_redirect_uri" })[0]).toBe("target-redirect-uri-refused");
    expect(said(400, { error: "invalid_client_metadata" })[0]).toBe("target-metadata-refused");
    expect(said(500, { error: "unknown_error" })).toEqual(["target-refused", "the target refused: 500 unknown_error"]);
  });

  it("names Keycloak's policy, and repeats nothing else of what stands in the answer", () => {
    const policy = "Policy 'Allowed Client Scopes' rejected request to client-registration service. Details: secret-value";
    expect(said(403, { error: "insufficient_scope", error_description: policy })).toEqual([
      "target-policy-refused",
      "the target refused: 403 insufficient_scope (policy Allowed Client Scopes)",
    ]);
    for (const answer of [
      undefined,
      {},
      "secret-value",
      { error: 'Unrecognized field "secret-value"' },
      { error: ["secret-value"], error_description: 1 },
    ])
      expect(said(400, answer)).toEqual(["target-refused", "the target refused: 400"]);
  });

  it("is the client's affair where it is about the client's metadata, and else its operator's", () => {
    const answers = ["invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement"].map((error) =>
      asAnswer(refusalOf(400, { error })),
    );
    expect(answers).toMatchObject([
      { code: "invalid_redirect_uri", status: 400 },
      { code: "invalid_client_metadata", status: 400 },
      { code: "server_error", status: 502 },
    ]);
  });
});
