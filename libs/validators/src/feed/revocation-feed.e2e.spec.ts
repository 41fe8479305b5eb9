// Real: the whole server over HTTP, its store, its clock; followers over HTTP. Fake: nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basic, postForm } from "@grantline/testing";
import type { FollowedRevocation } from "../client/index.ts";
import { createEventReader, type ServerSentEvent } from "../client/server-sent-events.ts";
import { claimsOf, startValidatorWorld, type ValidatorWorld } from "../testing/world.ts";

let world: ValidatorWorld;
beforeAll(async () => {
  world = await startValidatorWorld();
});
afterAll(() => world.close());

const own = (resource: { client_id: string; client_secret: string }) => ({
  authorization: basic(resource.client_id, resource.client_secret),
});
const feed = (query: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal) =>
  fetch(`${world.feedUrl}${query}`, { headers, ...(signal === undefined ? {} : { signal }) });
const ofNotes = (): string => `?resource=${encodeURIComponent(world.notes.uri)}`;

/** A line read by hand, until `enough`. */
async function read(response: Response, enough: (events: readonly ServerSentEvent[]) => boolean): Promise<readonly ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  const parse = createEventReader();
  for await (const piece of (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new TextDecoderStream())) {
    events.push(...parse(piece));
    if (enough(events)) break;
  }
  return events;
}

/** What a follower of the resource hears, from when it can see. */
async function listening(resource: ValidatorWorld["notes"]) {
  const heard: FollowedRevocation[] = [];
  const follower = world.follow(resource, { onChange: (entry) => void heard.push(entry) });
  await expect.poll(() => follower.blind()).toBe(false);
  return { follower, heard };
}

describe("a revocation", () => {
  it("of a token without a grant is told to its resource, and to no other", async () => {
    const [notes, mail] = [await listening(world.notes), await listening(world.mail)];
    const token = await world.token(world.notes);
    const other = await world.token(world.mail);
    await world.revoke(token, world.machine.client_id, world.machine.client_secret);
    await world.revoke(other, world.machine.client_id, world.machine.client_secret);
    await expect.poll(() => mail.heard.length).toBe(1);
    await expect.poll(() => notes.heard).toMatchObject([{ kind: "token", id: claimsOf(token)["jti"] }]);
    expect(mail.heard).toMatchObject([{ kind: "token", id: claimsOf(other)["jti"] }]);
  });

  it("of a person's grant, with its refresh token, is told to its resource, and to no other", async () => {
    const [notes, mail] = [await listening(world.notes), await listening(world.mail)];
    const { access, refresh, clientId } = await world.personToken(world.notes);
    await world.revoke(refresh, clientId);
    await expect.poll(() => notes.heard).toMatchObject([{ kind: "grant", id: claimsOf(access)["gid"] }]);
    await world.revoke(await world.token(world.mail), world.machine.client_id, world.machine.client_secret);
    await expect.poll(() => mail.heard.length).toBe(1);
    expect(mail.heard).toMatchObject([{ kind: "token" }]);
  });

  it("of one access token of a grant is told by its jti, and carries no reason", async () => {
    const { heard } = await listening(world.notes);
    const { access, clientId } = await world.personToken(world.notes);
    await world.revoke(access, clientId);
    await expect.poll(() => heard.length).toBe(1);
    expect(heard[0]).toEqual({ kind: "token", id: claimsOf(access)["jti"], position: expect.stringMatching(/^\d+$/) as string });
  });

  it("of everything of a client is told to all who may hold its tokens, with the generation", async () => {
    const [notes, mail] = [await listening(world.notes), await listening(world.mail)];
    const { client_id } = await world.platform.admin.machine();
    await world.platform.admin.raw("POST", `/clients/${client_id}/suspend`, { reason: "test" });
    for (const { heard } of [notes, mail]) await expect.poll(() => heard).toMatchObject([{ kind: "client", id: client_id, generation: 1 }]);
  });
});

describe("who may follow", () => {
  it("is a resource's own client, and no other, whether the resource exists or not (P14)", async () => {
    const strangers = [own(world.mail), own(world.machine)];
    for (const headers of strangers)
      for (const query of [ofNotes(), "?resource=https%3A%2F%2Fnowhere.example"]) {
        const refused = await feed(query, headers);
        expect([refused.status, await refused.json()]).toMatchObject([403, { error: "invalid_target" }]);
      }
  });

  it("is nobody without a proof, with a wrong one, or without a resource", async () => {
    expect((await feed(ofNotes(), {})).status).toBe(401);
    expect((await feed(ofNotes(), { authorization: basic(world.notes.client_id, "wrong") })).status).toBe(401);
    expect((await feed("", own(world.notes))).status).toBe(400);
  });

  it("is an admin, who follows everything", async () => {
    const gone = new AbortController();
    const response = await feed("", { authorization: `Bearer ${await world.platform.admin.token()}` }, gone.signal);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    gone.abort();
  });

  it("is nobody by a token for another resource, or by one a person stands behind", async () => {
    for (const token of [await world.token(world.notes), (await world.personToken(world.notes)).access])
      expect((await feed(ofNotes(), { authorization: `Bearer ${token}` })).status).toBe(403);
  });

  it("ends with the client: a suspended one is cut off, and refused when it comes back", async () => {
    const { client_id, client_secret } = await world.platform.admin.resource("https://third.example/mcp", ["read"]);
    const query = `?resource=${encodeURIComponent("https://third.example/mcp")}`;
    const response = await feed(query, own({ client_id, client_secret }));
    const all = read(response, () => false);
    await world.platform.admin.raw("POST", `/clients/${client_id}/suspend`, { reason: "test" });
    expect((await all).some(({ event, data }) => event === "revocation" && data.includes(client_id))).toBe(true);
    expect((await feed(query, own({ client_id, client_secret }))).status).toBe(401);
  });
});

describe("a line", () => {
  it("says at once and then at least every second how far everything has been told", async () => {
    const began = performance.now();
    const events = await read(await feed(ofNotes(), own(world.notes)), (seen) => seen.length >= 4);
    expect(performance.now() - began).toBeLessThan(20_000);
    for (const { event, data, id } of events) {
      const checkpoint = JSON.parse(data) as { position: string; at: number; behind_ms: number };
      expect([event, id]).toEqual(["checkpoint", checkpoint.position]);
      expect(Math.abs(checkpoint.at - Date.now() / 1000)).toBeLessThan(20);
      expect(checkpoint.behind_ms).toBeLessThan(20_000);
    }
  });

  it("begun again with its last position misses nothing of what came meanwhile", async () => {
    const [{ id = "" } = {}] = await read(await feed(ofNotes(), own(world.notes)), (seen) => seen.length > 0);
    const tokens = [await world.token(world.notes), await world.token(world.notes)];
    for (const token of tokens) await world.revoke(token, world.machine.client_id, world.machine.client_secret);
    const told = (events: readonly ServerSentEvent[]) =>
      events.filter(({ event }) => event === "revocation").map(({ data }) => (JSON.parse(data) as FollowedRevocation).id);
    const byHeader = await read(await feed(ofNotes(), { ...own(world.notes), "last-event-id": id }), (seen) => told(seen).length >= 2);
    const byQuery = await read(await feed(`${ofNotes()}&after=${id}`, own(world.notes)), (seen) => told(seen).length >= 2);
    for (const events of [byHeader, byQuery]) expect(told(events)).toEqual(tokens.map((token) => claimsOf(token)["jti"]));
  });

  it("from the beginning of the log has everything that was ever revoked", async () => {
    const [first] = await read(await feed(`${ofNotes()}&after=0`, own(world.notes)), (seen) => seen.length > 0);
    expect(first).toMatchObject({ event: "revocation" });
  });

  it("from a position this log never had is told to begin anew, and what is no position is refused", async () => {
    const [first] = await read(await feed(`${ofNotes()}&after=99999999999`, own(world.notes)), (seen) => seen.length > 0);
    expect(first?.event).toBe("reset");
    expect((await feed(`${ofNotes()}&after=x`, own(world.notes))).status).toBe(400);
  });

  it("is named in the metadata", async () => {
    const { origin, issuer } = world.platform;
    const response = await fetch(`${origin}/.well-known/oauth-authorization-server${new URL(issuer).pathname}`);
    expect(await response.json()).toMatchObject({ grantline_revocation_feed: world.feedUrl });
  });

  it("is not begun by asking about tokens: introspection goes on beside it", async () => {
    const token = await world.token(world.notes);
    const answer = await postForm(`${world.platform.issuer}/introspect`, { token }, own(world.notes));
    expect(await answer.json()).toMatchObject({ active: true });
  });
});
