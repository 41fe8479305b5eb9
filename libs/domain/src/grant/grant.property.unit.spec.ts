import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recorded } from "../kernel/index.ts";
import { at, fold } from "../testing/given.ts";
import { deepFreeze } from "../testing/deep-freeze.ts";
import { access, authorization, digest, good, redeem, refresh, rotate, T0 } from "../testing/grants.ts";
import { type GrantCommand, grantDecider, type GrantEvent, type GrantOutcome, type GrantState } from "./index.ts";

/** A command, made once it is known which refresh generation is the newest. */
type Next = (newest: number) => GrantCommand;

const generation = fc.integer({ min: 0, max: 5 });
const rotation: fc.Arbitrary<Next> = fc
  .record({
    back: fc.constantFrom(0, 0, 1, 1, 2, -1),
    minted: fc.integer({ min: 1, max: 1_000 }),
    right: fc.constantFrom(true, true, true, false),
    clientId: fc.constantFrom("c1", "c1", "c1", "c1", "c2"),
    retryWindowSeconds: fc.constantFrom(30, 30, 30, 0),
  })
  .map(({ back, minted, right, clientId, retryWindowSeconds }) => (newest) => {
    const g = Math.max(0, newest - back);
    const tokens = {
      access: access(g + 1, { jti: `g1.${g + 1}.${minted}`, exp: T0 + 20_000 }),
      refresh: refresh(g + 1, { nonce: `n${minted}` }),
    };
    return rotate(g, { clientId, retryWindowSeconds, ...tokens, ...(right ? {} : { presentedHash: digest("guess") }) });
  });
const redemption: fc.Arbitrary<Next> = fc
  .record({ clientId: fc.constantFrom("c1", "c2"), codeHash: fc.constantFrom(digest("code"), digest("guess")) })
  .map((changes) => () => redeem(changes));
const ending = fc.constantFrom<GrantCommand>(
  { kind: "authorize", now: 0, event: authorization() },
  { kind: "deny", now: 0, clientId: "c1", subject: "s1", reason: "user" },
  { kind: "revoke", now: 0, reason: "admin" },
  { kind: "expire", now: 0, reason: "idle" },
);
/** Commands as clients, thieves and sweepers send them. */
const next: fc.Arbitrary<Next> = fc.oneof(
  { weight: 30, arbitrary: rotation },
  { weight: 2, arbitrary: redemption },
  { weight: 2, arbitrary: generation.map((n) => (): GrantCommand => ({ kind: "revoke-access-token", now: 0, n, jti: `g1.${n}`, exp: 0 })) },
  { weight: 1, arbitrary: ending.map((command) => () => command) },
);
/** A run of commands, each some seconds after the one before; in most, the code is redeemed first, so that they reach deep. */
const run = fc
  .tuple(fc.constantFrom(true, true, false), fc.array(fc.tuple(next, fc.constantFrom(0, 1, 5, 40)), { minLength: 1, maxLength: 40 }))
  .map(([redeemed, steps]) => (redeemed ? [[() => redeem(), 1] as const, ...steps] : steps));

interface Step {
  readonly command: GrantCommand;
  readonly outcome: GrantOutcome;
  readonly events: readonly GrantEvent[];
  readonly state: GrantState;
}

/** Plays commands one after another on a grant just authorized. */
function play(commands: readonly (readonly [Next, number])[]): readonly Step[] {
  let state = fold(grantDecider, at<GrantEvent>(T0, { type: "GrantAuthorized", data: authorization() }));
  let now = T0;
  return commands.map(([make, wait]) => {
    now += wait;
    const command = deepFreeze({ ...make(state.status === "active" ? (state.refresh?.generation ?? 0) : 0), now });
    const { outcome, events } = grantDecider.decide(command, state);
    state = fold(grantDecider, at(now, ...events), state);
    return { command, outcome, events, state };
  });
}

const eventsOf = <T extends GrantEvent["type"]>(steps: readonly Step[], type: T) =>
  steps.flatMap(({ events }) => events).filter((event): event is Extract<GrantEvent, { type: T }> => event.type === type);

function isStranger(command: GrantCommand): boolean {
  if (command.kind === "rotate-refresh") return command.clientId !== "c1" || command.presentedHash === digest("guess");
  return command.kind === "redeem-code" && (command.clientId !== "c1" || command.codeHash === digest("guess"));
}

const check = (property: (steps: readonly Step[]) => void) =>
  fc.assert(
    fc.property(run, (commands) => {
      property(play(commands));
    }),
    { numRuns: 500 },
  );

describe("whatever commands come, in whatever order", () => {
  it("a code is redeemed at most once (P2)", () => {
    check((steps) => expect(eventsOf(steps, "CodeRedeemed").length).toBeLessThanOrEqual(1));
  });

  it("each generation is rotated at most once, in line (P2)", () => {
    check((steps) => {
      const successors = eventsOf(steps, "RefreshTokenRotated").map(({ data }) => data.refresh.generation);
      expect(successors).toEqual(successors.map((_, index) => index + 1));
    });
  });

  it("a retry gives the one successor there is, and is recorded once a generation (P4)", () => {
    check((steps) => {
      const recorded = new Map(eventsOf(steps, "RefreshTokenRotated").map(({ data }) => [data.refresh.generation, data]));
      for (const { outcome, command } of steps) {
        if (outcome.kind !== "retried" || command.kind !== "rotate-refresh") continue;
        const first = recorded.get(command.generation + 1);
        expect(outcome).toEqual({ kind: "retried", access: first?.access, refresh: first?.refresh });
      }
      const retried = eventsOf(steps, "RefreshRetried").map(({ data }) => data.generation);
      expect(new Set(retried).size).toBe(retried.length);
    });
  });

  it("nothing is issued and no token is live after a revocation or expiry (P5)", () => {
    check((steps) => {
      const end = steps.findIndex(({ state }) => state.status === "revoked");
      if (end < 0) return;
      for (const { state, outcome, events } of steps.slice(end)) {
        expect(state).toMatchObject({ status: "revoked" });
        expect(state).not.toHaveProperty("tokens");
        expect(["redeemed", "rotated", "retried"]).not.toContain(outcome.kind);
        expect(events.filter(({ type }) => type === "CodeRedeemed" || type === "RefreshTokenRotated")).toEqual([]);
      }
      expect(eventsOf(steps, "GrantRevoked").length + eventsOf(steps, "GrantExpired").length).toBe(1);
    });
  });

  it("another client or a wrong secret never changes anything (P3)", () => {
    check((steps) => {
      expect(steps.filter(({ command }) => isStranger(command)).flatMap(({ events }) => events)).toEqual([]);
    });
  });

  it("the sequences do reach what the promises are about", () => {
    const seen = new Set<string>();
    check((steps) => {
      for (const { outcome } of steps) seen.add(outcome.kind === "refused" ? outcome.reason : outcome.kind);
    });
    expect([...seen]).toEqual(
      expect.arrayContaining([
        "redeemed",
        "rotated",
        "retried",
        "revoked",
        "code-replayed",
        "refresh-reused",
        "refresh-unknown",
        "client-mismatch",
      ]),
    );
  });
});

describe("the decider itself", () => {
  const event: fc.Arbitrary<Recorded<GrantEvent>> = fc
    .tuple(
      fc.oneof(
        fc.constant<GrantEvent>({ type: "GrantAuthorized", data: authorization() }),
        fc.constant<GrantEvent>({ type: "GrantDenied", data: { clientId: "c1", subject: "s1", reason: "user" } }),
        fc
          .option(generation, { nil: undefined })
          .map((g): GrantEvent => ({ type: "CodeRedeemed", data: { access: access(0), ...(g !== undefined && { refresh: refresh(g) }) } })),
        generation.map((g): GrantEvent => ({ type: "RefreshTokenRotated", data: { access: access(g), refresh: refresh(g) } })),
        generation.map((g): GrantEvent => ({ type: "RefreshRetried", data: { generation: g } })),
        generation.map((n): GrantEvent => ({ type: "AccessTokenRevoked", data: { n, jti: `g1.${n}`, exp: 0 } })),
        fc.constantFrom<GrantEvent>(
          { type: "CodeReplayDetected", data: { clientId: "c1" } },
          { type: "RefreshReuseDetected", data: { clientId: "c1", generation: 0 } },
          { type: "GrantRevoked", data: { reason: "admin" } },
          { type: "GrantExpired", data: { reason: "idle" } },
        ),
        fc.constant({ type: "FromTheFuture", data: {} } as unknown as GrantEvent),
      ),
      fc.integer({ min: T0 - 1_000, max: T0 + 20_000 }),
    )
    .map(([made, time]) => ({ ...made, at: time }));

  it("folds events in any order without throwing, and decides on whatever comes out", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), next, generation, (events, make, newest) => {
        const state = fold(grantDecider, events);
        expect(["none", "denied", "authorized", "active", "revoked"]).toContain(state.status);
        expect(grantDecider.decide(deepFreeze({ ...make(newest), now: T0 + 50 }), state).outcome.kind).toBeTypeOf("string");
      }),
      { numRuns: 1_000 },
    );
  });

  it("is pure: the same command on the same frozen state gives the same answer", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), next, generation, (events, make, newest) => {
        const state = fold(grantDecider, events);
        const asked = deepFreeze({ ...make(newest), now: T0 + 50 });
        expect(grantDecider.decide(asked, state)).toEqual(grantDecider.decide(structuredClone(asked), structuredClone(state)));
        expect(fold(grantDecider, events)).toEqual(state);
      }),
    );
  });

  it("judges a good standing as such, or none of the above would mean anything", () => {
    expect(
      grantDecider.decide(
        rotate(0, { standing: good }),
        fold(
          grantDecider,
          at<GrantEvent>(
            T0,
            { type: "GrantAuthorized", data: authorization() },
            { type: "CodeRedeemed", data: { access: access(0), refresh: refresh(0) } },
          ),
        ),
      ).outcome.kind,
    ).toBe("rotated");
  });
});
