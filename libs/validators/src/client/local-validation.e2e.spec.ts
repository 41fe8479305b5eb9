// Real: the whole server over HTTP, its store and clock, jose, a TCP proxy that can be cut. Fake: nothing.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeProtectedHeader } from "jose";
import { claimsOf, startValidatorWorld, type ValidatorWorld } from "../testing/world.ts";
import { cuttable, type Cuttable } from "../testing/cuttable.ts";
import { createIntrospector, createLocalValidator, type Introspect, type RevocationFollower, ValidatorUnavailable } from "./index.ts";

let world: ValidatorWorld;
let line: Cuttable;
beforeAll(async () => {
  world = await startValidatorWorld();
  line = await cuttable(world.platform.origin);
});
afterAll(async () => {
  await world.close();
  await line.close();
});

/** A validator of notes that listens and can see, the clock a second on: what is issued from now on it knows. */
async function listening(more: { readonly url?: string; readonly introspect?: Introspect } = {}) {
  const { notes, platform } = world;
  const follower = world.follow(notes, more.url === undefined ? {} : { url: more.url });
  let asked = 0;
  const real = createIntrospector({ url: `${platform.issuer}/introspect`, clientId: notes.client_id, clientSecret: notes.client_secret });
  const introspect: Introspect = (token) => {
    asked += 1;
    return (more.introspect ?? real)(token);
  };
  const validator = createLocalValidator({
    issuer: platform.issuer,
    resource: notes.uri,
    jwks: `${platform.issuer}/jwks`,
    follower,
    introspect,
  });
  await knowing(follower);
  return { follower, validator, asked: () => asked };
}

async function knowing(follower: RevocationFollower): Promise<void> {
  await expect.poll(() => !follower.blind() && follower.knows({ iat: Math.floor(Date.now() / 1000) })).toBe(true);
}

describe("a validator on the feed", () => {
  it("judges a token without asking, and refuses it within a second of its revocation", async () => {
    const { validator, asked } = await listening();
    const token = await world.token(world.notes);
    // one that heard nothing for a second, as when this machine stood still, asks; it judges by itself again when it has heard
    const alone = async () => {
      const before = asked();
      return { ...(await validator.validate(token)), asked: asked() - before };
    };
    await expect.poll(alone).toMatchObject({ active: true, by: "local", asked: 0, claims: { client_id: world.machine.client_id } });
    await world.revoke(token, world.machine.client_id, world.machine.client_secret);
    await expect.poll(alone, { interval: 20 }).toMatchObject({ active: false, by: "local", asked: 0 });
  });

  it("knows every other way a person's token dies", async () => {
    const { validator } = await listening();
    const { admin, context } = world.platform;
    const meta = { correlationId: "test", actor: { kind: "operator" as const, id: "test" } };
    type Claims = Readonly<Record<string, string>>;
    const ways: Record<string, (claims: Claims, kid: string) => Promise<unknown>> = {
      grant: ({ gid }) => admin.call("DELETE", `/grants/${gid}`),
      consent: ({ sub, client_id }) => admin.call("DELETE", `/subjects/${sub}/consents/${client_id}`),
      client: ({ client_id }) => admin.call("POST", `/clients/${client_id}/suspend`, { reason: "x" }),
      resource: () => admin.call("POST", `/resources/${world.notes.resource_id}/revoke-all`, { reason: "x" }),
      session: ({ sub = "", sid = "" }) =>
        context.subjects.execute(sub, { kind: "end-session", now: context.clock.now(), sessionId: sid, reason: "logout" }, meta),
      subject: ({ sub }) => admin.call("POST", `/subjects/${sub}/revoke-all`, { reason: "x" }),
      key: (_claims, kid) => admin.call("POST", `/keys/${kid}/compromise`, { reason: "leaked" }),
    };
    for (const [way, die] of Object.entries(ways)) {
      const { access } = await world.personToken(world.notes, "read");
      await expect.poll(async () => [way, await validator.validate(access)]).toMatchObject([way, { active: true, by: "local" }]);
      await die(claimsOf(access) as Claims, decodeProtectedHeader(access).kid ?? "");
      await expect.poll(async () => [way, await validator.validate(access)]).toEqual([way, { active: false, by: "local" }]);
    }
  });

  it("asks about a token that is older than its own listening", async () => {
    const old = await world.token(world.notes);
    const { validator, asked } = await listening();
    expect(await validator.validate(old)).toMatchObject({ active: true, by: "introspection" });
    expect(asked()).toBe(1);
  });

  it("refuses what is for another resource, altered or no token, without asking", async () => {
    const { validator } = await listening();
    const [header, payload, signature] = (await world.token(world.notes)).split(".") as [string, string, string];
    const forged = `${header}.${Buffer.from(JSON.stringify({ ...claimsOf(`.${payload}`), scope: "write" })).toString("base64url")}.${signature}`;
    for (const token of [await world.token(world.mail), forged])
      await expect.poll(() => validator.validate(token)).toEqual({ active: false, by: "local" });
    expect(await validator.validate("nonsense")).toEqual({ active: false, by: "introspection" });
  });
});

describe("a validator that hears nothing", () => {
  it("is blind within a second and asks introspection, then sees again and has missed nothing", async () => {
    const { follower, validator } = await listening({ url: line.through(world.feedUrl) });
    const [token, other] = [await world.token(world.notes), await world.token(world.notes)];
    line.cut();
    await expect.poll(() => follower.blind()).toBe(true);
    expect(await validator.validate(token)).toMatchObject({ active: true, by: "introspection" });
    await world.revoke(token, world.machine.client_id, world.machine.client_secret);
    expect(await validator.validate(token)).toEqual({ active: false, by: "introspection" });
    line.mend();
    await expect.poll(() => follower.blind()).toBe(false);
    await expect.poll(() => validator.validate(token)).toEqual({ active: false, by: "local" });
    await expect.poll(() => validator.validate(other)).toMatchObject({ active: true, by: "local" });
  });

  it("and gets no answer from introspection either vouches for nothing, but still knows what it was told", async () => {
    const { follower, validator } = await listening({
      url: line.through(world.feedUrl),
      introspect: () => Promise.reject(new Error("connection refused")),
    });
    const [dead, living] = [await world.token(world.notes), await world.token(world.notes)];
    await world.revoke(dead, world.machine.client_id, world.machine.client_secret);
    await expect.poll(async () => (await validator.validate(dead)).active).toBe(false);
    line.cut();
    await expect.poll(() => follower.blind()).toBe(true);
    await expect(validator.validate(living)).rejects.toBeInstanceOf(ValidatorUnavailable);
    expect(await validator.validate(dead)).toEqual({ active: false, by: "local" });
    line.mend();
  });

  it("is told why it can't follow, and keeps trying", async () => {
    const troubles: unknown[] = [];
    const follower = world.follow(world.notes, {
      credentials: { clientId: world.notes.client_id, clientSecret: "wrong" },
      onTrouble: (error) => void troubles.push(error),
    });
    await expect.poll(() => troubles.length).toBeGreaterThan(1);
    expect(String(troubles[0])).toContain("401");
    expect(follower.blind()).toBe(true);
    await follower.close();
    const after = troubles.length;
    await pause(300);
    expect(troubles).toHaveLength(after);
  });
});
