import { describe, expect, it } from "vitest";
import { decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type BridgeCommand, bridgeDecider, type BridgeEvent, type BridgeState, currentKey, nextStep } from "./index.ts";

const metadata = {
  redirect_uris: ["https://agent.example.com/cb"],
  grant_types: ["authorization_code"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
  application_type: "web",
} as const;
const request = (over: Partial<Extract<BridgeCommand, { kind: "request" }>["event"]> = {}): BridgeCommand => ({
  kind: "request",
  now: T0,
  event: { bridgeId: "b1", clientId: "b1", origin: "dcr", target: "entra", metadata, documentHash: "h1", needsSecret: true, ...over },
});
const told = { now: T0, life: 1 };
const appCreated: BridgeCommand = { ...told, kind: "app-created", appId: "app", objectId: "obj", documentHash: "h1" };
const principalCreated: BridgeCommand = { ...told, kind: "principal-created", servicePrincipalId: "sp" };
const issued = (keyId: string, endsAt = T0 + 1_000): BridgeCommand => ({
  ...told,
  kind: "secret-issued",
  keyId,
  secretName: `oauth/entra/b1/${keyId}`,
  endsAt,
});
const stored = (keyId: string): BridgeCommand => ({ ...told, kind: "secret-stored", keyId, formerEndAt: T0 + 10 });
const MADE = [request(), appCreated, principalCreated, issued("k1"), stored("k1")];
const change = (documentHash: string, more: Partial<Extract<BridgeCommand, { kind: "change" }>> = {}): BridgeCommand => ({
  kind: "change",
  now: T0,
  metadata,
  documentHash,
  needsSecret: true,
  ...more,
});
const end: BridgeCommand = { kind: "end", now: T0, reason: "unused" };

/** What a number of commands lead to, one after another. */
function after(...commands: readonly BridgeCommand[]) {
  let story = given(bridgeDecider);
  let last = story.when(commands[0] as BridgeCommand);
  for (const command of commands.slice(1)) {
    story = given(bridgeDecider, last.history);
    last = story.when(command);
  }
  return last;
}
const outcomeOf = (...commands: readonly BridgeCommand[]) => after(...commands).decision.outcome;
const step = (state: BridgeState, now = T0) => nextStep(state, { now, rotateAhead: 100 });

describe("a registration through the bridge", () => {
  it("says what comes next until everything is in place, and completes in the append of its last step", () => {
    const steps = MADE.map((_, index) => step(after(...MADE.slice(0, index + 1)).state)?.kind);
    expect(steps).toEqual(["create-application", "create-principal", "issue-secret", "settle-secret", undefined]);
    expect(after(...MADE).decision.events.map(({ type }) => type)).toEqual(["SecretStored", "RegistrationCompleted"]);
    expect(after(...MADE).state).toMatchObject({
      status: "active",
      completedAt: T0,
      application: { clientId: "app", servicePrincipalId: "sp" },
    });
  });

  it("needs no secret where the application needs none", () => {
    const { state, decision } = after(request({ needsSecret: false }), appCreated, principalCreated);
    expect(decision.events.map(({ type }) => type)).toEqual(["EntraServicePrincipalCreated", "RegistrationCompleted"]);
    expect(step(state)).toBeUndefined();
  });

  it("at a server that speaks RFC 7591 is one step", () => {
    const registered: BridgeCommand = {
      ...told,
      kind: "foreign-registered",
      clientId: "f",
      documentHash: "h1",
      keyId: "first",
      secretName: "n",
    };
    const { state } = after(request({ target: "rfc7591" }), registered);
    expect(state).toMatchObject({ status: "active", keys: [{ keyId: "first", endsAt: 0, stored: true }] });
    expect(step(state)).toBeUndefined();
    expect(outcomeOf(request({ target: "rfc7591" }), registered, registered)).toEqual({ kind: "unchanged" });
    expect(outcomeOf(request({ target: "rfc7591" }), registered, { ...registered, clientId: "other" })).toMatchObject({
      reason: "step-overtaken",
    });
    const bare: BridgeCommand = { ...told, kind: "foreign-registered", clientId: "f", documentHash: "h1" };
    expect(after(request({ target: "rfc7591", needsSecret: false }), bare).state).toMatchObject({ status: "active", keys: [] });
  });

  it("bears every report twice", () => {
    for (let count = 2; count <= MADE.length; count += 1) {
      const twice = [...MADE.slice(0, count), MADE[count - 1] as BridgeCommand];
      expect(outcomeOf(...twice)).toEqual({ kind: "unchanged" });
    }
    const removed: BridgeCommand = { ...told, kind: "secret-removed", keyId: "nobody" };
    expect(outcomeOf(...MADE, removed)).toEqual({ kind: "unchanged" });
    expect(outcomeOf(...MADE, { ...told, kind: "application-updated", documentHash: "h1" })).toEqual({ kind: "unchanged" });
  });

  it("is requested once; only a document client comes back, in another life", () => {
    expect(outcomeOf(request(), request())).toEqual({ kind: "refused", reason: "bridge-exists" });
    const gone = [...MADE, end, { ...told, kind: "compensated" } as BridgeCommand];
    expect(outcomeOf(...gone, request())).toEqual({ kind: "refused", reason: "bridge-exists" });
    expect(after(...gone, request({ origin: "cimd" })).state).toMatchObject({ status: "pending", life: 2, keys: [] });
  });

  it("refuses what comes from another life or after the end, so that its doer undoes it", () => {
    const overtaken = { kind: "refused", reason: "step-overtaken" };
    expect(outcomeOf(request(), { ...appCreated, life: 2 } as BridgeCommand)).toEqual(overtaken);
    const fail: BridgeCommand = { ...told, kind: "fail", step: "create-application", reason: "target-unavailable" };
    const compensated: BridgeCommand = { ...told, kind: "compensated" };
    expect(outcomeOf(request(), fail, appCreated)).toEqual(overtaken);
    expect(outcomeOf(request(), fail, compensated, appCreated)).toEqual(overtaken);
    expect(outcomeOf(request(), fail, compensated, compensated)).toEqual({ kind: "unchanged" });
    expect(outcomeOf(request(), compensated)).toEqual(overtaken);
    expect(outcomeOf(request(), appCreated, { ...appCreated, appId: "another" } as BridgeCommand)).toEqual(overtaken);
    expect(outcomeOf(request(), appCreated, stored("k9"))).toEqual(overtaken);
    expect(outcomeOf(appCreated)).toEqual(overtaken);
  });

  it("that fails is taken back, and one that is active is never taken back by a failure", () => {
    const fail: BridgeCommand = { ...told, kind: "fail", step: "issue-secret", reason: "target-refused" };
    const failed = after(request(), appCreated, fail);
    expect(failed.decision).toEqual(
      decided({ kind: "done" }, { type: "RegistrationFailed", data: { step: "issue-secret", reason: "target-refused" } }),
    );
    expect(step(failed.state)).toEqual({ kind: "compensate" });
    const gone = after(request(), appCreated, fail, { ...told, kind: "compensated" });
    expect(gone.state).toEqual({ status: "gone", bridgeId: "b1", life: 1, reason: "target-refused", at: T0 });
    expect(step(gone.state)).toBeUndefined();
    expect(outcomeOf(...MADE, fail)).toEqual({ kind: "refused", reason: "step-overtaken" });
  });
});

describe("an active registration", () => {
  it("gets a new secret ahead of the end of the old one, which is taken away after the overlap", () => {
    const { state } = after(...MADE);
    expect(step(state, T0 + 899)).toBeUndefined();
    expect(step(state, T0 + 900)).toEqual({ kind: "issue-secret" });
    const pending = after(...MADE, issued("k2", T0 + 5_000));
    expect(currentKey(pending.state as never)?.keyId).toBe("k1");
    expect(outcomeOf(...MADE, issued("k2"), issued("k3"))).toEqual({ kind: "refused", reason: "step-overtaken" });
    const rotated = after(...MADE, issued("k2", T0 + 5_000), stored("k2"));
    expect(currentKey(rotated.state as never)?.keyId).toBe("k2");
    expect(step(rotated.state, T0 + 9)).toBeUndefined();
    expect(step(rotated.state, T0 + 10)).toMatchObject({ kind: "remove-secret", key: { keyId: "k1", removeAt: T0 + 10 } });
    const left = after(...MADE, issued("k2", T0 + 5_000), stored("k2"), { ...told, kind: "secret-removed", keyId: "k1" });
    expect(step(left.state, T0 + 10)).toBeUndefined();
    const third = after(...MADE, issued("k2", T0 + 5_000), stored("k2"), issued("k3", T0 + 9_000), {
      ...stored("k3"),
      formerEndAt: T0 + 99,
    } as BridgeCommand);
    expect(third.state).toMatchObject({ keys: [{ removeAt: T0 + 10 }, { removeAt: T0 + 99 }, { keyId: "k3" }] });
  });

  it("follows its client's metadata, and drops a secret it does not need any more", () => {
    const changed = after(...MADE, change("h2", { needsSecret: false }));
    expect(step(changed.state)).toEqual({ kind: "update-application" });
    const updated = after(...MADE, change("h2", { needsSecret: false }), { ...told, kind: "application-updated", documentHash: "h2" });
    expect(step(updated.state)).toMatchObject({ kind: "remove-secret", key: { keyId: "k1" } });
    expect(outcomeOf(...MADE, change("h1"))).toEqual({ kind: "unchanged" });
    expect(outcomeOf(request(), change("h2"))).toEqual({ kind: "refused", reason: "bridge-not-active" });
  });

  it("is changed and ended by who shows its registration token, once", () => {
    const withToken = [request({ registrationTokenHash: "t1" }), ...MADE.slice(1)];
    expect(outcomeOf(...withToken, change("h2", { presentedTokenHash: "t1", registrationTokenHash: "t2" }))).toEqual({ kind: "done" });
    const again = change("h3", { presentedTokenHash: "t1", registrationTokenHash: "t3" });
    expect(outcomeOf(...withToken, change("h2", { presentedTokenHash: "t1", registrationTokenHash: "t2" }), again)).toEqual({
      kind: "refused",
      reason: "registration-token-used",
    });
    expect(outcomeOf(...withToken, { ...end, presentedTokenHash: "t9" } as BridgeCommand)).toMatchObject({
      reason: "registration-token-used",
    });
    expect(after(...withToken, { ...end, reason: "self", presentedTokenHash: "t1" } as BridgeCommand).state).toMatchObject({
      status: "ending",
      reason: "self",
    });
    expect(outcomeOf(...MADE, end, end)).toEqual({ kind: "refused", reason: "bridge-not-active" });
  });

  it("holds no secret once its client is registered without one", () => {
    const confidential = { ...metadata, token_endpoint_auth_method: "client_secret_basic" } as const;
    const made = [request({ metadata: confidential, clientSecretHash: "s1" }), ...MADE.slice(1)];
    expect(after(...made, change("h2", { metadata: confidential })).state).toMatchObject({ clientSecretHash: "s1" });
    expect(after(...made, change("h2")).state).not.toHaveProperty("clientSecretHash");
  });

  it("says now and then that it is used", () => {
    const used = (now: number): BridgeCommand => ({ kind: "used", now, atMostEvery: 60 });
    expect(after(...MADE, used(T0 + 1)).state).toMatchObject({ usedAt: T0 + 1 });
    expect(outcomeOf(...MADE, used(T0 + 1), used(T0 + 60))).toEqual({ kind: "unchanged" });
    expect(outcomeOf(...MADE, used(T0 + 1), used(T0 + 61))).toEqual({ kind: "done" });
    expect(outcomeOf(request(), used(T0))).toEqual({ kind: "refused", reason: "bridge-not-active" });
  });

  it("survives types and commands it has never heard of, and events that do not fit", () => {
    const { state } = after(...MADE);
    const evolve = (type: string, from: BridgeState = state): BridgeState =>
      bridgeDecider.evolve(from, { type, data: {}, at: T0 } as unknown as BridgeEvent & { readonly at: number });
    expect(evolve("FromTheFuture")).toBe(state);
    expect(evolve("RegistrationRequested")).toBe(state);
    expect(evolve("RegistrationCompleted")).toBe(state);
    expect(evolve("CompensationDone", bridgeDecider.initial)).toBe(bridgeDecider.initial);
    expect(evolve("CompensationDone")).toMatchObject({ status: "gone", reason: "unknown" });
    const pending = after(request()).state;
    expect(evolve("ApplicationUpdated", pending)).toBe(pending);
    expect(bridgeDecider.decide({ ...told, kind: "from-the-future" } as never, state).events).toEqual([]);
    expect(step(bridgeDecider.initial)).toBeUndefined();
  });
});
