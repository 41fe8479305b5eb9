import { freePort, startTestPlatform, type TestPlatform } from "@grantline/testing";
import { startExample, type RunningExample } from "../../../../examples/mcp-server/src/server.ts";

export interface NotesWorld {
  readonly platform: TestPlatform;
  readonly mcp: RunningExample;
  /** The MCP endpoint, which is the resource identifier. */
  readonly resource: string;
  close(): Promise<void>;
}

/** Grantline and the example MCP server in front of it, each over real HTTP. The clock stands at the real time and moves only by `platform.advance`. */
export async function startNotesWorld(env: Readonly<Record<string, string>> = {}): Promise<NotesWorld> {
  // The administrator's token outlives every leap of the clock.
  const platform = await startTestPlatform({
    frozenAt: Math.floor(Date.now() / 1000),
    env: { GRANTLINE_LIFETIME_SERVICE_ACCESS_TOKEN: "24h", ...env },
  });
  const port = await freePort();
  const resource = `http://localhost:${port}/mcp`;
  const registered = await platform.admin.call<{ client_id: string; client_secret: string }>("POST", "/resources", {
    uri: resource,
    name: "Example notes",
    scopes: [
      { name: "notes:read", description: "Read your note", default: true },
      { name: "notes:write", description: "Replace your note" },
    ],
  });
  const mcp = await startExample({ issuer: platform.issuer, port, clientId: registered.client_id, clientSecret: registered.client_secret });
  return {
    platform,
    mcp,
    resource,
    close: async () => {
      await mcp.close();
      await platform.close();
    },
  };
}
