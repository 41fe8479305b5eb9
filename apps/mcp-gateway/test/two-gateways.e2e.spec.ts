/*
 * Two gateways as one. Real: mcp-gateway ×2, token-service, client-registry, rotation-worker, audit-projector as processes behind one origin, PostgreSQL, Redis, an
 * MCP server built with the official package, server-filesystem as a process. Made: the person.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { obtainTokens, postForm, register, type Registered, type Tokens } from "@grantline/testing";
import { startDistributed, type Distributed } from "@grantline/testing/distributed";
import { noOwnPostgres, noRedis } from "@grantline/testing/ground";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessionServer, type ForeignServer } from "../../../libs/gateway/src/testing/mcp-servers.ts";
import { sdkClient } from "../../../libs/gateway/src/testing/stock-client.ts";
import { initialize, messageOf, post, rpc } from "../../../libs/gateway/src/testing/world.ts";

const filesystem = join(
  dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-filesystem/package.json")),
  "dist",
  "index.js",
);

let world: Distributed;
let foreign: ForeignServer;
let folder: string;

describe.skipIf(noOwnPostgres || noRedis)("needs PostgreSQL and Redis: two gateways", () => {
  beforeAll(async () => {
    foreign = await sessionServer();
    folder = mkdtempSync(join(tmpdir(), "grantline-files-"));
    writeFileSync(join(folder, "note.txt"), "on disk");
    world = await startDistributed({
      instances: { "mcp-gateway": 2, "token-service": 1 },
      env: { GRANTLINE_GATEWAY_COMMANDS: process.execPath },
    });
    await world.admin.call("POST", "/servers", { name: "foreign", url: foreign.url, provider: "none", authorization: "none" });
    const stdio = { command: process.execPath, args: [filesystem, folder], env: [] };
    await world.admin.call("POST", "/servers", { name: "files", stdio, provider: "none", authorization: "none" });
  }, 240_000);
  afterAll(async () => {
    await world?.stop();
    await foreign?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (name: string): string => `${world.origin}/mcp/${name}`;
  async function tokenFor(name: string): Promise<Tokens & { readonly client: Registered }> {
    const client = await register(world.issuer);
    return { client, ...(await obtainTokens(world.person(), { issuer: world.issuer, client, resource: at(name), scope: "mcp:use" })) };
  }

  it("each finds the server that was added at the registry, and says what it is", async () => {
    for (const { origin } of world.all("mcp-gateway")) {
      const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp/foreign`);
      expect(await metadata.json()).toMatchObject({
        resource: at("foreign"),
        authorization_servers: [world.issuer],
        scopes_supported: ["mcp:use"],
      });
    }
  });

  it("a session holds at both, whichever opened it", async () => {
    const { access_token: token } = await tokenFor("foreign");
    const { id } = await initialize(at("foreign"), token);
    // the front takes them in turn
    for (let n = 0; n < 6; n += 1) {
      const said = rpc("tools/call", { name: "echo", arguments: { text: String(n) } }, n + 1);
      const { result } = await messageOf(await post(at("foreign"), said, { token, headers: { "mcp-session-id": id } }));
      expect(result).toMatchObject({ content: [{ text: String(n) }] });
    }
  });

  it("a program's session lives in one of them, and the other finds it", async () => {
    const { access_token: token } = await tokenFor("files");
    const client = await sdkClient({ url: at("files"), token });
    for (let n = 0; n < 5; n += 1) expect(await client.call("read_text_file", { path: join(folder, "note.txt") })).toBe("on disk");
    await client.close();
  });

  it("streams at both end when the token-service revokes", async () => {
    const { access_token: token, client } = await tokenFor("foreign");
    const { id } = await initialize(at("foreign"), token);
    const { id: second } = await initialize(at("foreign"), token);
    const streams = await Promise.all(
      [id, second].map((session) =>
        fetch(at("foreign"), { headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", "mcp-session-id": session } }),
      ),
    );
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    await postForm(`${world.issuer}/revoke`, { token, client_id: client.client_id });
    expect((await post(at("foreign"), rpc("ping"), { token, headers: { "mcp-session-id": id } })).status).toBe(401);
    await Promise.all(streams.map((stream) => stream.text()));
  });

  it("a server that was removed is gone at both at once", async () => {
    await world.admin.call("POST", "/servers", { name: "brief", url: foreign.url, provider: "none", authorization: "none" });
    const { access_token: token } = await tokenFor("brief");
    expect((await initialize(at("brief"), token)).response.status).toBe(200);
    await world.admin.call("DELETE", "/servers/brief");
    for (let n = 0; n < 4; n += 1) expect((await post(at("brief"), rpc("ping"), { token })).status).toBe(404);
  });
});
