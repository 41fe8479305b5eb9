import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OAuthError } from "../errors/index.ts";
import { EVERYBODY, META, openWorld, type World } from "../testing/world.ts";
import { findResource, parseResourceUris, permittedFor, personAdmits, principalOf, scopeCeiling } from "./index.ts";

// Real: event store, keys, deciders.
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe("resource parameters", () => {
  it("are absolute, without fragment, at most 10", () => {
    expect(parseResourceUris(["https://a.example.com/mcp", "https://a.example.com/mcp", "urn:x:y"])).toEqual([
      "https://a.example.com/mcp",
      "urn:x:y",
    ]);
    for (const uri of [
      "mcp",
      "/mcp",
      "//a.example.com",
      "https://a.example.com/#",
      "https://a.example.com/mcp#x",
      `https://a.example.com/${"x".repeat(2048)}`,
    ]) {
      expect(() => parseResourceUris([uri])).toThrow(
        expect.objectContaining({ code: "invalid_target", reason: "resource-malformed" }) as OAuthError,
      );
    }
    expect(() => parseResourceUris(Array.from({ length: 11 }, (_, n) => `urn:x:${n}`))).toThrow(
      expect.objectContaining({ code: "invalid_target", reason: "resource-repeated" }) as OAuthError,
    );
  });
});

describe("finding a resource", () => {
  it("takes the twin with or without slash for a bare origin only", async () => {
    await world.registerResource("https://bare.example.com", []);
    await world.registerResource("https://slash.example.com/", []);
    await world.registerResource("https://path.example.com/mcp", []);
    const uriOf = async (uri: string) => (await findResource(world.context, uri))?.uri;
    expect(await uriOf("https://bare.example.com")).toBe("https://bare.example.com");
    expect(await uriOf("https://bare.example.com/")).toBe("https://bare.example.com");
    expect(await uriOf("https://slash.example.com")).toBe("https://slash.example.com/");
    expect(await uriOf("https://path.example.com/mcp")).toBe("https://path.example.com/mcp");
    for (const other of [
      "https://path.example.com/mcp/",
      "https://path.example.com",
      "https://PATH.example.com/mcp",
      "https://bare.example.com//",
      "https://bare.example.com/?",
      "https://bare.example.com:443",
    ]) {
      expect(await uriOf(other)).toBeUndefined();
    }
  });

  it("does not find a removed one", async () => {
    const id = await world.registerResource("https://removed.example.com/mcp", []);
    await world.context.resources.execute(id, { kind: "remove", now: 1 }, META);
    expect(await findResource(world.context, "https://removed.example.com/mcp")).toBeUndefined();
  });
});

describe("what a client may have for itself", () => {
  async function permitted(
    settings: Parameters<World["registerClient"]>[2],
    metadata: Parameters<World["registerClient"]>[1],
    requested?: readonly string[],
  ) {
    const uri = `https://r${Math.random()}.example.com/mcp`;
    const id = `c-${Math.random().toString(36).slice(2)}`;
    await world.registerResource(uri, [
      { name: "a", description: "A", default: true },
      { name: "b", description: "B" },
    ]);
    await world.registerClient(id, metadata, settings);
    const resource = await findResource(world.context, uri);
    const client = await world.context.directory.find(id);
    if (resource === undefined) throw new Error("no resource");
    return { scopes: await permittedFor(world.context, { client, resource, requested }), client, resource };
  }

  it("is the default scopes, or those it asks for that policy gives", async () => {
    expect((await permitted({}, {})).scopes).toEqual(["a"]);
    expect((await permitted({}, {}, ["b", "nope"])).scopes).toEqual(["b"]);
  });

  it("stays under the operator's ceiling, and is the ceiling where no default is left", async () => {
    expect((await permitted({ settings: { allowedScopes: ["a"] } }, {}, ["a", "b"])).scopes).toEqual(["a"]);
    expect((await permitted({ settings: { allowedScopes: ["b"] } }, {})).scopes).toEqual(["b"]);
    expect((await permitted({}, { scope: "b" }, ["a", "b"])).scopes).toEqual(["b"]);
    expect((await permitted({ settings: { allowedScopes: [] } }, {})).scopes).toEqual([]);
  });

  it("is not limited by what an unvetted client wrote about itself, so that it can step up", async () => {
    const { scopes, client } = await permitted({ how: "dcr" }, { scope: "a" }, ["a", "b"]);
    expect(scopes).toEqual(["a", "b"]);
    expect(scopeCeiling(client)).toBeUndefined();
  });

  it("is nothing at a resource it is not allowed", async () => {
    const { scopes, client, resource } = await permitted({ settings: { allowedResources: ["other"] } }, {}, ["a"]);
    expect(scopes).toEqual([]);
    expect(await personAdmits(world.context, { client, resource, subject: "x" })).toBe(false);
  });

  it("acts as a service unless the operator says agent, and needs no unsealing", async () => {
    const { client, resource } = await permitted({ settings: { entity: "agent" } }, {});
    expect(await principalOf(world.context, { client, resource })).toEqual({
      entity: "agent",
      verification: "operator",
      groups: [],
      claims: {},
      operator: false,
    });
    const service = await permitted({}, {});
    expect(await principalOf(world.context, service)).toMatchObject({ entity: "service" });
  });

  it("is nothing for a person who is not active", async () => {
    const { client, resource } = await permitted({}, {});
    expect(await permittedFor(world.context, { client, resource, subject: "nobody", requested: ["a"] })).toEqual([]);
    expect(await personAdmits(world.context, { client, resource, subject: "nobody" })).toBe(false);
    await world.context.subjects.execute("p", { kind: "see", now: 1, subject: "p", claims: "", groups: ["g"], changed: true }, META);
    expect(await principalOf(world.context, { client, resource, subject: "p" })).toMatchObject({
      entity: "human",
      subject: "p",
      groups: ["g"],
    });
    expect(await permittedFor(world.context, { client, resource, subject: "p", requested: ["a"] })).toEqual(["a"]);
  });

  it("sees no claims of a person whose key was destroyed", async () => {
    await world.registerResource("https://claims.example.com/mcp", [{ name: "a", description: "A" }], {
      rules: [{ ...EVERYBODY.rules[0], subjects: { claim: { name: "team", values: ["x"] } } } as never],
    });
    const resource = await findResource(world.context, "https://claims.example.com/mcp");
    const { client } = await permitted({}, {});
    if (resource === undefined) throw new Error("no resource");
    const claims = await world.context.subjectKeys.seal("q", "claims", JSON.stringify({ team: "x" }));
    await world.context.subjects.execute("q", { kind: "see", now: 1, subject: "q", claims, groups: [], changed: true }, META);
    expect(await permittedFor(world.context, { client, resource, subject: "q" })).toEqual(["a"]);
    await world.context.subjects.execute(
      "odd",
      {
        kind: "see",
        now: 1,
        subject: "odd",
        claims: await world.context.subjectKeys.seal("odd", "claims", '"text"'),
        groups: [],
        changed: true,
      },
      META,
    );
    expect(await permittedFor(world.context, { client, resource, subject: "odd" })).toEqual([]);
    await world.context.subjectKeys.destroy("q");
    expect(await permittedFor(world.context, { client, resource, subject: "q" })).toEqual([]);
  });
});
