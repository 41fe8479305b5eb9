import { describe, expect, it } from "vitest";
import type { Detector, Found } from "./detector.ts";
import { authenticationFailures, burst, registrationFlood } from "./detectors/bursts.ts";
import { movement } from "./detectors/movement.ts";
import { newPlace } from "./detectors/new-place.ts";
import { scopeProbing } from "./detectors/scope-probing.ts";
import { codeReplay, refreshReuse } from "./detectors/theft.ts";
import { createEngine } from "./engine.ts";
import { createMemory } from "./memory.ts";
import type { Observation } from "./observation.ts";

const T0 = 1_900_000_200;
let position = 0;
const seen = (type: string, at: number, more: Partial<Observation> = {}): Observation => {
  position += 1;
  return { type, at, data: {}, position: String(position), id: `e${position}`, ...more };
};

/** What a detector says of these, in this order. */
function run<T extends object>(detector: Detector<T>, observations: readonly Observation[]): readonly Found[] {
  const memory = createMemory<T>(detector.most);
  return observations.flatMap((each) => detector.observe(memory, each));
}
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const visit = (at: number, network: string, agent = "firefox", subject = "s1") =>
  seen("GrantAuthorized", at, { subject, clientId: "c1", grantId: `g${at}`, from: "person", network, agent });

describe("theft the deciders noticed", () => {
  it("is a high finding that names grant, client and person", () => {
    const of = { grantId: "g1", clientId: "c1", subject: "s1" };
    expect(run(refreshReuse, [seen("RefreshReuseDetected", T0, of)])).toMatchObject([
      { severity: "high", key: "g1", target: of, count: 1 },
    ]);
    expect(run(codeReplay, [seen("CodeReplayDetected", T0, of)])).toMatchObject([{ kind: "code-replay", target: of }]);
    expect(run(refreshReuse, [seen("RefreshTokenRotated", T0, of), seen("RefreshRetried", T0, of)])).toEqual([]);
  });
});

describe("a new place", () => {
  const usual = times(5, (day) => visit(T0 + day * 86_400, "home"));
  const after = T0 + 5 * 86_400;

  it("is a line and a browser never seen of the person: medium; one of the two: low", () => {
    expect(run(newPlace, [...usual, visit(after, "cafe", "chrome")])).toMatchObject([{ severity: "medium", target: { subject: "s1" } }]);
    expect(run(newPlace, [...usual, visit(after, "cafe")])).toMatchObject([{ severity: "low" }]);
    expect(run(newPlace, [...usual, visit(after, "home", "chrome")])).toMatchObject([{ severity: "low" }]);
    expect(run(newPlace, [...usual, visit(after, "home")])).toEqual([]);
  });

  it("is none of a person of whom little is known, nor the second time", () => {
    expect(run(newPlace, [...usual.slice(0, 2), visit(after, "cafe", "chrome")])).toEqual([]);
    expect(run(newPlace, [...usual, visit(after, "cafe", "chrome"), visit(after + 60, "cafe", "chrome")])).toHaveLength(1);
  });

  it("is a grant refreshed elsewhere by another program, but not by the same one on the move", () => {
    const of = { grantId: "g1", subject: "s1", clientId: "c1", from: "client" as const };
    const got = seen("CodeRedeemed", T0, { ...of, network: "home", agent: "claude" });
    const refresh = (network: string, agent: string) => seen("RefreshTokenRotated", T0 + 900, { ...of, network, agent });
    expect(run(newPlace, [got, refresh("elsewhere", "curl")])).toMatchObject([{ severity: "medium", target: { grantId: "g1" } }]);
    expect(run(newPlace, [got, refresh("elsewhere", "claude"), refresh("home", "claude")])).toEqual([]);
  });
});

describe("impossible movement", () => {
  it("is there and back again within minutes, and nothing else", () => {
    const found = run(movement, [visit(T0, "a"), visit(T0 + 60, "b"), visit(T0 + 120, "a")]);
    expect(found).toMatchObject([{ kind: "movement", severity: "medium", count: 3, since: T0, until: T0 + 120 }]);
    expect(found[0]?.evidence).toHaveLength(3);
    for (const harmless of [
      [visit(T0, "a"), visit(T0 + 60, "b")],
      [visit(T0, "a"), visit(T0 + 60, "b"), visit(T0 + 120, "c")],
      [visit(T0, "a"), visit(T0 + 60, "b"), visit(T0 + 3_600, "a")],
      [visit(T0, "a"), visit(T0 + 60, "a"), visit(T0 + 120, "a")],
      [visit(T0, "a"), visit(T0 + 60, "b", "x", "s2"), visit(T0 + 120, "a")],
    ])
      expect(run(movement, harmless)).toEqual([]);
  });

  it("is told once an hour for one person", () => {
    const back = times(10, (index) => visit(T0 + index * 30, index % 2 === 0 ? "a" : "b"));
    expect(run(movement, back)).toHaveLength(1);
  });
});

describe("a burst", () => {
  const token = (at: number) => seen("AccessTokenIssued", at, { clientId: "c1" });
  const usual = times(120, (minute) => times(5, (n) => token(T0 + minute * 60 + n))).flat();
  const now = T0 + 120 * 60;

  it("is many times what is usual for the client, told once", () => {
    expect(run(burst, [...usual, ...times(200, () => token(now))])).toMatchObject([{ target: { clientId: "c1" }, severity: "medium" }]);
    expect(run(burst, [...usual, ...times(20, () => token(now))])).toEqual([]);
  });

  it("is none while nothing is known yet of what is usual", () => {
    expect(
      run(
        burst,
        times(500, () => token(T0)),
      ),
    ).toEqual([]);
  });

  it("is none of a batch that comes every day, once it has come a few times", () => {
    const batches = times(14, (day) => times(300, () => token(now + day * 86_400))).flat();
    const found = run(burst, [...usual, ...batches]);
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(6);
    expect(found.every(({ until }) => until < now + 6 * 86_400)).toBe(true);
  });
});

describe("what strangers do", () => {
  it("is a flood of registrations only where few come otherwise", () => {
    const one = (at: number, how = "dcr") => seen("ClientRegistered", at, { data: { how } });
    const usual = times(48, (index) => one(T0 + index * 600));
    const now = T0 + 48 * 600;
    expect(run(registrationFlood, [...usual, ...times(60, () => one(now))])).toMatchObject([{ kind: "registration-flood", target: {} }]);
    expect(run(registrationFlood, [...usual, ...times(10, () => one(now))])).toEqual([]);
    expect(run(registrationFlood, [...usual, ...times(60, () => one(now, "admin"))])).toEqual([]);
  });

  it("never makes a client the target, though failures name one", () => {
    const failed = (at: number, count: number, network: string) =>
      seen("ClientAuthenticationFailed", at, { clientId: "victim", network, data: { count } });
    const found = run(authenticationFailures, [failed(T0, 50, "n1")]);
    expect(found.map(({ target }) => target)).toEqual([{}, {}]);
    expect(
      run(
        authenticationFailures,
        times(60, (minute) => failed(T0 + minute * 60, 1, "n1")),
      ),
    ).toEqual([]);
  });

  it("is guessing also when each guess comes from another network", () => {
    const guess = (at: number, index: number) => seen("ClientAuthenticationFailed", at, { network: `n${index}`, data: { count: 1 } });
    const usual = times(80, (index) => guess(T0 + index * 60, index));
    expect(
      run(authenticationFailures, [...usual, ...times(300, (index) => guess(T0 + 80 * 60 + (index % 200), 1_000 + index))]),
    ).toMatchObject([{ kind: "client-authentication-failures" }]);
  });
});

describe("scope probing", () => {
  const refused = (at: number, reason: string, count = 1) =>
    seen("RequestRefused", at, { clientId: "c1", data: { reason, endpoint: "authorize", count } });

  it("is different tries for what one does not get, not one mistake over and over, nor other refusals", () => {
    const reasons = ["scope-unknown", "resource-unknown", "policy-denied"];
    expect(
      run(
        scopeProbing,
        times(9, (n) => refused(T0 + n, reasons[n % 3] as string)),
      ),
    ).toMatchObject([{ kind: "scope-probing", target: { clientId: "c1" } }]);
    expect(
      run(
        scopeProbing,
        times(20, (n) => refused(T0 + n, "scope-unknown")),
      ),
    ).toEqual([]);
    expect(run(scopeProbing, [refused(T0, "scope-unknown", 50)])).toHaveLength(1);
    expect(
      run(
        scopeProbing,
        times(50, (n) => refused(T0 + n, "pkce-missing")),
      ),
    ).toEqual([]);
    expect(
      run(
        scopeProbing,
        times(9, (n) => refused(T0 + n * 400, reasons[n % 3] as string)),
      ),
    ).toEqual([]);
  });

  it("sees tools at the gateway tried one after the other", () => {
    const call = (tool: string, decision: string) =>
      seen("ToolCallDecided", T0, { clientId: "c1", subject: "s1", data: { tool, decision, server: "files" } });
    expect(
      run(
        scopeProbing,
        times(8, (n) => call(`tool-${n}`, "refused")),
      ),
    ).toMatchObject([{ target: { clientId: "c1", subject: "s1" } }]);
    expect(
      run(
        scopeProbing,
        times(50, (n) => call(`tool-${n}`, "allowed")),
      ),
    ).toEqual([]);
  });
});

describe("the engine", () => {
  const history = (): readonly Observation[] => [
    ...times(5, (day) => visit(T0 + day * 86_400, "home")),
    seen("RefreshReuseDetected", T0 + 500_000, { grantId: "g1", clientId: "c1", subject: "s1" }),
    visit(T0 + 500_100, "cafe", "chrome"),
  ];

  it("finds nothing again in what comes again, or late", () => {
    const engine = createEngine();
    const events = history();
    const first = events.flatMap((each) => engine.observe(each));
    expect(first.map(({ kind }) => kind)).toEqual(["refresh-reuse", "new-place"]);
    expect([...events, ...events.toReversed()].flatMap((each) => engine.observe(each))).toEqual([]);
  });

  it("goes on from what was saved as if it had never stopped", () => {
    const events = history();
    for (let cut = 0; cut <= events.length; cut += 1) {
      const [first, second] = [createEngine(), createEngine()];
      const before = events.slice(0, cut).flatMap((each) => first.observe(each));
      second.load(JSON.parse(JSON.stringify(first.save())) as never);
      // what was looked at since the last saving comes again
      const after = events.flatMap((each) => second.observe(each));
      expect([...before, ...after].map(({ kind }) => kind)).toEqual(["refresh-reuse", "new-place"]);
    }
  });

  it("knows no more of a person who was erased", () => {
    const engine = createEngine();
    for (const each of history()) engine.observe(each);
    expect(JSON.stringify(engine.save())).toContain("subject:s1");
    engine.forget("s1");
    expect(JSON.stringify(engine.save())).not.toContain("subject:s1");
  });

  it("of an erased person keeps nothing under their grants or beside their clients either, and of others everything (P9)", () => {
    const engine = createEngine();
    const one = (subject: string) => {
      const of = { grantId: `grant of ${subject}`, subject, clientId: "https://app.example/s1" };
      engine.observe(visit(T0, `network of ${subject}`, `agent of ${subject}`, subject));
      engine.observe(seen("CodeRedeemed", T0, { ...of, from: "client", network: `network of ${subject}`, agent: `agent of ${subject}` }));
      engine.observe(seen("ToolCallDecided", T0, { ...of, data: { decision: "refused", tool: "t" } }));
    };
    one("s2");
    one("s1");
    engine.forget("s1");
    const kept = JSON.stringify(engine.save().memories);
    expect(kept).not.toMatch(/of s1|\/s1\/s1/);
    for (const kind of ["new-place", "movement", "scope-probing"]) {
      const keys = engine.save().memories[kind]?.map(([key]) => key);
      expect([kind, keys]).toEqual([kind, expect.arrayContaining([expect.stringContaining("s2")])]);
      expect([kind, keys?.some((key) => /(?:^|[:/ ])s1$/.test(key))]).toEqual([kind, false]);
    }
    // what a client does is not the person's, whatever the client is called
    expect(engine.save().memories["burst"]?.map(([key]) => key)).toEqual(["https://app.example/s1"]);
    expect(kept).toContain("network of s2");
  });

  it("remembers only so much, however many come", () => {
    const memory = createMemory<{ n: number }>(100);
    for (let n = 0; n < 10_000; n += 1) memory.set(`k${n}`, { n });
    expect(memory.save()).toHaveLength(100);
    expect(memory.get("k9999")).toEqual({ n: 9_999 });
    expect(memory.get("k1")).toBeUndefined();
  });
});
