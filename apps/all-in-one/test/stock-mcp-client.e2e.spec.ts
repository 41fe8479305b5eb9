/*
 * Real: @modelcontextprotocol/client 2.4, the example MCP server (@modelcontextprotocol/server 2.4), Grantline, HTTP between them, https for the
 * metadata document. Made: the clock, and the person, who is a browser without script.
 */
import { generateKeyPairSync } from "node:crypto";
import { ClientCredentialsProvider, PrivateKeyJwtProvider, StreamableHTTPClientTransport, Client } from "@modelcontextprotocol/client";
import { postForm } from "@grantline/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ClientSession } from "./support/client-session.ts";
import type { MetadataDocumentServer } from "./support/metadata-document-server.ts";
import { startNotesWorld, type NotesWorld } from "./support/notes-world.ts";
import { grantOf, HOWS, publishDocument, type How } from "./support/registrations.ts";

const ACCESS_TOKEN_LIFETIME = 300;

let world: NotesWorld;
let document: MetadataDocumentServer;
const open: { close(): Promise<void> }[] = [];

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

async function start(how: How): Promise<ClientSession> {
  const session = await ClientSession.start(world, how, document.url);
  open.push(session);
  return session;
}

async function connected(how: How = "dynamic registration"): Promise<ClientSession> {
  const session = await start(how);
  await session.connect();
  return session;
}

describe.each(HOWS)("a client known by %s", (how) => {
  it("finds its way from nothing but the URL of the MCP server, and calls tools", async () => {
    const session = await start(how);
    expect(await session.connectsAtOnce()).toBe(false);

    const asked = session.provider.authorizationUrl?.searchParams;
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      response_type: "code",
      client_id: session.clientId,
      code_challenge_method: "S256",
      resource: world.resource,
      state: "opaque-state",
    });
    expect(session.askedScopes).toEqual(["notes:read", "offline_access"]);

    const callback = await session.decide();
    expect(callback.searchParams.get("iss")).toBe(world.platform.issuer);
    expect(callback.searchParams.get("state")).toBe("opaque-state");
    expect(await session.connectsAtOnce()).toBe(true);

    expect((await session.client.listTools()).tools.map(({ name }) => name)).toEqual(["read_note", "write_note"]);
    expect(await session.call("read_note")).not.toBe("unauthorized");
    expect(session.log.to("/oauth/register")).toHaveLength(how === "dynamic registration" ? 1 : 0);
    expect(session.clientId === document.url).toBe(how === "metadata document");
  });

  it("steps up for a tool that needs more, with all it had before", async () => {
    const session = await connected(how);
    expect(await session.call("write_note", { text: `by ${how}` })).toBe("unauthorized");
    expect(session.askedScopes).toEqual(["notes:read", "notes:write", "offline_access"]);
    await session.decide();
    expect(session.grantedScopes).toEqual(["notes:read", "notes:write", "offline_access"]);
    expect(await session.call("write_note", { text: `by ${how}` })).toBe("written");
    expect(await session.call("read_note")).toBe(`by ${how}`);
  });

  it("refreshes when its access token has expired, and nobody is asked", async () => {
    const session = await connected(how);
    const before = session.accessToken;
    world.platform.advance(ACCESS_TOKEN_LIFETIME + 1);
    expect(await session.call("read_note")).not.toBe("unauthorized");
    expect(session.log.grants()).toEqual(["authorization_code", "refresh_token"]);
    expect(session.accessToken).not.toBe(before);
    expect(session.provider.redirects).toBe(1);
  });

  it("is shut out by the next call after an administrator revokes its grant, and asks its user again", async () => {
    const session = await connected(how);
    await world.platform.admin.call("DELETE", `/grants?client_id=${encodeURIComponent(session.clientId)}`);
    expect(await session.call("read_note")).toBe("unauthorized");
    expect(session.provider.invalidated).toEqual(["tokens"]);
    await session.decide();
    expect(await session.call("read_note")).not.toBe("unauthorized");
  });
});

describe("the metadata document", () => {
  it("is fetched once for all the clients that use it", () => {
    expect(document.fetches()).toBe(1);
  });
});

describe("what clients in the field do", () => {
  it("several calls at once with an expired token don't look like theft: the family lives on (P4)", async () => {
    const session = await connected();
    world.platform.advance(ACCESS_TOKEN_LIFETIME + 1);
    const answers = await Promise.all(["read_note", "read_note", "read_note"].map((name) => session.call(name)));
    expect(answers).not.toContain("unauthorized");
    expect(session.provider.redirects).toBe(1);
    expect(session.log.grants().filter((grant) => grant === "refresh_token").length).toBeGreaterThan(1);
    expect(await grantOf(world.platform, session.clientId)).toBeTypeOf("string");
  });

  it("a client that revokes its access token (RFC 7009) is refused at once and refreshes", async () => {
    const session = await connected();
    const revoked = session.accessToken;
    const response = await postForm(`${world.platform.issuer}/revoke`, { token: revoked, client_id: session.clientId });
    expect(response.status).toBe(200);
    expect(await session.call("read_note")).not.toBe("unauthorized");
    expect(session.log.grants()).toEqual(["authorization_code", "refresh_token"]);
    expect(session.accessToken).not.toBe(revoked);
  });

  it("a client that revokes its refresh token has nothing left", async () => {
    const session = await connected();
    await postForm(`${world.platform.issuer}/revoke`, { token: session.provider.storedTokens?.refresh_token, client_id: session.clientId });
    expect(await session.call("read_note")).toBe("unauthorized");
  });

  it("a client that was deleted registers again by itself", async () => {
    const session = await connected();
    const former = session.clientId;
    await world.platform.admin.call("DELETE", `/clients/${former}`);
    expect(await session.call("read_note")).toBe("unauthorized");
    expect(session.provider.invalidated).toEqual(["client", "tokens"]);
    await session.decide();
    expect(session.clientId).not.toBe(former);
    expect(await session.call("read_note")).not.toBe("unauthorized");
  });

  it("a person who says no leaves the client with an error it can show", async () => {
    const session = await start("dynamic registration");
    await session.connectsAtOnce();
    await expect(session.decide({ decision: "deny" })).rejects.toMatchObject({ code: "access_denied" });
    expect(session.provider.storedTokens).toBeUndefined();
  });

  it("a person who narrows a step-up keeps the tool closed", async () => {
    const session = await connected();
    await session.call("write_note", { text: "no" });
    await session.decide({ untick: ["notes:write"] });
    expect(session.grantedScopes).toEqual(["notes:read", "offline_access"]);
    expect(await session.call("write_note", { text: "no" })).toBe("unauthorized");
    expect(await session.call("read_note")).not.toBe("no");
  });

  it("a client that speaks only the older protocol (initialize) works the same", async () => {
    const { provider } = await connected();
    const session = new ClientSession(world, provider, "legacy");
    open.push(session);
    expect(await session.connectsAtOnce()).toBe(true);
    expect(session.client.getNegotiatedProtocolVersion()).not.toBe("2026-07-28");
    expect((await session.client.listTools()).tools).toHaveLength(2);
  });
});

describe("a machine, with no user (ext-auth client credentials)", () => {
  // A world of its own: assertions carry the real time.
  let own: NotesWorld;
  beforeAll(async () => {
    own = await startNotesWorld();
  });
  afterAll(() => own?.close());

  const machine = { client_name: "Batch job", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] };

  async function callWith(provider: ClientCredentialsProvider | PrivateKeyJwtProvider): Promise<unknown> {
    const client = new Client({ name: "Batch job", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
    open.push(client);
    await client.connect(new StreamableHTTPClientTransport(own.mcp.url, { authProvider: provider }));
    return (await client.callTool({ name: "read_note", arguments: {} })).content;
  }

  it("gets in with a client secret", async () => {
    const { client_id, client_secret } = await own.platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/clients", {
      ...machine,
      token_endpoint_auth_method: "client_secret_basic",
    });
    const provider = new ClientCredentialsProvider({
      clientId: client_id,
      clientSecret: client_secret,
      expectedIssuer: own.platform.issuer,
    });
    expect(await callWith(provider)).toEqual([{ type: "text", text: "(empty)" }]);
  });

  it("gets in with a signed assertion whose audience is the issuer", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { client_id } = await own.platform.admin.call<{ client_id: string }>("POST", "/clients", {
      ...machine,
      token_endpoint_auth_method: "private_key_jwt",
      jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), alg: "ES256", use: "sig" }] },
    });
    const privateKeyPem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const provider = new PrivateKeyJwtProvider({
      clientId: client_id,
      privateKey: privateKeyPem,
      algorithm: "ES256",
      expectedIssuer: own.platform.issuer,
    });
    expect(await callWith(provider)).toEqual([{ type: "text", text: "(empty)" }]);
  });
});
