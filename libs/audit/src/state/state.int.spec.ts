// Real: SQLite event store, stream runtime, every decider. Fake: the clock.
import { afterEach, describe, expect, it } from "vitest";
import { resourceStreamId } from "@grantline/oauth/context";
import { access } from "@grantline/domain/testing";
import { openStateWorld, START, URIS, type StateWorld } from "../fixtures/state-world.ts";
import { diffOf } from "./diff.ts";
import { momentNow, momentOf } from "./moment.ts";
import { foldState, type StateQuery } from "./state-at.ts";
import { viewOf } from "./view.ts";

let world: StateWorld;
afterEach(() => world.close());

async function twoPeople() {
  world = await openStateWorld();
  const { does, clock } = world;
  await does.client("app");
  for (const uri of URIS) await does.resource(uri);
  for (const who of ["ada", "bob"]) await does.subject(who);
  clock.time += 60;
  await does.grant("ga", "ada", "app", URIS[0]);
  await does.redeem("ga");
  await does.grant("gb", "bob", "app", URIS[1]);
  await does.redeem("gb");
}

const at = async (moment: string, query: StateQuery = {}, ended = false) =>
  viewOf(await foldState(world.log.store, await momentOf(world.log.store, moment), query), { ended });

describe("the state at a moment", () => {
  it("says who could call a server, on whose consent, and by which events", async () => {
    await twoPeople();
    const { access: found } = await at("2026-03-01T00:10:00Z", { resource: URIS[0] });

    const events = await world.log.all();
    const positionOf = (stream: string, type: string) => events.find((each) => each.stream === stream && each.type === type)?.position;
    expect(found).toMatchObject([
      {
        kind: "grant",
        id: "ga",
        subject: "ada",
        client: { id: "app", name: "App" },
        resources: [{ uri: URIS[0], scopes: ["read"] }],
        since: "2026-03-01T00:01:00.000Z",
        could: true,
        consent: { stream: "consent-ada-app", revision: 0, position: positionOf("consent-ada-app", "ConsentGranted") },
      },
    ]);
    expect(found[0]?.because.map(({ type, position }) => [type, position])).toEqual([
      ["ConsentGranted", positionOf("consent-ada-app", "ConsentGranted")],
      ["GrantAuthorized", positionOf("grant-ga", "GrantAuthorized")],
      ["CodeRedeemed", positionOf("grant-ga", "CodeRedeemed")],
    ]);
  });

  it("is empty before anything, and knows what is over and why", async () => {
    await twoPeople();
    const { does, clock } = world;
    expect(await at("2026-02-01")).toMatchObject({ position: "0", access: [], clients: [] });
    const reasons: [() => Promise<unknown>, string, string][] = [
      [() => does.withdraw("ada", "app"), "consent-withdrawn", "ConsentWithdrawn"],
      [() => does.disable("bob"), "subject-barred", "SubjectDisabled"],
    ];
    for (const [act, why, type] of reasons) {
      clock.time += 60;
      await act();
      const last = (await world.log.all()).at(-1);
      const lost = (await at(last?.position ?? "", {}, true)).access.filter((entry) => entry.why === why);
      expect(lost).toHaveLength(1);
      expect(lost[0]?.because.at(-1)).toMatchObject({ type, position: last?.position });
    }
    expect((await at(new Date((clock.time + 60) * 1_000).toISOString())).access).toEqual([]);
  });

  it("counts an end that was reached though no event says so", async () => {
    await twoPeople();
    expect((await at("2026-03-01T02:00:59Z")).access).toHaveLength(2);
    expect((await at("2026-03-01T02:01:00Z")).access).toEqual([]);
    expect((await at("2026-03-01T02:01:00Z", {}, true)).access.map(({ why }) => why)).toEqual(["expired", "expired"]);
  });

  it("shows of an erased person that they were, and nothing else", async () => {
    await twoPeople();
    await world.does.erase("ada");
    const view = await at((await world.log.all()).at(-1)?.position ?? "", { subject: "ada" }, true);
    expect(view.subjects).toEqual([{ id: "ada", status: "erased", generation: 1 }]);
    expect(view.access).toMatchObject([{ id: "ga", could: false, why: "subject-barred" }]);
    expect(JSON.stringify(view)).not.toContain("sealed");
  });

  it("has the tokens of machines too, until they end or are revoked", async () => {
    world = await openStateWorld();
    const { log, does } = world;
    await does.client("robot");
    const token = (jti: string, exp: number) => ({
      type: "AccessTokenIssued",
      data: {
        clientId: "robot",
        sub: "robot",
        entity: "service",
        grantType: "client_credentials",
        access: { ...access(0), jti, exp, aud: URIS[0], resource: resourceStreamId(URIS[0]) },
        generations: { client: 0 },
      },
    });
    await log.append("issuance-w-2026030100", "2026-03-01T00:00:10.000Z", [
      token("j1", START + 900),
      token("j2", START + 900),
      token("j3", START + 60),
    ]);
    await log.append("token-j2", "2026-03-01T00:00:20.000Z", [
      { type: "AccessTokenRevoked", data: { jti: "j2", clientId: "robot", exp: START + 900, reason: "x" } },
    ]);
    const ids = async (moment: string) => (await at(moment, { resource: URIS[0] })).access.map(({ id }) => id);
    expect(await ids("2026-03-01T00:00:15Z")).toEqual(["j1", "j2", "j3"]);
    expect(await ids("2026-03-01T00:00:30Z")).toEqual(["j1", "j3"]);
    expect(await ids("2026-03-01T00:05:00Z")).toEqual(["j1"]);
    await does.suspend("robot");
    expect(await ids("2026-03-01T00:05:00Z")).toEqual([]);
  });

  it("is asked for by what there is", async () => {
    await twoPeople();
    await expect(momentOf(world.log.store, "999999")).rejects.toThrow("ends at");
    await expect(momentOf(world.log.store, "tomorrow")).rejects.toThrow("at: ");
    expect((await momentNow(world.log.store, START)).time).toBe("2026-03-01T00:00:00.000Z");
  });
});

describe("the difference of two moments", () => {
  it("says what came, what went, and by which events", async () => {
    await twoPeople();
    const middle = (await world.log.all()).at(-1)?.position ?? "";
    world.clock.time += 60;
    await world.does.grant("gc", "bob", "app", URIS[0]);
    await world.does.suspend("app");
    await world.does.reinstate("app");
    await world.does.grant("gd", "bob", "app", URIS[0]);
    const end = (await world.log.all()).at(-1)?.position ?? "";
    const diff = diffOf(await at(middle, {}, true), await at(end, {}, true));
    expect(diff.access.added.map(({ id }) => id)).toEqual(["gd"]);
    expect(diff.access.removed.map(({ id, why }) => [id, why])).toEqual([
      ["ga", "client-revoked"],
      ["gb", "client-revoked"],
    ]);
    expect(diff.access.removed[0]?.because.at(-1)).toMatchObject({ type: "ClientSuspended" });
    expect(diff.clients).toMatchObject({ added: [], removed: [], changed: [{ before: { generation: 0 }, after: { generation: 1 } }] });
    expect(diffOf(await at(end, {}, true), await at(end, {}, true)).access).toEqual({ added: [], removed: [], changed: [] });
  });
});
