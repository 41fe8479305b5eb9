// Real: the whole Grantline server, its store and how it judges tokens. Fake: whether the store can be asked.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { StreamParked } from "@grantline/event-store";
import { findAccessToken, type TokenSources } from "@grantline/oauth/tokens";
import { postForm } from "@grantline/testing";
import { startGatewayWorld, type Behind, type GatewayWorld } from "../testing/world.ts";
import { createTokenWatch, type StreamEnd, type TokenWatch } from "./token-watch.ts";

let world: GatewayWorld;
let behind: Behind;
let watch: TokenWatch;
let away = false;
beforeAll(async () => {
  world = await startGatewayWorld();
  behind = await world.add("watched", { url: "http://127.0.0.1:1/mcp" });
});
afterEach(() => {
  watch.close();
  away = false;
});
afterAll(() => world.close());

const watching = (patienceMs?: number, context: TokenSources = world.platform.context): TokenWatch =>
  createTokenWatch({
    context,
    upToDate: () => (away ? Promise.reject(new Error("away")) : Promise.resolve()),
    everyMs: 10,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
const ended = (token: string, exp = Number.MAX_SAFE_INTEGER): Promise<StreamEnd> =>
  new Promise((resolve) => void watch.watch(token, exp, resolve));

describe("the watch over tokens of open streams", () => {
  it("tells of a revocation, and only those whom it concerns", async () => {
    watch = watching();
    const [one, other] = [await world.person(behind), await world.person(behind)];
    let others: StreamEnd | undefined;
    watch.watch(other.access, Number.MAX_SAFE_INTEGER, (why) => (others = why));
    const over = ended(one.access);
    await postForm(`${world.platform.issuer}/revoke`, { token: one.access, client_id: one.clientId });
    expect(await over).toBe("revoked");
    expect([others, watch.size()]).toEqual([undefined, 1]);
  });

  it("tells of the end of a token's life", async () => {
    watch = watching();
    const { access } = await world.person(behind);
    expect(await ended(access, 1)).toBe("expired");
  });

  it("does not guess: a stream nobody can vouch for is over after a while, and none before (P7)", async () => {
    watch = watching(50);
    const { access } = await world.person(behind);
    away = true;
    expect(await ended(access)).toBe("unknown");
  });

  it.each<[string, () => Promise<never>, StreamEnd]>([
    ["can't be judged", () => Promise.reject(new Error("no")), "unknown"],
    ["is never judged", () => new Promise(() => undefined), "unknown"],
    ["rests on a stream this release can't read (P11)", () => Promise.reject(new StreamParked("grant-1", 3, "GrantMoved")), "revoked"],
  ])("ends only the streams of a token that %s, and others go on", async (_how, load, why) => {
    const [one, other] = [await world.person(behind), await world.person(behind)];
    const { context } = world.platform;
    const troubled = await findAccessToken(context, one.access);
    const grants = {
      ...context.grants,
      load: (id: string, options?: object) => (id === troubled?.grantId ? load() : context.grants.load(id, options)),
    };
    watch = watching(400, { ...context, grants });
    let others: StreamEnd | undefined;
    watch.watch(other.access, Number.MAX_SAFE_INTEGER, (reason) => (others = reason));
    expect(await ended(one.access)).toBe(why);
    // one that begins later and lives as long: were the other's trouble anybody else's, this would have ended it
    expect(await ended(one.access)).toBe(why);
    expect([others, watch.size()]).toEqual([undefined, 1]);
    const over = new Promise((resolve) => void watch.watch(other.access, Number.MAX_SAFE_INTEGER, resolve));
    await postForm(`${world.platform.issuer}/revoke`, { token: other.access, client_id: other.clientId });
    expect(await over).toBe("revoked");
  });

  it("forgets a stream that has ended by itself", async () => {
    watch = watching();
    const { access } = await world.person(behind);
    const release = watch.watch(access, Number.MAX_SAFE_INTEGER, () => undefined);
    expect(watch.size()).toBe(1);
    release();
    expect(watch.size()).toBe(0);
  });
});
