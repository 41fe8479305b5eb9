import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An MCP server that does nothing but say who its authorization server is (RFC 9728): what stock clients go by. */
export async function startAnnouncingServer(authorizationServer: string) {
  let url = "";
  const server = createServer((request, response) => {
    const document = { resource: url, authorization_servers: [authorizationServer], scopes_supported: ["mcp.read"] };
    const found = request.url === "/.well-known/oauth-protected-resource/mcp";
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(found ? document : {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { url, close: () => void server.close() };
}

export type AnnouncingServer = Awaited<ReturnType<typeof startAnnouncingServer>>;
