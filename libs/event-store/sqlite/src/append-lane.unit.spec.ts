import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStoreUnavailable, NO_STREAM } from "@grantline/event-store";
import { openAppendLane } from "./append-lane.ts";
import { someEvents } from "./fixtures/some-events.ts";
import type { OwnAppends } from "./subscription.ts";
import type { TransportEvents } from "./transport.ts";
import { APPENDED } from "./wire.ts";
import type { AppendBatch } from "./wire.ts";

/** The other end of the lane in the test's hands: when it answers, and when it breaks. */
function handOperated() {
  const sent: { readonly id: number; readonly batch: AppendBatch }[] = [];
  const said: string[] = [];
  let line: TransportEvents | undefined;
  let opened = 0;
  return {
    sent,
    said,
    opened: () => opened,
    line: () => line!,
    open: async (events: TransportEvents) => {
      opened++;
      line = events;
      return { send: (id: number, batch: AppendBatch) => void sent.push({ id, batch }), close: async () => void said.push("closed") };
    },
    events: {
      settled: ({ after, upTo }: OwnAppends) => void said.push(`settled ${after} to ${upTo}`),
      late: () => void said.push("late"),
      trouble: (what: string) => void said.push(what),
    },
  };
}
const append = (lane: Awaited<ReturnType<typeof openAppendLane>>, stream: string) =>
  lane.append(stream, NO_STREAM, someEvents(stream, 0, 1)).catch((error: unknown) => error);

describe("the lane to the writer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends the appends of one turn in one message, and the next ones when that is answered", async () => {
    const hand = handOperated();
    const lane = await openAppendLane(hand.open, hand.events);
    const first = [append(lane, "a"), append(lane, "b")];
    await vi.advanceTimersByTimeAsync(1);
    const second = [append(lane, "c"), append(lane, "d")];
    await vi.advanceTimersByTimeAsync(1);
    expect(hand.sent.map(({ batch }) => batch.filter((_, i) => i % 7 === 0))).toEqual([["a", "b"]]);
    hand.line().replies(hand.sent[0]!.id, [APPENDED, 1, 0, APPENDED, 2, 0]);
    expect(hand.sent.map(({ batch }) => batch.filter((_, i) => i % 7 === 0))).toEqual([
      ["a", "b"],
      ["c", "d"],
    ]);
    hand.line().replies(hand.sent[1]!.id, [APPENDED, 3, 0, APPENDED, 4, 0]);
    expect(await Promise.all([...first, ...second])).toEqual(
      ["1", "2", "3", "4"].map((position) => ({ kind: "appended", position, revision: 0 })),
    );
    expect(hand.said).toEqual(["settled 0 to 2", "settled 2 to 4"]);
  });

  it("calls an append without an answer unknown after a while, and tells the caches when the answer comes after all", async () => {
    const hand = handOperated();
    const lane = await openAppendLane(hand.open, hand.events);
    const asked = append(lane, "a");
    await vi.advanceTimersByTimeAsync(9_000);
    expect(hand.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(25_000);
    expect(await asked).toBeInstanceOf(EventStoreUnavailable);
    hand.line().replies(hand.sent[0]!.id, [APPENDED, 1, 0]);
    expect(hand.said).toEqual(["late"]);
  });

  it("fails what was sent when the way breaks, opens it again, and sends what was asked meanwhile", async () => {
    const hand = handOperated();
    const lane = await openAppendLane(hand.open, hand.events);
    const lost = append(lane, "a");
    await vi.advanceTimersByTimeAsync(1);
    hand.line().down("broken");
    expect(await lost).toBeInstanceOf(EventStoreUnavailable);
    const kept = append(lane, "b");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(hand.opened()).toBe(2);
    hand.line().replies(hand.sent[1]!.id, [APPENDED, 1, 0]);
    expect(await kept).toMatchObject({ kind: "appended" });
  });

  it("does not say where its events stand when one of them had been appended before", async () => {
    const hand = handOperated();
    const lane = await openAppendLane(hand.open, hand.events);
    const asked = [append(lane, "repeated"), append(lane, "c")];
    await vi.advanceTimersByTimeAsync(1);
    hand.line().replies(hand.sent[0]!.id, [APPENDED, 5, 0, APPENDED, 12, 0]);
    await Promise.all(asked);
    expect(hand.said).toEqual(["settled -1 to 12"]);
  });

  it("waits for answers before it closes, then refuses", async () => {
    const hand = handOperated();
    const lane = await openAppendLane(hand.open, hand.events);
    const asked = append(lane, "a");
    const closing = lane.close();
    await vi.advanceTimersByTimeAsync(1);
    expect(hand.said).toEqual([]);
    hand.line().replies(hand.sent[0]!.id, [APPENDED, 1, 0]);
    await closing;
    expect(await asked).toMatchObject({ kind: "appended" });
    expect(hand.said).toEqual(["settled 0 to 1", "closed"]);
    expect(await append(lane, "b")).toBeInstanceOf(EventStoreUnavailable);
  });
});
