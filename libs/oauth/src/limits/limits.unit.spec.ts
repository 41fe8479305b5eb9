import { describe, expect, it } from "vitest";
import { OAuthError } from "../errors/index.ts";
import { addressPrefix, limitKey } from "./address-prefix.ts";
import { createLimits, type LimitsOptions } from "./limits.ts";

function start(options: Partial<LimitsOptions> = {}) {
  const clock = { time: 10_000, now: () => clock.time };
  const limits = createLimits({ clock, ...options });
  const refusal = (kind: Parameters<typeof limits.check>[0], key: string): Promise<OAuthError | undefined> =>
    limits.check(kind, key).then(
      () => undefined,
      (error: OAuthError) => error,
    );
  const waits = async (kind: Parameters<typeof limits.check>[0], key: string): Promise<number> =>
    Number((await refusal(kind, key))?.headers["retry-after"] ?? 0);
  const consume = async (kind: Parameters<typeof limits.check>[0], key: string, times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await limits.consume(kind, key);
  };
  return { clock, limits, refusal, waits, consume };
}

describe("limits on failures of an address", () => {
  it("let so many pass in a minute, then refuse with 429, Retry-After and RateLimit headers", async () => {
    const { refusal, consume } = start();
    await consume("failure", "192.0.2.1", 59);
    expect(await refusal("failure", "192.0.2.1")).toBeUndefined();
    await consume("failure", "192.0.2.1", 1);
    const error = await refusal("failure", "192.0.2.1");
    expect([error?.status, error?.code, error?.reason]).toEqual([429, "too_many_requests", "rate-limited"]);
    expect(error?.headers).toEqual({ "retry-after": "30", "ratelimit-policy": '"failure";q=60;w=60', ratelimit: '"failure";r=0;t=30' });
    expect(await refusal("failure", "192.0.2.2")).toBeUndefined();
  });

  it("let each wait be twice the one before, up to a quarter of an hour", async () => {
    const { clock, waits, consume } = start({ failuresPerMinute: 2 });
    await consume("failure", "192.0.2.1", 2);
    const seen: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const wait = await waits("failure", "192.0.2.1");
      seen.push(wait);
      clock.time += wait;
      expect(await waits("failure", "192.0.2.1")).toBe(0);
      await consume("failure", "192.0.2.1", 2);
    }
    expect(seen).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it("do not grow the wait by requests that were on their way when it began", async () => {
    const { waits, consume } = start({ failuresPerMinute: 2 });
    await consume("failure", "192.0.2.1", 50);
    expect(await waits("failure", "192.0.2.1")).toBe(30);
  });

  it("start over in the next minute, and forget the waits after a quiet hour", async () => {
    const { clock, waits, consume } = start({ failuresPerMinute: 3 });
    await consume("failure", "192.0.2.1", 2);
    clock.time += 60;
    await consume("failure", "192.0.2.1", 2);
    expect(await waits("failure", "192.0.2.1")).toBe(0);
    await consume("failure", "192.0.2.1", 1);
    expect(await waits("failure", "192.0.2.1")).toBe(30);
    clock.time += 30 + 3_599;
    await consume("failure", "192.0.2.1", 3);
    expect(await waits("failure", "192.0.2.1")).toBe(60);
    clock.time += 60 + 3_600;
    await consume("failure", "192.0.2.1", 3);
    expect(await waits("failure", "192.0.2.1")).toBe(30);
  });

  it("take an IPv6 /64, however it is written, for one party, and an IPv4 address in IPv6 clothes for itself", async () => {
    const { waits, consume } = start({ failuresPerMinute: 3 });
    await consume("failure", "2001:db8::1", 1);
    await consume("failure", "2001:DB8:0:0:ffff::2", 1);
    await consume("failure", " 2001:db8:0:0:1:2:3:4 ", 1);
    expect(await waits("failure", "2001:db8::99")).toBe(30);
    expect(await waits("failure", "2001:db8:0:1::1")).toBe(0);
    await consume("failure", "::ffff:192.0.2.1", 3);
    expect(await waits("failure", "192.0.2.1")).toBe(30);
  });

  it("count a key that is no address without regard to case and space", async () => {
    const { waits, consume } = start({ failuresPerMinute: 3 });
    for (const key of ["client:Abc", "client:ABC ", "ｃlient:abc"]) await consume("failure", key, 1);
    expect(await waits("failure", "client:abc")).toBe(30);
  });
});

describe("limits on anonymous writes", () => {
  it("hold until the minute is over, without growing", async () => {
    const { clock, waits, refusal, consume } = start({ anonymousWritesPerMinute: 2 });
    await consume("anonymous-write", "192.0.2.1", 1);
    clock.time += 20;
    await consume("anonymous-write", "192.0.2.1", 1);
    expect(await waits("anonymous-write", "192.0.2.1")).toBe(40);
    expect((await refusal("anonymous-write", "192.0.2.1"))?.headers["ratelimit-policy"]).toBe('"anonymous-write";q=2;w=60');
    clock.time += 40;
    expect(await waits("anonymous-write", "192.0.2.1")).toBe(0);
    await consume("anonymous-write", "192.0.2.1", 2);
    expect(await waits("anonymous-write", "192.0.2.1")).toBe(60);
  });

  it("are apart from failures", async () => {
    const { waits, consume } = start({ anonymousWritesPerMinute: 1, failuresPerMinute: 2 });
    await consume("anonymous-write", "192.0.2.1", 1);
    expect(await waits("failure", "192.0.2.1")).toBe(0);
  });
});

describe("limits on logins", () => {
  it("give a name five free failures, then a wait that doubles from one second to a quarter of an hour", async () => {
    const { clock, waits, consume } = start();
    await consume("login", "name:x", 4);
    expect(await waits("login", "name:x")).toBe(0);
    const seen: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      await consume("login", "name:x", 1);
      seen.push(await waits("login", "name:x"));
      clock.time += seen.at(-1)!;
    }
    expect(seen).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  });

  it("give an address four times as many, since people share one", async () => {
    const { waits, consume } = start();
    await consume("login", "192.0.2.1", 19);
    expect(await waits("login", "192.0.2.1")).toBe(0);
    await consume("login", "192.0.2.1", 1);
    expect(await waits("login", "192.0.2.1")).toBe(1);
  });

  it("forget a name that had a quiet quarter of an hour", async () => {
    const { clock, waits, consume } = start({ freeLogins: 2 });
    await consume("login", "name:x", 2);
    clock.time += 1 + 900;
    await consume("login", "name:x", 1);
    expect(await waits("login", "name:x")).toBe(0);
  });
});

describe("the limit of a client", () => {
  it("counts down in each answer, and refuses when the minute's requests are used up", async () => {
    const { clock, limits } = start();
    expect(limits.client("c", 2)).toEqual({ "ratelimit-policy": '"client";q=2;w=60', ratelimit: '"client";r=1;t=60' });
    clock.time += 10;
    expect(limits.client("c", 2)["ratelimit"]).toBe('"client";r=0;t=50');
    expect(() => limits.client("c", 2)).toThrow(OAuthError);
    expect(limits.client("other", 2)["ratelimit"]).toBe('"client";r=1;t=60');
    clock.time += 50;
    expect(limits.client("c", 2)["ratelimit"]).toBe('"client";r=1;t=60');
  });

  it("gives case and space variants of an id no budget of their own", () => {
    const { limits } = start();
    limits.client("Client-A", 2);
    limits.client("client-a ", 2);
    expect(() => limits.client("CLIENT-A", 2)).toThrow(/rate-limited/);
  });

  it("is absent unless the client or the settings name one", () => {
    expect(start().limits.client("c", undefined)).toEqual({});
    expect(start({ clientPerMinute: 5 }).limits.client("c", undefined)["ratelimit"]).toBe('"client";r=4;t=60');
    expect(start({ clientPerMinute: 5 }).limits.client("c", 0)).toEqual({});
  });
});

describe("memory", () => {
  it("stays bounded under a hundred thousand addresses, and keeps those seen last", async () => {
    const { limits, waits } = start({ keys: 1_000, failuresPerMinute: 1 });
    for (let n = 0; n < 100_000; n += 1) await limits.consume("failure", `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
    expect(await waits("failure", "10.0.0.1")).toBe(0);
    expect(await waits("failure", "10.1.134.159")).toBe(30);
  });
});

describe("address prefixes", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["not an address", undefined],
    ["", undefined],
  ])("of %j is %j", (address, prefix) => {
    expect(addressPrefix(address)).toBe(prefix);
  });

  it("leave other keys in one spelling", () => {
    expect(limitKey(" ABC ")).toBe("abc");
  });
});
