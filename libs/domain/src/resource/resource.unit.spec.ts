import { describe, expect, it } from "vitest";
import { at, fold, decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type AccessPolicy, type ResourceCommand, resourceDecider, type ResourceEvent } from "./index.ts";

const scopes = [{ name: "read", description: "Read" }];
const policy: AccessPolicy = { rules: [{ subjects: { any: true }, entities: ["human"], verification: ["dcr"], scopes: ["*"] }] };
const identity = { resourceId: "r1", uri: "https://one.test/mcp", name: "One", clientId: "rs1" };
const register: ResourceCommand = { kind: "register", now: T0, ...identity, scopes, policy, tokenPolicy: { format: "opaque" } };
const registration: readonly ResourceEvent[] = [
  { type: "ResourceRegistered", data: identity },
  { type: "ScopesDefined", data: { scopes } },
  { type: "AccessPolicySet", data: { policy } },
  { type: "TokenPolicySet", data: { policy: { format: "opaque" } } },
];
const active = at(T0, ...registration);
const removed = [...active, ...at<ResourceEvent>(T0 + 1, { type: "ResourceRemoved", data: { generation: 1 } })];
const refused = (reason: "resource-exists" | "resource-unknown") => ({ kind: "refused", reason }) as const;
const done = (generation: number) => ({ kind: "done", generation }) as const;
const unchanged = { kind: "unchanged" } as const;

describe("registering a resource", () => {
  it("records it with its scopes and policies", () => {
    const made = given(resourceDecider).when(register);
    expect(made.decision).toEqual(decided(done(0), ...registration));
    expect(made.state).toEqual({ status: "active", ...identity, scopes, policy, tokenPolicy: { format: "opaque" }, generation: 0 });
  });

  it("happens once while it is there", () => {
    expect(given(resourceDecider, active).when(register).decision).toEqual(decided(refused("resource-exists")));
  });

  it("brings a removed one back under its raised generation, so that old tokens stay dead", () => {
    const back = given(resourceDecider, removed).when(register);
    expect(back.decision).toEqual(decided(done(1), ...registration));
    expect(back.state).toMatchObject({ status: "active", generation: 1 });
  });

  it("lets nobody in before a policy is set", () => {
    expect(fold(resourceDecider, active.slice(0, 1))).toMatchObject({ scopes: [], policy: { rules: [] }, tokenPolicy: {} });
  });
});

describe("changing a resource", () => {
  const changes: readonly [ResourceCommand, ResourceEvent, object][] = [
    [{ kind: "define-scopes", now: T0, scopes: [] }, { type: "ScopesDefined", data: { scopes: [] } }, { scopes: [] }],
    [
      { kind: "set-access-policy", now: T0, policy: { rules: [] } },
      { type: "AccessPolicySet", data: { policy: { rules: [] } } },
      { policy: { rules: [] } },
    ],
    [
      { kind: "set-token-policy", now: T0, policy: { alg: "EdDSA" } },
      { type: "TokenPolicySet", data: { policy: { alg: "EdDSA" } } },
      { tokenPolicy: { alg: "EdDSA" } },
    ],
  ];

  it.each(changes.map((change) => [change[0].kind, ...change] as const))(
    "%s is recorded when it changes something, and only then",
    (_kind, command, event, state) => {
      const changed = given(resourceDecider, active).when(command);
      expect(changed.decision).toEqual(decided(done(0), event));
      expect(changed.state).toMatchObject(state);
      expect(given(resourceDecider, changed.history).when(command).decision).toEqual(decided(unchanged));
    },
  );

  it("revokes all its tokens by raising the generation", () => {
    const revoked = given(resourceDecider, active).when({ kind: "revoke-all", now: T0, reason: "admin" });
    expect(revoked.decision).toEqual(decided(done(1), { type: "ResourceGenerationRaised", data: { generation: 1, reason: "admin" } }));
    expect(revoked.state).toMatchObject({ generation: 1 });
  });

  it("is removed under a raised generation, once", () => {
    const gone = given(resourceDecider, active).when({ kind: "remove", now: T0 });
    expect(gone.decision).toEqual(decided(done(1), { type: "ResourceRemoved", data: { generation: 1 } }));
    expect(gone.state).toEqual({ status: "removed", resourceId: "r1", uri: identity.uri, generation: 1 });
    expect(given(resourceDecider, gone.history).when({ kind: "remove", now: T0 }).decision).toEqual(decided(unchanged));
  });

  it.each([...changes.map(([command]) => command), { kind: "revoke-all", now: T0, reason: "x" } as const])(
    "needs a resource that is there: $kind",
    (command) => {
      expect(given(resourceDecider).when(command).decision).toEqual(decided(refused("resource-unknown")));
      expect(given(resourceDecider, removed).when(command).decision).toEqual(decided(refused("resource-unknown")));
    },
  );

  it("cannot remove what never was", () => {
    expect(given(resourceDecider).when({ kind: "remove", now: T0 }).decision).toEqual(decided(refused("resource-unknown")));
  });
});

describe("the fold of a resource", () => {
  it("takes events that do not fit without a change", () => {
    const state = fold(resourceDecider, active);
    expect(fold(resourceDecider, active.slice(0, 1), state)).toEqual(state);
    expect(fold(resourceDecider, active.slice(1))).toEqual({ status: "none" });
    expect(fold(resourceDecider, active.slice(1), fold(resourceDecider, removed))).toMatchObject({ status: "removed" });
  });

  it("survives a type and a command it has never heard of", () => {
    const state = fold(resourceDecider, active);
    expect(resourceDecider.evolve(state, { type: "FromTheFuture", data: {}, at: T0 } as never)).toBe(state);
    expect(resourceDecider.decide({ kind: "from-the-future" } as never, state).outcome).toEqual(refused("resource-unknown"));
  });
});
