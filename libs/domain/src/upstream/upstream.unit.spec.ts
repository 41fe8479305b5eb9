import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type UpstreamCommand, upstreamDecider, type UpstreamEvent } from "./index.ts";
import type { Recorded } from "../kernel/index.ts";

const origin = { provider: "github", clientId: "Iv1.x", target: "https://mcp.example/mcp" };
const tokens = { scopes: ["repo"], expiresAt: T0 + 3_600, refreshable: true };
const receive = (attempt: string, now = T0): UpstreamCommand => ({ kind: "receive-code", now, attempt });
const authorize = (attempt: string, now = T0): UpstreamCommand => ({
  kind: "authorize",
  now,
  attempt,
  secretName: `oauth/github/s/tokens-${attempt}`,
  origin,
  tokens,
});
const claim = (id: string, generation: number, now = T0): UpstreamCommand => ({
  kind: "claim-refresh",
  now,
  claim: id,
  generation,
  until: now + 30,
  after: 0,
});
const refreshed = (id: string, generation: number, now = T0): UpstreamCommand => ({
  kind: "refreshed",
  now,
  claim: id,
  generation,
  tokens,
});

function after(...commands: readonly UpstreamCommand[]): readonly Recorded<UpstreamEvent>[] {
  return commands.reduce<readonly Recorded<UpstreamEvent>[]>(
    (history, command) => given(upstreamDecider, history).when(command).history,
    [],
  );
}
const when = (history: readonly Recorded<UpstreamEvent>[], command: UpstreamCommand) => given(upstreamDecider, history).when(command);
const connected = after(receive("a"), authorize("a"));

describe("authorizing a connection", () => {
  it("redeems each attempt's code once (P2)", () => {
    const first = when([], receive("a"));
    expect(first.decision).toEqual(
      decided({ kind: "received", record: 1 }, { type: "UpstreamCodeReceived", data: { attempt: "a", record: 1 } }),
    );
    expect(when(first.history, receive("a")).decision).toEqual(decided({ kind: "refused", reason: "attempt-used" }));
    expect(when(connected, receive("a")).decision.events).toEqual([]);
    expect(when(connected, authorize("a")).decision).toEqual(decided({ kind: "refused", reason: "attempt-used" }));
    expect(when([], authorize("a")).decision.outcome).toEqual({ kind: "refused", reason: "attempt-used" });
  });

  it("connects, under a number higher than any before", () => {
    const { state } = given(upstreamDecider, connected);
    expect(state).toMatchObject({
      status: "connected",
      issued: 2,
      connection: { ...origin, ...tokens, record: 1, generation: 2, authorizedAt: T0, refreshedAt: T0 },
      attempts: { a: { status: "done" } },
    });
  });

  it("is not undone by a refresh of the former tokens that came in between", () => {
    const history = after(receive("a"), authorize("a"), receive("b"), claim("c", 2), refreshed("c", 4));
    expect(given(upstreamDecider, history).state).toMatchObject({ connection: { generation: 4, record: 4 } });
    const again = when(history, authorize("b"));
    expect(again.state).toMatchObject({ connection: { generation: 5, record: 3, secretName: "oauth/github/s/tokens-b" } });
  });

  it("is superseded by a later authorization that was faster", () => {
    const history = after(receive("a"), receive("b"), authorize("b"));
    expect(when(history, authorize("a")).decision).toEqual(decided({ kind: "refused", reason: "superseded" }));
  });

  it("can fail, before its code came and after, but not once it is done", () => {
    const fail: UpstreamCommand = { kind: "fail-authorization", now: T0, attempt: "a", reason: "access_denied" };
    expect(when([], fail).state.attempts).toEqual({ a: { status: "failed", record: 0, at: T0 } });
    expect(when(after(receive("a")), fail).state.attempts).toEqual({ a: { status: "failed", record: 1, at: T0 } });
    expect(when(connected, fail).decision).toEqual(decided({ kind: "refused", reason: "attempt-used" }));
    expect(when(after(fail), receive("a")).decision.events).toEqual([]);
  });

  it("forgets attempts whose state has long ended", () => {
    expect(Object.keys(when(connected, receive("b", T0 + 3_601)).state.attempts)).toEqual(["b"]);
  });
});

describe("refreshing a connection", () => {
  it("is claimed by one, and by another only when the time of the claim is over", () => {
    const first = when(connected, claim("one", 2));
    expect(first.decision).toEqual(
      decided(
        { kind: "claimed", generation: 3 },
        { type: "UpstreamRefreshClaimed", data: { claim: "one", generation: 3, until: T0 + 30 } },
      ),
    );
    expect(when(first.history, claim("two", 2, T0 + 29)).decision).toEqual(decided({ kind: "refused", reason: "claimed", until: T0 + 30 }));
    expect(when(first.history, claim("two", 2, T0 + 30)).decision.outcome).toEqual({ kind: "claimed", generation: 4 });
  });

  it("is not claimed for tokens that were replaced already", () => {
    const history = after(receive("a"), authorize("a"), claim("one", 2), refreshed("one", 3, T0 + 1));
    expect(when(history, claim("two", 2)).decision).toEqual(decided({ kind: "refused", reason: "generation-moved" }));
    expect(given(upstreamDecider, history).state).toMatchObject({
      status: "connected",
      connection: { generation: 3, record: 3, authorizedAt: T0, refreshedAt: T0 + 1 },
    });
    expect(given(upstreamDecider, history).state).not.toHaveProperty("claim");
  });

  it("rests when asked to, for tokens that have just come", () => {
    const soon: UpstreamCommand = { kind: "claim-refresh", now: T0 + 5, claim: "x", generation: 2, until: T0 + 35, after: 15 };
    expect(when(connected, soon).decision).toEqual(decided({ kind: "refused", reason: "resting", until: T0 + 15 }));
    expect(when(connected, { ...soon, now: T0 + 15 }).decision.outcome).toEqual({ kind: "claimed", generation: 3 });
  });

  it("rests until the time of a failure that passes, and counts them", () => {
    const failed: UpstreamCommand = {
      kind: "refresh-failed",
      now: T0,
      claim: "one",
      reason: "unreachable",
      terminal: false,
      retryAt: T0 + 60,
    };
    const history = after(receive("a"), authorize("a"), claim("one", 2), failed);
    expect(given(upstreamDecider, history).state).toMatchObject({
      status: "connected",
      failures: 1,
      lastError: "unreachable",
      retryAt: T0 + 60,
    });
    expect(when(history, claim("two", 2, T0 + 59)).decision).toEqual(decided({ kind: "refused", reason: "resting", until: T0 + 60 }));
    const again = when(history, claim("two", 2, T0 + 60));
    expect(when(again.history, refreshed("two", 4)).state).toMatchObject({ failures: 0 });
    expect(when(again.history, refreshed("two", 4)).state).not.toHaveProperty("lastError");
  });

  it("fails for good when the provider says so, and only by the present claim", () => {
    const refused: UpstreamCommand = { kind: "refresh-failed", now: T0 + 31, claim: "one", reason: "invalid_grant", terminal: true };
    const history = after(receive("a"), authorize("a"), claim("one", 2), claim("two", 2, T0 + 30));
    expect(when(history, refused).decision).toEqual(decided({ kind: "refused", reason: "superseded" }));
    const ended = when(history, { ...refused, claim: "two" });
    expect(ended.state).toMatchObject({ status: "refused", reason: "invalid_grant", at: T0 + 31 });
    expect(when(ended.history, claim("three", 2, T0 + 90)).decision).toEqual(decided({ kind: "refused", reason: "not-connected" }));
  });

  it("counts those in a row that nobody waited for", () => {
    const unasked = (id: string, generation: number): UpstreamCommand =>
      ({ ...claim(id, generation), kind: "claim-refresh", unasked: true }) as never;
    const twice = after(receive("a"), authorize("a"), unasked("one", 2), refreshed("one", 3), unasked("two", 3), refreshed("two", 4));
    expect(given(upstreamDecider, twice).state).toMatchObject({ unasked: 2 });
    expect(when(twice, claim("three", 4)).state).toMatchObject({ unasked: 0 });
  });

  it("is put right by the late answer of one whose claim had ended, since with single-use tokens only that one has any", () => {
    const refused: UpstreamCommand = { kind: "refresh-failed", now: T0 + 31, claim: "two", reason: "invalid_grant", terminal: true };
    const history = after(receive("a"), authorize("a"), claim("one", 2), claim("two", 2, T0 + 30), refused);
    expect(when(history, refreshed("one", 3, T0 + 40)).state).toMatchObject({ status: "connected", connection: { generation: 3 } });
  });

  it("believes no number that is behind, or was never given out", () => {
    const history = after(receive("a"), authorize("a"), claim("one", 2), claim("two", 2, T0 + 30), refreshed("two", 4, T0 + 31));
    for (const generation of [3, 4, 5])
      expect(when(history, refreshed("one", generation, T0 + 40)).decision).toEqual(decided({ kind: "refused", reason: "superseded" }));
  });
});

describe("revoking a connection", () => {
  const revoke: UpstreamCommand = { kind: "revoke", now: T0 + 9, reason: "user" };

  it("ends it, once, and takes no late answer", () => {
    const revoked = when(after(receive("a"), authorize("a"), claim("one", 2)), revoke);
    expect(revoked.decision).toEqual(
      decided({ kind: "done", generation: 2 }, { type: "UpstreamRevoked", data: { generation: 2, reason: "user" } }),
    );
    expect(revoked.state).toMatchObject({ status: "revoked", at: T0 + 9, connection: { generation: 2 } });
    expect(when(revoked.history, revoke).decision).toEqual(decided({ kind: "unchanged" }));
    expect(when(revoked.history, refreshed("one", 3)).decision).toEqual(decided({ kind: "refused", reason: "not-connected" }));
    expect(when(revoked.history, { kind: "refresh-failed", now: T0, claim: "one", reason: "x", terminal: true }).decision.events).toEqual(
      [],
    );
  });

  it("leaves nothing to revoke where nobody is connected, and lets the person come back", () => {
    expect(when([], revoke).decision).toEqual(decided({ kind: "unchanged" }));
    const { history } = when(connected, revoke);
    expect(when(when(history, receive("b")).history, authorize("b")).state).toMatchObject({
      status: "connected",
      connection: { generation: 4, record: 3 },
    });
  });
});

describe("a connection's fold", () => {
  it("survives a type and a command it has never heard of, and what fits no state", () => {
    const { state } = given(upstreamDecider, connected);
    expect(upstreamDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(upstreamDecider.decide({ kind: "from-the-future" } as never, state).events).toEqual([]);
    const none = given(upstreamDecider).state;
    expect(upstreamDecider.evolve(none, { type: "UpstreamRevoked", data: { generation: 1, reason: "x" }, at: T0 })).toBe(none);
  });
});
