import { OutboundError } from "@grantline/oauth/outbound";
import type { UpstreamContext } from "../context.ts";
import type { GatewayServer } from "../upstream.port.ts";

const INITIALIZE = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "grantline", version: "1" } },
});

export interface Tried {
  readonly status: "ok" | "refused" | "unreachable" | "not-tried";
  /** Of the server's answer. */
  readonly http_status?: number;
}

/** Says hello to a server, as a client would, and looks at nothing but the status. A session it opens is closed again. */
export async function tryServer(
  { exchange }: Pick<UpstreamContext, "exchange">,
  server: GatewayServer,
  accessToken: string | undefined,
): Promise<Tried> {
  if (server.url === undefined) return { status: "not-tried" };
  const authorization: Record<string, string> = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const headers = { ...authorization, "content-type": "application/json", accept: "application/json, text/event-stream" };
  try {
    const answer = await exchange(server.url, { method: "POST", headers, body: INITIALIZE, headersOnly: true });
    const session = answer.headers["mcp-session-id"];
    if (session !== undefined)
      await exchange(server.url, { method: "DELETE", headers: { ...authorization, "mcp-session-id": session }, headersOnly: true });
    return { status: answer.status < 400 ? "ok" : "refused", http_status: answer.status };
  } catch (error) {
    if (error instanceof OutboundError) return { status: "unreachable" };
    throw error;
  }
}
