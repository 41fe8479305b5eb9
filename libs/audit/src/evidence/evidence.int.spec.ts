// Real: SQLite event store, the events of the domain. Fake: nothing.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { authorization } from "@grantline/domain/testing";
import { openRecordedLog, type RecordedLog } from "../fixtures/recorded-log.ts";
import { drawSample } from "../sample/sample.ts";
import { gatherEvidence } from "./evidence.ts";

let log: RecordedLog;
beforeEach(async () => {
  log = await openRecordedLog();
  for (const [id, subject] of [
    ["g1", "ada"],
    ["g2", "ada"],
    ["g3", "bob"],
  ] as const)
    await log.append(`grant-${id}`, "2026-03-01T00:00:00.000Z", [{ type: "GrantAuthorized", data: authorization({ subject }) }]);
});
afterEach(() => log.close());

const operator = { actor: { kind: "operator", id: "boss" } } as const;
const bundle = async (since = "2026-01-01T00:00:00.000Z", until = "2027-01-01T00:00:00.000Z") => {
  const { pieces } = await gatherEvidence(log.store, { since, until, verify: async () => ({ kind: "intact" }) });
  const files = new Map<string, string>();
  for await (const { file, text } of pieces) files.set(file, (files.get(file) ?? "") + text);
  const lines = (file: string) =>
    (files.get(file) ?? "")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    lines,
    summary: JSON.parse(files.get("summary.json") ?? "") as Record<string, unknown>,
    chain: JSON.parse(files.get("chain.json") ?? "") as object,
  };
};

describe("the evidence of a period", () => {
  it("says how long a revocation took until the last grant under it was closed", async () => {
    await log.append(
      "subject-ada",
      "2026-03-02T00:00:00.000Z",
      [{ type: "SubjectDisabled", data: { reason: "left", generation: 1 } }],
      operator,
    );
    await log.append("grant-g1", "2026-03-02T00:00:01.000Z", [{ type: "GrantRevoked", data: { reason: "subject-disabled" } }]);
    await log.append("grant-g2", "2026-03-02T00:00:02.500Z", [{ type: "GrantRevoked", data: { reason: "subject-disabled" } }]);
    await log.append("grant-g3", "2026-03-02T00:00:03.000Z", [{ type: "GrantRevoked", data: { reason: "admin" } }], operator);
    const { lines, summary } = await bundle();
    expect(lines("revocations.jsonl")).toMatchObject([
      { type: "SubjectDisabled", subject: "ada", reason: "left", effective: "at once", grantsClosed: 2, lastClosedAfter: 2.5 },
      { type: "GrantRevoked", subject: "bob", client: "c1", reason: "admin", grantsClosed: 0 },
    ]);
    expect(summary).toMatchObject({
      revocations: 2,
      by_type: { GrantAuthorized: 3, GrantRevoked: 3 },
      by_outcome: { accepted: 7, refused: 0 },
    });
  });

  it("holds what happened in it and nothing before or after, and the verdict on the chain", async () => {
    await log.append("keyring-eu1", "2026-03-10T00:00:00.000Z", [{ type: "SigningKeyRemoved", data: { kid: "k1" } }], operator);
    await log.append("security-w-20260310", "2026-03-10T00:00:00.000Z", [
      { type: "LoginFailed", data: { reason: "login-failed", count: 3, minute: 1 } },
    ]);
    const during = await bundle("2026-03-10T00:00:00.000Z", "2026-03-11T00:00:00.000Z");
    expect(during.lines("key-rotations.jsonl")).toHaveLength(1);
    expect(during.lines("failed-attempts.jsonl")).toMatchObject([{ data: { count: 3 } }]);
    expect(during.lines("admin-changes.jsonl")).toMatchObject([{ type: "SigningKeyRemoved" }]);
    expect(during.summary).toMatchObject({ events: 2, first: "4", last: "5" });
    expect(during.chain).toEqual({ kind: "intact" });
    expect((await bundle("2026-03-11T00:00:00.000Z")).summary).toMatchObject({ events: 0 });
  });
});

describe("a sample", () => {
  it("is drawn by seed and nothing else: page size and what comes later do not count", async () => {
    for (let n = 0; n < 60; n += 1)
      await log.append(`login-${n}`, "2026-03-03T00:00:00.000Z", [{ type: "SubjectLinked", data: { subject: `s${n}` } }]);
    const query = { types: ["SubjectLinked"] };
    const sample = await drawSample(log.store, query, { seed: "a", count: 7 });
    await log.append("login-late", "2026-03-03T00:00:00.000Z", [{ type: "SubjectLinked", data: { subject: "late" } }]);
    expect(await drawSample(log.store, query, { seed: "a", count: 7, head: sample.to })).toEqual(sample);
    expect([sample.population, sample.items.length]).toEqual([60, 7]);
    expect(sample.items.map(({ position }) => Number(position))).toEqual(
      sample.items.map(({ position }) => Number(position)).toSorted((one, other) => one - other),
    );
    expect((await drawSample(log.store, query, { seed: "b", count: 7, head: sample.to })).items).not.toEqual(sample.items);
    expect((await drawSample(log.store, query, { seed: "a", count: 1_000 })).items).toHaveLength(61);
  });

  it("gives every event the same chance", async () => {
    for (let n = 0; n < 10; n += 1)
      await log.append(`login-${n}`, "2026-03-03T00:00:00.000Z", [{ type: "SubjectLinked", data: { subject: `s${n}` } }]);
    const drawn = new Map<string, number>();
    for (let seed = 0; seed < 400; seed += 1)
      for (const { stream } of (await drawSample(log.store, { types: ["SubjectLinked"] }, { seed: String(seed), count: 3 })).items)
        drawn.set(stream, (drawn.get(stream) ?? 0) + 1);
    // 120 expected of each, standard deviation 9
    expect([...drawn.values()].every((times) => times > 70 && times < 170)).toBe(true);
    expect(drawn.size).toBe(10);
  });

  it("carries a proof where there is one", async () => {
    const prove = async ({ position }: { readonly position: string }) => (position === "1" ? { leaf_index: 0 } : undefined);
    const { items } = await drawSample(log.store, {}, { seed: "a", count: 3, prove });
    expect(items.map(({ proof }) => proof)).toEqual([{ leaf_index: 0 }, undefined, undefined]);
    await expect(drawSample(log.store, {}, { seed: "a", count: 0 })).rejects.toThrow(RangeError);
  });
});
