import { describe, expect, it } from "vitest";
import { readBearer } from "./bearer.request.ts";

describe("the Authorization header", () => {
  it("gives the token, whatever the case of the scheme", () => {
    for (const scheme of ["Bearer", "bearer", "BEARER"])
      expect(readBearer({ authorization: `${scheme} abc.DEF-_~+/=` })).toEqual({ kind: "token", token: "abc.DEF-_~+/=" });
  });

  it("is absent, or malformed in every other spelling (T-16)", () => {
    expect(readBearer({})).toEqual({ kind: "absent" });
    const bad = [
      "",
      "Bearer",
      "Bearer ",
      "Bearer\ttok",
      "Bearer  tok",
      " Bearer tok",
      "Bearer tok ",
      "Bearer a,Bearer b",
      "Bearer a b",
      "Basic dG9rOg==",
      "Bearer tök",
      "Bearer a=b",
      "Bearer: a",
    ];
    for (const authorization of bad) expect(readBearer({ authorization })).toEqual({ kind: "malformed" });
    expect(readBearer({ authorization: ["Bearer a", "Bearer b"] })).toEqual({ kind: "malformed" });
  });
});
