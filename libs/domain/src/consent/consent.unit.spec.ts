import { describe, expect, it } from "vitest";
import { at, fold, decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type ConsentCommand, consentDecider, type ConsentedScopes, type ConsentEvent } from "./index.ts";

const who = { subject: "s1", clientId: "c1" };
const grant = (scopes: ConsentedScopes, remember = true): Extract<ConsentCommand, { kind: "grant" }> => ({
  kind: "grant",
  now: T0,
  ...who,
  scopes,
  remember,
});
const granted = (scopes: ConsentedScopes, remember = true): ConsentEvent => ({
  type: "ConsentGranted",
  data: { ...who, scopes, remember },
});
const narrow = (scopes: ConsentedScopes): ConsentCommand => ({ kind: "narrow", now: T0 + 1, scopes });
const withdraw: ConsentCommand = { kind: "withdraw", now: T0 + 1 };
const done = (generation = 0) => ({ kind: "done", generation }) as const;
const unchanged = (generation = 0) => ({ kind: "unchanged", generation }) as const;
const unknown = { kind: "refused", reason: "consent-unknown" } as const;
const standing = at(T0, granted({ "": ["openid"], r1: ["read", "write"] }));
const withdrawn = [...standing, ...at<ConsentEvent>(T0 + 1, { type: "ConsentWithdrawn", data: { generation: 1 } })];

describe("granting consent", () => {
  it("records what the person allowed", () => {
    const made = given(consentDecider).when(grant({ r1: ["read"] }));
    expect(made.decision).toEqual(decided(done(), granted({ r1: ["read"] })));
    expect(made.state).toEqual({ status: "granted", ...who, scopes: { r1: ["read"] }, remember: true, generation: 0, grantedAt: T0 });
  });

  it("adds to what is remembered, by resource", () => {
    const more = given(consentDecider, standing).when(grant({ r1: ["admin"], r2: ["read"] }));
    expect(more.decision).toEqual(decided(done(), granted({ r1: ["admin"], r2: ["read"] })));
    expect(more.state).toMatchObject({ scopes: { "": ["openid"], r1: ["read", "write", "admin"], r2: ["read"] } });
  });

  it("appends nothing for what is remembered already", () => {
    expect(given(consentDecider, standing).when(grant({ r1: ["write"] })).decision).toEqual(decided(unchanged()));
    expect(given(consentDecider, standing).when(grant({})).decision).toEqual(decided(unchanged()));
  });

  it("records a request of which only a part is remembered", () => {
    expect(given(consentDecider, standing).when(grant({ r1: ["write", "admin"] })).decision.outcome).toEqual(done());
    expect(given(consentDecider, standing).when(grant({ r1: ["write"], r2: ["read"] })).decision.outcome).toEqual(done());
  });

  it("for this once is recorded, and neither joins nor ends what is remembered", () => {
    const once = given(consentDecider, standing).when(grant({ r1: ["admin"] }, false));
    expect(once.decision).toEqual(decided(done(), granted({ r1: ["admin"] }, false)));
    expect(once.state).toEqual(fold(consentDecider, standing));
    expect(given(consentDecider, standing).when(grant({ r1: ["read"] }, false)).decision.outcome).toEqual(done());
  });

  it("for this once is not remembered by the next that is", () => {
    const once = given(consentDecider).when(grant({ r1: ["admin"] }, false));
    expect(once.state).toMatchObject({ remember: false, scopes: { r1: ["admin"] } });
    expect(given(consentDecider, once.history).when(grant({ r1: ["read"] })).state).toMatchObject({
      remember: true,
      scopes: { r1: ["read"] },
    });
    expect(given(consentDecider, once.history).when(grant({ r1: ["admin"] })).decision.outcome).toEqual(done());
  });

  it("after a withdrawal starts anew under the raised generation", () => {
    const again = given(consentDecider, withdrawn).when(grant({ r1: ["read"] }));
    expect(again.decision).toEqual(decided(done(1), granted({ r1: ["read"] })));
    expect(again.state).toMatchObject({ status: "granted", scopes: { r1: ["read"] }, generation: 1 });
  });

  it("takes a resource named like something every object inherits", () => {
    const odd = given(consentDecider, standing).when(grant({ constructor: ["read"] }));
    expect(odd.state).toMatchObject({ scopes: { constructor: ["read"] } });
  });
});

describe("narrowing consent", () => {
  it("keeps what the person left ticked", () => {
    const less = given(consentDecider, standing).when(narrow({ r1: ["read"] }));
    expect(less.decision).toEqual(decided(done(), { type: "ConsentNarrowed", data: { scopes: { r1: ["read"] } } }));
    expect(less.state).toMatchObject({ scopes: { r1: ["read"] } });
  });

  it("never widens", () => {
    expect(given(consentDecider, standing).when(narrow({ r1: ["read", "admin"], r2: ["read"] })).decision).toEqual(
      decided(done(), { type: "ConsentNarrowed", data: { scopes: { r1: ["read"] } } }),
    );
    expect(given(consentDecider, standing).when(narrow({ "": ["openid"], r1: ["read", "write"], r2: ["read"] })).decision).toEqual(
      decided(unchanged()),
    );
  });

  it("needs a consent that stands", () => {
    expect(given(consentDecider).when(narrow({})).decision).toEqual(decided(unknown));
    expect(given(consentDecider, withdrawn).when(narrow({})).decision).toEqual(decided(unknown));
  });
});

describe("withdrawing consent", () => {
  it("raises the generation, which ends the grants that rest on it", () => {
    const gone = given(consentDecider, standing).when(withdraw);
    expect(gone.decision).toEqual(decided(done(1), { type: "ConsentWithdrawn", data: { generation: 1 } }));
    expect(gone.state).toEqual({ status: "withdrawn", ...who, generation: 1 });
  });

  it("changes nothing the second time and needs a consent the first", () => {
    expect(given(consentDecider, withdrawn).when(withdraw).decision).toEqual(decided(unchanged(1)));
    expect(given(consentDecider).when(withdraw).decision).toEqual(decided(unknown));
  });
});

describe("the fold of a consent", () => {
  it("takes events that do not fit, and types it has never heard of, without a change", () => {
    const state = fold(consentDecider, withdrawn);
    expect(
      fold(
        consentDecider,
        at<ConsentEvent>(T0, { type: "ConsentNarrowed", data: { scopes: {} } }, { type: "ConsentWithdrawn", data: { generation: 9 } }),
        state,
      ),
    ).toEqual(state);
    expect(consentDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(consentDecider.decide({ kind: "from-the-future" } as never, state).outcome).toEqual(unknown);
  });
});
