import { describe, expect, it } from "vitest";
import { measure } from "../bench/score.ts";

describe("detectors on made-up traffic with planted attacks", () => {
  const { scores } = measure({ seed: 5, people: 80, machines: 6, days: 20, each: 10 });
  const of = (kind: string) => scores.find((score) => score.kind === kind);

  it.each(["refresh-reuse", "code-replay"])("notice every %s and nothing else", (kind) => {
    expect(of(kind)).toMatchObject({ planted: 10, recall: 1, precision: 1 });
  });

  // Bounds well below what bench/measure.ts prints: a change that makes a detector blind or noisy fails, one that shifts a figure does not.
  it.each([
    ["new-place", 0.5, 0.5],
    ["movement", 0.5, 0.5],
    ["burst", 0.4, 0.5],
    ["registration-flood", 0.5, 0.7],
    ["client-authentication-failures", 0.6, 0.7],
    ["scope-probing", 0.7, 0.7],
  ])("notice most of %s, and are mostly right", (kind, recall, precision) => {
    expect(of(kind)?.recall).toBeGreaterThanOrEqual(recall);
    expect(of(kind)?.precision).toBeGreaterThanOrEqual(precision);
  });
});
