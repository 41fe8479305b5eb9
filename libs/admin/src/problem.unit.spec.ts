import { BadCursor, ProjectionsBehind } from "@grantline/read-model";
import { OAuthError } from "@grantline/oauth/errors";
import { describe, expect, it } from "vitest";
import { AdminProblem, problemResponse } from "./problem.ts";

const bodyOf = (error: unknown): unknown => JSON.parse(problemResponse(error, "c-1")?.body ?? "null");

describe("a problem document", () => {
  it("says what is wrong, where, and which request it was", () => {
    const problem = new AdminProblem(400, "value-not-allowed", "See errors.", {
      errors: [{ path: "uri", message: "is relative" }],
      headers: { "retry-after": "1" },
    });
    expect(bodyOf(problem)).toEqual({
      type: "urn:grantline:problem:value-not-allowed",
      title: "A value is not allowed",
      status: 400,
      detail: "See errors.",
      correlation_id: "c-1",
      errors: [{ path: "uri", message: "is relative" }],
    });
    expect(problemResponse(problem, "c-1")?.headers).toMatchObject({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "retry-after": "1",
    });
  });

  it("is made of OAuth errors, foreign cursors and late listings too", () => {
    const error = new OAuthError("insufficient_scope", "bearer-scope", "Not enough.", {
      headers: { "www-authenticate": "Bearer" },
      detail: "private",
    });
    expect(bodyOf(error)).toEqual({
      type: "urn:grantline:problem:bearer-scope",
      title: "Insufficient scope",
      status: 403,
      detail: "Not enough.",
      correlation_id: "c-1",
      error: "insufficient_scope",
    });
    expect(problemResponse(error, "c-1")?.headers).toHaveProperty("www-authenticate", "Bearer");
    expect(bodyOf(new BadCursor())).toMatchObject({ status: 400, type: "urn:grantline:problem:cursor-unknown" });
    expect(bodyOf(new ProjectionsBehind())).toMatchObject({ status: 503, type: "urn:grantline:problem:read-model-behind" });
  });

  it("is not made of what nobody foresaw: that is a 500, and says nothing", () => {
    expect(problemResponse(new Error("secret detail"), "c-1")).toBeUndefined();
    expect(problemResponse("text", "c-1")).toBeUndefined();
  });
});
