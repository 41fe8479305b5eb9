// Real: SQLite event store, stream runtime, deciders. Given: the documents behind client_ids that are URLs, the clock.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientStreamId } from "../context/index.ts";
import { parseDocument, type ClientDocuments } from "../client-metadata-document/index.ts";
import { OAuthError } from "../errors/index.ts";
import { aClient, eventsOf, META, openWorld, type World } from "../testing/world.ts";
import { OutboundError } from "../outbound/index.ts";
import { createClientDirectory, registerOnFirstGrant } from "./index.ts";

let world: World;
let name = "Agent";
let failure: Error | undefined;
const documents: ClientDocuments = {
  get: async (clientId) => {
    if (failure !== undefined) throw failure;
    return parseDocument(clientId, JSON.stringify({ client_id: clientId, client_name: name, redirect_uris: ["http://localhost/cb"] }), {
      redirectSchemes: [],
      allowInsecureLoopback: false,
    });
  },
};
const away = new OAuthError("invalid_client", "document-fetch-failed", "away", {
  cause: new OutboundError("status", "503", { temporary: true }),
});
const gone = new OAuthError("invalid_client", "document-fetch-failed", "gone", { cause: new OutboundError("status", "404") });

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const directory = (enabled = true) =>
  createClientDirectory({
    clients: world.context.clients,
    clock: world.clock,
    settings: { cimd: { enabled, allowInsecureLoopback: false } },
    documents,
  });
const outcome = async (clientId: string, from = directory()): Promise<unknown> =>
  from.find(clientId).then(
    () => "found",
    (error: OAuthError) => error.reason,
  );
const command = (clientId: string, kind: "suspend" | "reinstate" | "delete", reason: "admin" | "unused" = "admin") =>
  world.context.clients.execute(clientStreamId(clientId), { kind, now: world.clock.now(), reason } as never, META);

describe("a registered client", () => {
  it("is found by its client_id", async () => {
    await aClient(world, "app");
    const view = await directory().find("app");
    expect(view).toMatchObject({ clientId: "app", streamId: "app", state: { status: "active", how: "admin" } });
    expect(await registerOnFirstGrant(world.context, view, META)).toBe(view);
  });

  it("that nobody registered is unknown", async () => {
    expect(await outcome("nobody")).toBe("client-unknown");
    expect(await outcome("")).toBe("client-unknown");
  });

  it("that is suspended, deleted or expired is told which (A-04)", async () => {
    for (const id of ["barred", "removed"]) await aClient(world, id);
    await command("barred", "suspend");
    expect(await outcome("barred")).toBe("client-suspended");
    await command("barred", "reinstate");
    expect(await outcome("barred")).toBe("found");
    await command("removed", "delete");
    expect(await outcome("removed")).toBe("client-deleted");
    const { state } = await world.context.clients.load("app");
    if (state.status !== "active") throw new Error("app is gone");
    await world.context.clients.execute(
      "stale",
      {
        kind: "register",
        now: world.clock.now(),
        event: {
          clientId: "stale",
          how: "dcr",
          metadata: state.metadata,
          settings: {},
          documentHash: "x",
          unusedExpiresAt: world.clock.now(),
        },
      },
      META,
    );
    await command("stale", "delete", "unused");
    await expect(directory().find("stale")).rejects.toMatchObject({
      code: "invalid_client",
      status: 401,
      reason: "client-expired",
      description: expect.stringContaining("register again") as string,
    });
  });
});

describe("a client with a metadata document", () => {
  const id = "https://client.example/metadata.json";

  it("is known by its document, and leaves no trace before its first grant (P13)", async () => {
    const view = await directory().find(id);
    expect(view).toMatchObject({
      clientId: id,
      streamId: clientStreamId(id),
      state: { how: "cimd", verification: "cimd", generation: 0, metadata: { client_name: "Agent" } },
    });
    expect(view.documentHash).toMatch(/^[\w-]{43}$/);
    expect(await eventsOf(world, `client-${view.streamId}`)).toEqual([]);
  });

  it("gets its stream with its first grant, once, however many come at the same time", async () => {
    const view = await directory().find(id);
    const views = await Promise.all(Array.from({ length: 10 }, () => registerOnFirstGrant(world.context, view, META)));
    expect(views.every(({ state }) => state.status === "active" && state.metadata.client_name === "Agent")).toBe(true);
    expect(await eventsOf(world, `client-${view.streamId}`)).toEqual(["ClientRegistered"]);
    await registerOnFirstGrant(world.context, await directory().find(id), META);
    expect(await eventsOf(world, `client-${view.streamId}`)).toEqual(["ClientRegistered"]);
  });

  it("is what its document says today; the change is recorded with the next grant", async () => {
    name = "Agent 2";
    const view = await directory().find(id);
    expect(view.state.metadata.client_name).toBe("Agent 2");
    expect((await registerOnFirstGrant(world.context, view, META)).state.metadata.client_name).toBe("Agent 2");
    expect(await eventsOf(world, `client-${view.streamId}`)).toEqual(["ClientRegistered", "ClientUpdated"]);
  });

  it("goes on as last known while its host is away, and no longer once the document is gone", async () => {
    failure = away;
    expect((await directory().find(id)).state.metadata.client_name).toBe("Agent 2");
    expect(await outcome("https://client.example/unknown.json")).toBe("document-fetch-failed");
    failure = gone;
    expect(await outcome(id)).toBe("document-fetch-failed");
    failure = new Error("a bug");
    await expect(directory().find(id)).rejects.toThrow("a bug");
    failure = undefined;
  });

  it("is not found under the name of its stream", async () => {
    expect(await outcome(clientStreamId(id))).toBe("client-unknown");
  });

  it("is refused once suspended or deleted, whatever its document says", async () => {
    const view = await directory().find(id);
    await command(id, "suspend");
    expect(await outcome(id)).toBe("client-suspended");
    await expect(registerOnFirstGrant(world.context, view, META)).rejects.toMatchObject({ reason: "client-suspended" });
    await command(id, "delete");
    expect(await outcome(id)).toBe("client-deleted");
    await expect(registerOnFirstGrant(world.context, view, META)).rejects.toMatchObject({ reason: "client-deleted" });
  });

  it("is unknown where such documents are not accepted", async () => {
    const other = "https://client.example/other.json";
    expect(await outcome(other, directory(false))).toBe("client-unknown");
    expect(
      await outcome(
        other,
        createClientDirectory({
          clients: world.context.clients,
          clock: world.clock,
          settings: { cimd: { enabled: true, allowInsecureLoopback: false } },
        }),
      ),
    ).toBe("client-unknown");
    expect(await outcome("http://client.example/other.json", directory(false))).toBe("client-unknown");
  });
});
