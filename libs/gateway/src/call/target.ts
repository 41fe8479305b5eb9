import { McpError, CODE, switchedOff } from "../answer/mcp-error.ts";
import type { Caller, GatewayContext } from "../context.ts";
import { aboutOf } from "../entrance/caller.ts";
import type { Outbound } from "../outbound/index.ts";
import type { Session } from "../session/session.ts";

/** Where a server is spoken to. */
export interface Target {
  readonly url: string;
  /** What the way there wants; never anything of the client's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly outbound: Outbound;
  /** Address of the bridge that runs the process; the session has to remember it. */
  readonly bridge?: string;
}

/** The URL the operator gave: nothing of the request's own path or query is in it (security case G-04). */
export async function targetOf(
  context: Pick<GatewayContext, "outbound" | "bridge" | "sources">,
  caller: Caller,
  session: Session | undefined,
): Promise<Target> {
  const { server, token } = caller;
  if (server.stdio !== undefined) {
    if (!context.sources.flags.enabled("gateway.stdio-bridge", aboutOf(caller))) throw switchedOff("gateway.stdio-bridge");
    return context.bridge.target(server, token.sub, session?.bridge);
  }
  if (server.url !== undefined) return { url: server.url, headers: {}, outbound: context.outbound };
  throw new McpError({ status: 502, code: CODE.internal, reason: "upstream-unreachable", message: "The MCP server has no address." });
}
