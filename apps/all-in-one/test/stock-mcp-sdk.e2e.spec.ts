/*
 * Real: @modelcontextprotocol/sdk 1.32 as the client, the example MCP server, Grantline, HTTP between them, https for the metadata document.
 * Made: the clock, and the person, who is a browser without script.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { MetadataDocumentServer } from "./support/metadata-document-server.ts";
import { startNotesWorld, type NotesWorld } from "./support/notes-world.ts";
import { HOWS, publishDocument, type How } from "./support/registrations.ts";
import { SdkSession } from "./support/sdk-session.ts";

const ACCESS_TOKEN_LIFETIME = 300;

let world: NotesWorld;
let document: MetadataDocumentServer;
const open: SdkSession[] = [];

beforeAll(async () => {
  document = await publishDocument();
  world = await startNotesWorld({ GRANTLINE_LIFETIME_HUMAN_ACCESS_TOKEN: String(ACCESS_TOKEN_LIFETIME) });
});
afterEach(async () => {
  for (const session of open.splice(0)) await session.close();
});
afterAll(async () => {
  await world?.close();
  await document?.close();
});

async function start(how: How, grantTypes?: string[]): Promise<SdkSession> {
  const session = await SdkSession.start(world, how, document.url, grantTypes);
  open.push(session);
  return session;
}

describe.each(HOWS)("a client known by %s", (how) => {
  it("finds its way from nothing but the URL of the MCP server, and calls tools", async () => {
    const session = await start(how);
    expect(await session.connectsAtOnce()).toBe(false);
    const asked = Object.fromEntries(session.provider.authorizationUrl?.searchParams ?? []);
    expect(asked).toMatchObject({
      client_id: session.clientId,
      code_challenge_method: "S256",
      resource: world.resource,
      scope: "notes:read",
    });

    await session.decide();
    expect(await session.connectsAtOnce()).toBe(true);
    expect((await session.client.listTools()).tools.map(({ name }) => name)).toEqual(["read_note", "write_note"]);
    expect(await session.call("read_note")).not.toBe("unauthorized");
    // A client registered for refresh tokens gets one without asking for offline_access.
    expect(session.provider.storedTokens?.refresh_token).toMatch(/^gl_rt_/);
    expect(session.grantedScopes).toEqual(["notes:read"]);
  });

  it("refreshes when its access token has expired, and nobody is asked", async () => {
    const session = await start(how);
    await session.connect();
    world.platform.advance(ACCESS_TOKEN_LIFETIME + 1);
    expect(await session.call("read_note")).not.toBe("unauthorized");
    expect(session.log.grants()).toEqual(["authorization_code", "refresh_token"]);
    expect(session.provider.redirects).toBe(1);
  });

  it("is shut out by the next call after an administrator revokes its grant, and asks its user again", async () => {
    const session = await start(how);
    await session.connect();
    await world.platform.admin.call("DELETE", `/grants?client_id=${encodeURIComponent(session.clientId)}`);
    expect(await session.call("read_note")).toBe("unauthorized");
    expect(session.provider.invalidated).toEqual(["tokens"]);
    await session.decide();
    expect(await session.call("read_note")).not.toBe("unauthorized");
  });
});

describe("step-up", () => {
  it("works for a client without a refresh token, which asks for what it had and what it needs", async () => {
    const session = await start("dynamic registration", ["authorization_code"]);
    await session.connect();
    expect(session.provider.storedTokens?.refresh_token).toBeUndefined();
    expect(await session.call("write_note", { text: "from 1.x" })).toBe("unauthorized");
    expect(session.provider.authorizationUrl?.searchParams.get("scope")?.split(" ").sort()).toEqual(["notes:read", "notes:write"]);
    await session.decide();
    expect(await session.call("write_note", { text: "from 1.x" })).toBe("written");
    expect(await session.call("read_note")).toBe("from 1.x");
  });

  it("needs the program's help where there is a refresh token: this SDK refreshes instead of asking (typescript-sdk#2255)", async () => {
    const session = await start("dynamic registration");
    await session.connect();
    await expect(session.call("write_note", { text: "stuck" })).rejects.toMatchObject({ code: 403 });
    expect(session.log.grants()).toEqual(["authorization_code", "refresh_token"]);

    session.provider.invalidateCredentials("tokens");
    const reconnected = await session.connectsAtOnce();
    expect(reconnected).toBe(false);
    session.provider.authorizationUrl?.searchParams.set("scope", "notes:read notes:write");
    await session.decide();
    expect(await session.connectsAtOnce()).toBe(true);
    expect(await session.call("write_note", { text: "free" })).toBe("written");
  });

  it("works with a refresh token too where the operator wants it: the refresh is refused once, and the client asks its user (GRANTLINE_STEP_UP_NUDGE)", async () => {
    const nudging = await startNotesWorld({ GRANTLINE_STEP_UP_NUDGE: "on" });
    try {
      const session = await SdkSession.start(nudging, "dynamic registration", document.url);
      open.push(session);
      await session.connect();
      expect(await session.call("write_note", { text: "from 1.x" })).toBe("unauthorized");
      expect(session.log.grants()).toEqual(["authorization_code", "refresh_token"]);
      expect(session.provider.invalidated).toEqual(["tokens"]);
      expect(session.provider.authorizationUrl?.searchParams.get("scope")?.split(" ").sort()).toEqual(["notes:read", "notes:write"]);
      await session.decide();
      expect(await session.call("write_note", { text: "from 1.x" })).toBe("written");
      expect(await session.call("read_note")).toBe("from 1.x");
    } finally {
      await nudging.close();
    }
  });
});
