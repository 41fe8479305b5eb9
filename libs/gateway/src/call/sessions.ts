import type { GatewayContext } from "../context.ts";
import { elicitsUrls } from "../message/revision.ts";
import { sealSession, type Session } from "../session/session.ts";
import { requestIn, type Call, type Request } from "./call.ts";

/** With the answer to `initialize` the client gets a session of ours, also where the server has none: it remembers what the client can do. */
export function openedSession(
  { sources }: GatewayContext,
  call: Call,
  upstream: unknown,
  bridge: string | undefined,
): Record<string, string> {
  const begun = requestIn(call.incoming);
  if (begun?.method !== "initialize" || call.stateless) return {};
  const session: Session = {
    ...ownerOf(call),
    ...(typeof upstream === "string" && upstream.length <= 2_048 ? { upstream } : {}),
    ...(elicitsUrls(begun.params["capabilities"]) ? { elicits: true } : {}),
    ...(bridge === undefined ? {} : { bridge }),
  };
  return { "mcp-session-id": sealSession(sources.seals, session) };
}

function ownerOf({ caller }: Call): { readonly server: string; readonly subject: string } {
  return { server: caller.server.name, subject: caller.token.sub };
}

/** The server hears of it once there is a token. */
export function deferredSession({ sources }: GatewayContext, call: Call, params: Request["params"]): Record<string, string> {
  const { protocolVersion, capabilities, clientInfo } = params;
  const session: Session = {
    ...ownerOf(call),
    ...(elicitsUrls(capabilities) ? { elicits: true } : {}),
    // what does not fit into a header is not needed to begin
    deferred: JSON.stringify(params).length > 2_048 ? { protocolVersion } : { protocolVersion, capabilities, clientInfo },
  };
  return { "mcp-session-id": sealSession(sources.seals, session) };
}
