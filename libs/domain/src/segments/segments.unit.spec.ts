import { describe, expect, it } from "vitest";
import { at, decided, given } from "../testing/given.ts";
import { type SegmentRange, segmentsDecider, type SegmentsEvent } from "./index.ts";

const DAY = 86_400;
const NOON = Date.parse("2026-03-05T12:00:00Z") / 1_000;
const closed = (day: string, first: number, end: number): SegmentRange => ({ day, first, end, upTo: String(end), root: `root of ${day}` });
const event = (segment: SegmentRange): SegmentsEvent => ({ type: "SegmentClosed", data: { ...segment, note: "n" } });
const two = at(NOON, event(closed("2026-03-03", 0, 10)), event(closed("2026-03-04", 10, 15)));
const close = (segment: SegmentRange) => ({ kind: "close", now: NOON, segment, note: "n" }) as const;
const place = (fromDay: string, untilDay: string) =>
  ({ kind: "place-hold", now: NOON, hold: "h1", fromDay, untilDay, reason: "case 7" }) as const;
const rows = (count: number) => ({ gone: `${count} of them`, count, note: "signed" });
const drop = (day: string, now: number, before = 0, count = 4) =>
  ({ kind: "drop", now, day, archive: "digest", keptUntil: Date.parse(day) / 1_000 + 401 * DAY, before, ...rows(count) }) as const;
const refused = (
  reason:
    | "key-exists"
    | "segment-gap"
    | "segment-held"
    | "segment-retained"
    | "segment-moved"
    | "segment-unknown"
    | "hold-exists"
    | "hold-unknown"
    | "hold-backwards",
) => decided({ kind: "refused", reason });

describe("the days of the log", () => {
  it("close one after the other, without a gap between them", () => {
    const next = closed("2026-03-05", 15, 20);
    expect(given(segmentsDecider, two).when(close(next)).decision).toEqual(decided({ kind: "done" }, event(next)));
    for (const wrong of [
      closed("2026-03-05", 16, 20),
      closed("2026-03-05", 15, 15),
      closed("2026-03-02", 15, 20),
      closed("2026-03-04", 10, 16),
    ])
      expect(given(segmentsDecider, two).when(close(wrong)).decision).toEqual(refused("segment-gap"));
    expect(given(segmentsDecider, two).when(close(closed("2026-03-04", 10, 15))).decision).toEqual(decided({ kind: "unchanged" }));
  });

  it("may be dropped once their retention is over, and again only for more rows", () => {
    const over = Date.parse("2026-03-04T00:00:00Z") / 1_000 + 400 * DAY; // the 3rd has ended then
    expect(given(segmentsDecider, two).when(drop("2026-03-03", over - 1)).decision).toEqual(refused("segment-retained"));
    const dropped = given(segmentsDecider, two).when(drop("2026-03-03", over));
    expect(dropped.decision).toEqual(
      decided({ kind: "done" }, { type: "SegmentDropped", data: { ...closed("2026-03-03", 0, 10), archive: "digest", ...rows(4) } }),
    );
    expect(given(segmentsDecider, dropped.history).when(drop("2026-03-03", over, 4)).decision).toEqual(decided({ kind: "unchanged" }));
    expect(given(segmentsDecider, dropped.history).when(drop("2026-03-03", over, 0, 6)).decision).toEqual(refused("segment-moved"));
    const more = given(segmentsDecider, dropped.history).when({ ...drop("2026-03-03", over, 4, 6), archive: "another" });
    expect(more.state.segments[0]).toMatchObject({ archive: "digest", gone: 6 });
    expect(given(segmentsDecider, two).when(drop("2026-01-01", over)).decision).toEqual(refused("segment-unknown"));
  });

  it("stay while a legal hold covers them", () => {
    const over = NOON + 500 * DAY;
    const held = given(segmentsDecider, two).when(place("2026-03-04", "2026-04-01"));
    expect(given(segmentsDecider, held.history).when(drop("2026-03-04", over)).decision).toEqual(refused("segment-held"));
    expect(given(segmentsDecider, held.history).when(drop("2026-03-03", over)).decision.outcome).toEqual({ kind: "done" });
    expect(given(segmentsDecider, held.history).when(place("2026-01-01", "2026-01-02")).decision).toEqual(refused("hold-exists"));
    const lifted = given(segmentsDecider, held.history).when({ kind: "lift-hold", now: NOON, hold: "h1", reason: "closed" });
    expect(lifted.state.holds).toEqual([]);
    expect(given(segmentsDecider, lifted.history).when(drop("2026-03-04", over)).decision.outcome).toEqual({ kind: "done" });
    expect(given(segmentsDecider, two).when({ kind: "lift-hold", now: NOON, hold: "h1", reason: "x" }).decision).toEqual(
      refused("hold-unknown"),
    );
    expect(given(segmentsDecider, two).when(place("2026-03-04", "2026-03-03")).decision).toEqual(refused("hold-backwards"));
  });

  it("have one signing key for good", () => {
    const create = { kind: "create-key", now: NOON, kid: "k", vkey: "v" } as const;
    const made = given(segmentsDecider).when(create);
    expect(made.state.key).toEqual({ kid: "k", vkey: "v" });
    expect(given(segmentsDecider, made.history).when({ ...create, kid: "other" }).decision).toEqual(refused("key-exists"));
  });

  it("survive a type and a command nobody has heard of", () => {
    const { state } = given(segmentsDecider, two);
    expect(segmentsDecider.evolve(state, { type: "FromTheFuture", data: {}, at: NOON } as never)).toBe(state);
    expect(segmentsDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
  });
});
