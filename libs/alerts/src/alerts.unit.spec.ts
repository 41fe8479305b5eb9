import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CheckpointMoved } from "@grantline/read-model";
import { backoffMs } from "./backoff.ts";
import { openCursor, type CursorStore } from "./cursor.ts";
import { rest } from "./sink.port.ts";
import { webhookHeaders, webhookKey } from "./webhook/sign.ts";

describe("a webhook's signature", () => {
  it("is the one of the Standard Webhooks specification's own example", () => {
    const key = webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
    expect(webhookHeaders(message, key)).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });
});

describe("the pause before the next try", () => {
  it("doubles up to five minutes, and half of it is chance", () => {
    const least = [1, 2, 3, 20, 2_000].map((failures) => backoffMs(failures, () => 0));
    expect(least).toEqual([500, 1_000, 2_000, 150_000, 150_000]);
    expect([1, 2, 20].map((failures) => backoffMs(failures, () => 1))).toEqual([1_000, 2_000, 300_000]);
  });
});

describe("a sink's rest", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("ends a moment after an append, so that a thousand of them are one look and not a thousand", async () => {
    let tell: () => void = () => undefined;
    const left = vi.fn();
    const store = { onAppended: (listener: () => void) => ((tell = listener), left) };
    let over = false;
    const resting = rest({ store, idleMs: 10_000 }, new AbortController().signal).then(() => (over = true));
    for (let n = 0; n < 1_000; n++) tell();
    await vi.advanceTimersByTimeAsync(99);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await resting;
    expect([vi.getTimerCount(), left.mock.calls.length]).toEqual([0, 1]);
  });

  it("ends at once with the work", async () => {
    const work = new AbortController();
    const resting = rest({ store: { onAppended: () => () => undefined }, idleMs: 10_000 }, work.signal);
    work.abort();
    await resting;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a sink's place in the log", () => {
  const memory = () => {
    const kept = new Map<string, string>();
    const store: CursorStore = {
      checkpoint: async (name) => kept.get(name),
      write: async (name, _writes, to, after) => {
        if ((kept.get(name) ?? "0") !== after) throw new CheckpointMoved("moved");
        kept.set(name, to as string);
      },
    };
    return { kept, store };
  };

  it("begins where the sink does, and never before it", async () => {
    const { store, kept } = memory();
    expect((await openCursor(store, "a", "40")).position()).toBe("40");
    kept.set("a", "7");
    expect((await openCursor(store, "a", "40")).position()).toBe("40");
    kept.set("a", "100");
    expect((await openCursor(store, "a", "40")).position()).toBe("100");
  });

  it("goes forwards only, also when another process is further", async () => {
    const { store, kept } = memory();
    const [one, other] = [await openCursor(store, "a", "0"), await openCursor(store, "a", "0")];
    await one.advance("10");
    await other.advance("9");
    expect([kept.get("a"), other.position()]).toEqual(["10", "10"]);
    await one.advance("5");
    await one.advance("12");
    expect([kept.get("a"), one.position()]).toEqual(["12", "12"]);
  });
});
