import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, fold, decided, given } from "../testing/given.ts";
import { T0 } from "../testing/grants.ts";
import { type KeyringCommand, keyringDecider, type KeyringEvent, type SigningAlg, type SigningKey } from "./index.ts";

const created = (kid: string, alg: SigningAlg = "ES256"): KeyringEvent => ({
  type: "SigningKeyCreated",
  data: { kid, alg, publicJwk: { kty: "EC" } },
});
const published = (kid: string): KeyringEvent => ({ type: "SigningKeyPublished", data: { kid } });
const activated = (kid: string): KeyringEvent => ({ type: "SigningKeyActivated", data: { kid } });
const retired = (kid: string, removeAfter = T0 + 900): KeyringEvent => ({ type: "SigningKeyRetired", data: { kid, removeAfter } });
const removed = (kid: string): KeyringEvent => ({ type: "SigningKeyRemoved", data: { kid } });
const compromised = (kid: string): KeyringEvent => ({ type: "SigningKeyCompromised", data: { kid, reason: "leak" } });

const create = (kid: string, alg: SigningAlg = "ES256"): KeyringCommand => ({
  kind: "create",
  now: T0,
  kid,
  alg,
  publicJwk: { kty: "EC" },
});
const publish: KeyringCommand = { kind: "publish", now: T0, kid: "k1" };
const activate = (kid: string): KeyringCommand => ({ kind: "activate", now: T0, kid, previousRemoveAfter: T0 + 900 });
const remove = (now = T0): KeyringCommand => ({ kind: "remove", now, kid: "k1" });
const compromise: KeyringCommand = { kind: "compromise", now: T0, kid: "k1", reason: "leak" };

type Refusal = "key-exists" | "key-unknown" | "key-not-published" | "key-still-active" | "key-compromised" | "key-not-due";
const refused = (reason: Refusal) => ({ kind: "refused", reason }) as const;
const done = { kind: "done" } as const;
const unchanged = { kind: "unchanged" } as const;

/** The key k1 in each of its states. */
const k1: Readonly<Record<SigningKey["status"], readonly KeyringEvent[]>> = {
  created: [created("k1")],
  published: [created("k1"), published("k1")],
  active: [created("k1"), published("k1"), activated("k1")],
  retired: [created("k1"), published("k1"), activated("k1"), retired("k1")],
  removed: [created("k1"), removed("k1")],
  compromised: [created("k1"), published("k1"), activated("k1"), compromised("k1")],
};
const ring = (status: keyof typeof k1, ...more: readonly KeyringEvent[]) => given(keyringDecider, at(T0, ...k1[status], ...more));

describe("the life of a signing key", () => {
  it("goes from created over published, active and retired to removed, with its times", () => {
    const times = k1.retired.flatMap((event, index) => at(T0 + index, event));
    expect(fold(keyringDecider, times).keys["k1"]).toEqual({
      kid: "k1",
      alg: "ES256",
      publicJwk: { kty: "EC" },
      status: "retired",
      createdAt: T0,
      publishedAt: T0 + 1,
      activatedAt: T0 + 2,
      removeAfter: T0 + 900,
    });
  });

  it("begins once", () => {
    expect(given(keyringDecider).when(create("k1")).decision).toEqual(decided(done, created("k1")));
    for (const status of Object.keys(k1) as SigningKey["status"][])
      expect(ring(status).when(create("k1")).decision).toEqual(decided(refused("key-exists")));
  });

  it("needs a key that is there", () => {
    for (const command of [publish, activate("k1"), remove(), compromise])
      expect(given(keyringDecider).when(command).decision).toEqual(decided(refused("key-unknown")));
  });
});

describe("publishing", () => {
  it("puts a new key into the JWKS", () => expect(ring("created").when(publish).decision).toEqual(decided(done, published("k1"))));
  it.each(["published", "active", "retired"] as const)("changes nothing for one %s", (status) =>
    expect(ring(status).when(publish).decision).toEqual(decided(unchanged)),
  );
  it("never brings back a removed or compromised key", () => {
    expect(ring("removed").when(publish).decision).toEqual(decided(refused("key-unknown")));
    expect(ring("compromised").when(publish).decision).toEqual(decided(refused("key-compromised")));
  });
});

describe("activating", () => {
  it("lets a published key sign", () => expect(ring("published").when(activate("k1")).decision).toEqual(decided(done, activated("k1"))));
  it("retires the active key of the same algorithm in the same append", () => {
    const rotated = ring("active", created("k2"), published("k2")).when(activate("k2"));
    expect(rotated.decision).toEqual(decided(done, retired("k1"), activated("k2")));
    expect(rotated.state.keys).toMatchObject({ k1: { status: "retired", removeAfter: T0 + 900 }, k2: { status: "active" } });
  });
  it("leaves the active key of another algorithm alone", () => {
    expect(ring("active", created("k2", "EdDSA"), published("k2")).when(activate("k2")).decision).toEqual(decided(done, activated("k2")));
  });
  it("changes nothing for the active key", () => expect(ring("active").when(activate("k1")).decision).toEqual(decided(unchanged)));
  it("needs a key validators could fetch, and never one that has signed before", () => {
    expect(ring("created").when(activate("k1")).decision).toEqual(decided(refused("key-not-published")));
    expect(ring("retired").when(activate("k1")).decision).toEqual(decided(refused("key-not-published")));
    expect(ring("removed").when(activate("k1")).decision).toEqual(decided(refused("key-not-published")));
    expect(ring("compromised").when(activate("k1")).decision).toEqual(decided(refused("key-compromised")));
  });
});

describe("removing", () => {
  it("takes a retired key out only when nothing it signed can be alive", () => {
    expect(ring("retired").when(remove(T0 + 899)).decision).toEqual(decided(refused("key-not-due")));
    expect(ring("retired").when(remove(T0 + 900)).decision).toEqual(decided(done, removed("k1")));
  });
  it("takes out a key that never signed", () => {
    expect(ring("created").when(remove()).decision).toEqual(decided(done, removed("k1")));
    expect(ring("published").when(remove()).decision).toEqual(decided(done, removed("k1")));
  });
  it("never takes out the active key or the mark of a compromised one", () => {
    expect(ring("active").when(remove()).decision).toEqual(decided(refused("key-still-active")));
    expect(ring("compromised").when(remove()).decision).toEqual(decided(refused("key-compromised")));
  });
  it("changes nothing the second time", () => expect(ring("removed").when(remove()).decision).toEqual(decided(unchanged)));
});

describe("a compromise", () => {
  it.each(["created", "published", "active", "retired", "removed"] as const)("is recorded of a key %s", (status) => {
    const marked = ring(status).when(compromise);
    expect(marked.decision).toEqual(decided(done, compromised("k1")));
    expect(marked.state.keys["k1"]?.status).toBe("compromised");
  });
  it("changes nothing the second time", () => expect(ring("compromised").when(compromise).decision).toEqual(decided(unchanged)));
  it("leaves room to activate the next key", () => {
    expect(ring("compromised", created("k2"), published("k2")).when(activate("k2")).decision).toEqual(decided(done, activated("k2")));
  });
});

describe("the keyring as a whole", () => {
  it("has at most one active key per algorithm, whatever commands come", () => {
    const kid = fc.constantFrom("k1", "k2", "k3", "__proto__");
    const command = fc
      .tuple(fc.constantFrom("create", "publish", "activate", "remove", "compromise"), kid, fc.constantFrom<SigningAlg>("ES256", "EdDSA"))
      .map(
        ([kind, id, alg]) =>
          ({ kind, now: T0, kid: id, alg, publicJwk: { kty: "EC" }, previousRemoveAfter: T0, reason: "leak" }) as KeyringCommand,
      );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const last = commands.reduce(
          (state, next) => fold(keyringDecider, at(T0, ...keyringDecider.decide(next, state).events), state),
          keyringDecider.initial,
        );
        const active = Object.values(last.keys)
          .filter(({ status }) => status === "active")
          .map(({ alg }) => alg);
        expect(new Set(active).size).toBe(active.length);
      }),
    );
  });

  it("takes events of unknown keys, and types and commands it has never heard of, without a change", () => {
    const { state } = ring("active");
    expect(fold(keyringDecider, at(T0, published("k9"), removed("toString"), created("k1")), state)).toEqual(state);
    expect(keyringDecider.evolve(state, { type: "FromTheFuture", data: { kid: "k1" }, at: T0 } as never)).toEqual(state);
    expect(keyringDecider.decide({ kind: "from-the-future", kid: "k1" } as never, state).outcome).toEqual(refused("key-unknown"));
  });
});
