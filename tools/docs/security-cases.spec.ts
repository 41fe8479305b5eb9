import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { securityCases } from "./security-cases.list.ts";
import { securityCasesPage, testedCases } from "./security-cases.page.ts";

/** What this release has no part for yet: exchange, DPoP, mutual TLS, tenants, regions. */
const LATER = ["R-07", "K-09", "X-04", "X-05", "X-07", "T-11", "T-13", "T-14", "T-15", "M-01", "H-10"];

describe("docs/reference/security-cases.md", () => {
  it("is what the tests say today", () => {
    expect(readFileSync(new URL("../../docs/reference/security-cases.md", import.meta.url), "utf8")).toBe(securityCasesPage());
  });

  it("knows every id that a test carries, and every case has a test or is for later", () => {
    const tested = testedCases();
    expect([...tested.keys()].filter((id) => !(id in securityCases))).toEqual([]);
    expect(Object.keys(securityCases).filter((id) => !tested.has(id))).toEqual(LATER);
  });
});
