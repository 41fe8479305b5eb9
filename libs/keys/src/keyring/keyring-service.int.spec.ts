import { join } from "node:path";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { eventTypes, openBench, openKeyring, SCHEDULE } from "./keyring.fixture.ts";

const DAY = 86_400;
const TYP = { typ: "at+jwt" };

// Real: SQLite event store, stream runtime, decider, key folder, OpenSSL; jose checks signatures independently. Fake: the clock.
describe("the keyring", () => {
  it("has an active key for every algorithm after the first start, and keeps them over a restart", async () => {
    const bench = await openBench();
    const first = await openKeyring(bench, { algs: ["ES256", "EdDSA", "RS256"] });
    await first.start();
    expect(first.signer.algs()).toEqual(["ES256", "EdDSA", "RS256"]);
    const events = await eventTypes(bench);
    expect(events.toSorted()).toEqual(
      ["SigningKeyActivated", "SigningKeyCreated", "SigningKeyPublished"].flatMap((type) => [type, type, type]),
    );
    const again = await openKeyring(bench, { algs: ["ES256", "EdDSA", "RS256"] });
    await again.start();
    expect(await eventTypes(bench)).toEqual(events);
    expect(again.signer.jwks()).toEqual(first.signer.jwks());
    expect(again.signer.verify(first.signer.sign({ sub: "s" }, TYP).jwt)?.payload).toEqual({ sub: "s" });
  });

  it("rotates on schedule: published ahead, then active, the former one published until its tokens are dead, then removed", async () => {
    const bench = await openBench();
    const { clock } = bench;
    const keyring = await openKeyring(bench, { algs: ["ES256"] });
    const born = clock.at;
    await keyring.tick();
    const old = keyring.signer.sign({ n: 1 }, TYP);

    clock.at = born + SCHEDULE.rotation - SCHEDULE.publishAhead;
    await keyring.tick();
    expect(keyring.signer.jwks().keys.map(({ kid }) => kid)).toHaveLength(2);
    expect(keyring.signer.jwks().keys[0]?.["kid"]).toBe(old.kid);
    expect(keyring.signer.sign({ n: 2 }, TYP).kid).toBe(old.kid);

    clock.at = born + SCHEDULE.rotation;
    await keyring.tick();
    const fresh = keyring.signer.sign({ n: 3 }, TYP);
    expect(fresh.kid).not.toBe(old.kid);
    expect(keyring.signer.verify(old.jwt)?.payload).toEqual({ n: 1 });
    expect(keyring.list().find(({ kid }) => kid === old.kid)).toMatchObject({
      status: "retired",
      removeAfter: clock.at + SCHEDULE.retireFor,
    });
    await expect(keyring.vault.privateKey(old.kid)).rejects.toThrow(/no private part/);

    clock.at += SCHEDULE.retireFor;
    expect(keyring.signer.jwks().keys.map(({ kid }) => kid)).toEqual([fresh.kid]);
    await keyring.tick();
    expect(keyring.signer.trusted(old.kid)).toBe(false);
    expect(keyring.signer.verify(old.jwt)).toBeUndefined();
    expect(await eventTypes(bench)).toEqual([
      "SigningKeyCreated",
      "SigningKeyPublished",
      "SigningKeyActivated",
      "SigningKeyCreated",
      "SigningKeyPublished",
      "SigningKeyRetired",
      "SigningKeyActivated",
      "SigningKeyRemoved",
    ]);
  });

  it("ends with one active key per algorithm when several processes start and rotate at once", async () => {
    const bench = await openBench();
    const all = await Promise.all([1, 2, 3, 4].map(() => openKeyring(bench)));
    await Promise.all(all.map((one) => one.tick()));
    bench.clock.at += SCHEDULE.rotation - SCHEDULE.publishAhead;
    await Promise.all(all.map((one) => one.tick()));
    bench.clock.at += SCHEDULE.publishAhead;
    await Promise.all(all.map((one) => one.tick()));
    await Promise.all(all.map((one) => one.refresh()));
    for (const one of all) {
      expect(one.list()).toEqual(all[0]?.list());
      const statuses = Object.groupBy(one.list(), ({ status }) => status);
      expect(statuses.active?.map(({ alg }) => alg).toSorted()).toEqual(["ES256", "EdDSA"]);
      expect(statuses.retired).toHaveLength(2);
      expect(statuses.published ?? []).toEqual([]);
    }
    const jwts = all.map((one) => one.signer.sign({}, TYP).jwt);
    for (const one of all) for (const jwt of jwts) expect(one.signer.verify(jwt)).toBeDefined();
  });

  it("loses no token while keys are rotated and struck out under concurrent signing", async () => {
    const bench = await openBench();
    const keyring = await openKeyring(bench);
    const other = await openKeyring(bench);
    await keyring.start();
    const work = { done: false };
    const jwts: string[] = [];
    const signing = (async () => {
      while (!work.done) {
        for (let count = 0; count < 20; count += 1)
          jwts.push(keyring.signer.sign({ n: jwts.length }, { alg: count % 2 === 0 ? "ES256" : "EdDSA", typ: "at+jwt" }).jwt);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([keyring.rotate("ES256"), keyring.rotate("EdDSA")]);
      await other.tick();
    }
    work.done = true;
    await signing;
    expect(jwts.length).toBeGreaterThan(100);
    const keys = createLocalJWKSet(keyring.signer.jwks() as never);
    for (const jwt of jwts) expect(keyring.signer.verify(jwt)).toBeDefined();
    for (const jwt of jwts.filter((_, index) => index % 50 === 0)) await jwtVerify(jwt, keys, { typ: "at+jwt" });
    const kids = new Set(
      jwts.map((jwt) => (JSON.parse(Buffer.from(jwt.split(".")[0] ?? "", "base64url").toString()) as { kid: string }).kid),
    );
    expect(kids.size).toBeGreaterThan(2);
  });

  it("strikes a compromised key out at once, kills what it signed and goes on with a new one without a gap", async () => {
    const bench = await openBench();
    const keyring = await openKeyring(bench);
    await keyring.start();
    const bad = keyring.signer.sign({ n: 1 }, TYP);
    expect(keyring.signer.verify(bad.jwt)).toBeDefined();
    let failures = 0;
    const striking = keyring.compromise(bad.kid, "found in a backup");
    const work = { done: false };
    const signing = (async () => {
      while (!work.done) {
        if (keyring.signer.verify(keyring.signer.sign({}, TYP).jwt) === undefined) failures += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    expect(await striking).toBe(true);
    work.done = true;
    await signing;
    expect(failures).toBe(0);
    expect(keyring.signer.verify(bad.jwt)).toBeUndefined();
    expect(keyring.signer.trusted(bad.kid)).toBe(false);
    expect(keyring.signer.jwks().keys.map(({ kid }) => kid)).not.toContain(bad.kid);
    expect(keyring.signer.sign({}, TYP).alg).toBe("ES256");
    await expect(keyring.vault.privateKey(bad.kid)).rejects.toThrow(/no private part/);
    const [last] = (await bench.store.readStream("keyring-local")).slice(-1);
    expect(last).toMatchObject({ type: "SigningKeyCompromised" });
    expect(last?.body).toContain("found in a backup");
  });

  it("strikes a retired key out without making a new one, and knows no key it never had", async () => {
    const bench = await openBench();
    const keyring = await openKeyring(bench, { algs: ["ES256"] });
    await keyring.start();
    const { kid } = keyring.signer.sign({}, TYP);
    await keyring.rotate("ES256");
    const before = (await eventTypes(bench)).length;
    expect(await keyring.compromise(kid, "old laptop")).toBe(true);
    expect(await keyring.compromise("constructor", "nonsense")).toBe(false);
    expect(await keyring.compromise("unknown", "nonsense")).toBe(false);
    expect((await eventTypes(bench)).slice(before)).toEqual(["SigningKeyCompromised"]);
  });

  it("records who rotated", async () => {
    const bench = await openBench();
    const keyring = await openKeyring(bench, { algs: ["ES256"] });
    await keyring.start();
    const { kid } = await keyring.rotate("ES256", { correlationId: "c-operator", actor: { kind: "operator", id: "ada" } });
    expect(keyring.signer.sign({}, TYP).kid).toBe(kid);
    const [last] = (await bench.store.readStream("keyring-local")).slice(-1);
    expect(JSON.parse(last?.body ?? "{}")).toMatchObject({ meta: { correlationId: "c-operator", actor: { kind: "operator", id: "ada" } } });
  });

  it("makes new keys when the folder was lost, and still verifies what the old ones signed", async () => {
    const bench = await openBench();
    const before = await openKeyring(bench);
    await before.start();
    const old = before.signer.sign({ n: 1 }, TYP);
    const after = await openKeyring(bench, { keysDir: join(bench.dir, "new-keys") });
    await after.start();
    expect(after.signer.sign({}, TYP).kid).not.toBe(old.kid);
    expect(after.signer.verify(old.jwt)?.payload).toEqual({ n: 1 });
  });

  it("a follower learns of a key when it refreshes, or by itself from a token that names it", async () => {
    const bench = await openBench();
    const [leader, follower] = [await openKeyring(bench), await openKeyring(bench)];
    await leader.start();
    await follower.refresh();
    expect(follower.signer.algs()).toEqual(["ES256", "EdDSA"]);
    await leader.rotate("ES256");
    const { jwt, kid } = leader.signer.sign({ n: 1 }, TYP);
    expect(follower.signer.verify(jwt)).toBeUndefined();
    await expect.poll(() => follower.signer.trusted(kid)).toBe(true);
    expect(follower.signer.verify(jwt)?.payload).toEqual({ n: 1 });
  });

  it("tells what went wrong in work nobody waits for", async () => {
    const bench = await openBench();
    const errors: unknown[] = [];
    const leader = await openKeyring(bench);
    await leader.start();
    const follower = await openKeyring(bench, {
      onError: (error) => errors.push(error),
      keyring: {
        load: () => Promise.reject(new Error("store gone")),
        loadCached: () => undefined,
        cachedReads: () => () => undefined,
        execute: () => Promise.reject(new Error("store gone")),
        stream: (id) => `keyring-${id}`,
      },
    });
    follower.signer.verify(leader.signer.sign({}, TYP).jwt);
    await expect.poll(() => errors.map(String)).toEqual(["Error: store gone"]);
    await expect(follower.tick()).rejects.toThrow("store gone");
  });

  it("says so when it is asked to sign before it has a key", async () => {
    const keyring = await openKeyring(await openBench());
    expect(() => keyring.signer.sign({}, TYP)).toThrow(/no active signing key for ES256, EdDSA: start the keyring service first/);
    expect(keyring.signer.jwks()).toEqual({ keys: [] });
  });

  it("does not rotate again within the same period", async () => {
    const bench = await openBench();
    const keyring = await openKeyring(bench, { algs: ["ES256"] });
    await keyring.start();
    const before = await eventTypes(bench);
    bench.clock.at += 28 * DAY;
    await keyring.tick();
    await keyring.tick();
    expect(await eventTypes(bench)).toEqual(before);
  });
});
