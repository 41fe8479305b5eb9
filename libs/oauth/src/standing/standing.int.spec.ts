import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { META, openWorld, type World } from "../testing/world.ts";
import { consentStreamId } from "../context/index.ts";
import { currentStanding } from "./index.ts";

// Real: event store, deciders.
let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.registerClient("app");
});
afterAll(() => world.close());

describe("the current standing", () => {
  it("of a client, a person and resources nothing happened to is active at generation 0", async () => {
    const id = await world.registerResource("https://a.example.com/mcp", []);
    await world.context.subjects.execute("p1", { kind: "see", now: 1, subject: "p1", claims: "", groups: [], changed: true }, META);
    expect(await currentStanding(world.context, { clientId: "app", subject: "p1", resourceIds: [id, "unknown"], sessionId: "s" })).toEqual({
      generations: { client: 0, subject: 0, consent: 0, resources: { [id]: 0, unknown: 0 } },
      clientActive: true,
      subjectActive: true,
      sessionActive: true,
    });
  });

  it("shows every generation that was raised", async () => {
    const id = await world.registerResource("https://b.example.com/mcp", []);
    await world.context.resources.execute(id, { kind: "revoke-all", now: 1, reason: "x" }, META);
    await world.context.subjects.execute("p2", { kind: "see", now: 1, subject: "p2", claims: "", groups: [], changed: true }, META);
    await world.context.subjects.execute("p2", { kind: "revoke-all", now: 1, reason: "x" }, META);
    const consent = consentStreamId("p2", "app");
    await world.context.consents.execute(
      consent,
      { kind: "grant", now: 1, subject: "p2", clientId: "app", scopes: { [id]: ["a"] }, remember: true },
      META,
    );
    await world.context.consents.execute(consent, { kind: "withdraw", now: 1 }, META);
    await world.context.clients.execute("app", { kind: "revoke-all", now: 1, reason: "x" }, META);
    const { generations } = await currentStanding(world.context, { clientId: "app", subject: "p2", resourceIds: [id] });
    expect(generations).toEqual({ client: 1, subject: 1, consent: 1, resources: { [id]: 1 } });
  });

  it("of an unknown client is none, of a document client before its first grant active", async () => {
    expect((await currentStanding(world.context, { clientId: "nobody", resourceIds: [] })).clientActive).toBe(false);
    expect((await currentStanding(world.context, { clientId: "https://app.example.com/c.json", resourceIds: [] })).clientActive).toBe(true);
    await world.context.clients.execute("app", { kind: "suspend", now: 1, reason: "x" }, META);
    expect((await currentStanding(world.context, { clientId: "app", resourceIds: [] })).clientActive).toBe(false);
  });
});
