import { describe, expect, it } from "vitest";
import { authorization, good, T0 } from "../testing/grants.ts";
import { standingLost } from "./index.ts";

const { generations } = good;
const basis = authorization();

describe("what a grant rests on", () => {
  it("stands while nothing has changed", () => {
    expect(standingLost(basis, good)).toBe(false);
    expect(standingLost(basis, good, T0)).toBe(false);
  });

  it.each([
    ["the client is barred", { ...good, clientActive: false }],
    ["the subject is barred", { ...good, subjectActive: false }],
    ["the session has ended", { ...good, sessionActive: false }],
    ["the client's generation was raised", { ...good, generations: { ...generations, client: 2 } }],
    ["the subject's generation was raised", { ...good, generations: { ...generations, subject: 2 } }],
    ["the consent's generation was raised", { ...good, generations: { ...generations, consent: 2 } }],
    ["a resource's generation was raised", { ...good, generations: { ...generations, resources: { r1: 1, r2: 2 } } }],
  ])("is lost when %s", (_what, standing) => {
    expect(standingLost(basis, standing)).toBe(true);
  });

  it("outlives its session when granted offline, but nothing else", () => {
    expect(standingLost({ ...basis, offline: true }, { ...good, sessionActive: false })).toBe(false);
    expect(standingLost({ ...basis, offline: true }, { ...good, sessionActive: false, subjectActive: false })).toBe(true);
  });

  it("is lost at the family's end when asked with a time", () => {
    expect(standingLost(basis, good, basis.absoluteExpiresAt - 1)).toBe(false);
    expect(standingLost(basis, good, basis.absoluteExpiresAt)).toBe(true);
  });

  it("is not judged by a resource nobody asked about, nor by a view that lags behind", () => {
    expect(standingLost(basis, { ...good, generations: { ...generations, resources: {} } })).toBe(false);
    expect(standingLost(basis, { ...good, generations: { client: 0, subject: 0, consent: 0, resources: { r1: 0, r9: 7 } } })).toBe(false);
  });
});
