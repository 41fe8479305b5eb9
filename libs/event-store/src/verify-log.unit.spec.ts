import { describe, expect, it } from "vitest";
import { sealEvents } from "./seal.ts";
import { verifyLog, type LogEntry } from "./verify-log.ts";

const meta = { correlationId: "c", actor: { kind: "system", id: "s" }, region: "local", service: "test" } as const;
const definitions = { Happened: { version: 1, ignorable: false } };

/** So many events of a stream, at every other position from the one given. */
function stream(name: string, count: number, from: number): readonly LogEntry[] {
  const events = Array.from({ length: count }, (_, n) => ({ type: "Happened", data: { n } }));
  return sealEvents({ stream: name, previousHash: "", revision: 0, events, definitions, meta, atMs: 0 }).map((event, index) => ({
    event: { ...event, position: String(from + 2 * index) },
    findable: true,
  }));
}
const [a, b] = [stream("grant-a", 6, 1), stream("grant-b", 6, 2)];
const without = (entries: readonly LogEntry[], index: number): readonly LogEntry[] => entries.filter((_, at) => at !== index);
const changed = (entries: readonly LogEntry[], index: number, by: Partial<LogEntry["event"]>): readonly LogEntry[] =>
  entries.map((entry, at) => (at === index ? { ...entry, event: { ...entry.event, ...by } } : entry));

describe("verifying the whole log", () => {
  it("accepts what was sealed, and an empty log, and says how far it is", () => {
    const seen: number[] = [];
    expect(verifyLog([...a, ...b], (events) => seen.push(events))).toEqual({ kind: "intact", events: 12, streams: 2 });
    expect(seen.at(-1)).toBe(12);
    expect(verifyLog([])).toEqual({ kind: "intact", events: 0, streams: 0 });
  });

  it("names the lowest bad position, whichever stream comes first", () => {
    const verification = verifyLog([...changed(a, 4, { hash: "x" }), ...changed(b, 1, { hash: "x" })]);
    expect(verification).toEqual({
      kind: "broken",
      position: "4",
      why: "hash-mismatch",
      stream: "grant-b",
      revision: 1,
      events: 12,
      streams: 2,
    });
  });

  it("tells what is wrong", () => {
    expect(verifyLog(without(a, 2))).toMatchObject({ why: "revision-gap", position: "7" });
    expect(verifyLog(changed(a, 2, { type: "Other" }))).toMatchObject({ why: "body-mismatch", position: "5" });
    expect(verifyLog(changed(a, 2, { position: "2" }))).toMatchObject({ why: "position-order", position: "2" });
    expect(verifyLog(a.map((entry) => ({ ...entry, findable: false })))).toMatchObject({ why: "not-findable", position: "1" });
    expect(verifyLog(changed(a, 5, { body: "no JSON" }))).toMatchObject({ why: "hash-mismatch" });
  });
});
