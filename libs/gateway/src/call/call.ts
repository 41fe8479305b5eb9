import type { HttpRequest } from "@grantline/oauth/http";
import type { Caller, GatewayContext } from "../context.ts";
import { metaOf } from "../entrance/caller.ts";
import type { Incoming, Message } from "../message/message.ts";
import { checkMirroredHeaders } from "../message/mirrored-headers.ts";
import { openSession, type Session } from "../session/session.ts";
import type { Exchange } from "./exchange.ts";

/** A POST of a client, understood. */
export interface Call extends Exchange {
  readonly incoming: Incoming;
  readonly stateless: boolean;
  readonly session: Session | undefined;
}

export type Request = Extract<Message, { kind: "request" }>;

/** Throws McpError where headers and body differ, and for a session that is not the caller's. */
export function understand(context: GatewayContext, request: HttpRequest, caller: Caller, incoming: Incoming): Call {
  const { stateless } = checkMirroredHeaders(request, incoming);
  const id = request.headers["mcp-session-id"];
  const of = { server: caller.server.name, subject: caller.token.sub };
  // 2026-07-28 has no sessions: such a header is ignored
  const session = stateless || typeof id !== "string" ? undefined : openSession(context.sources.seals, id, of);
  const [first] = incoming.messages as readonly [Message];
  const method = first.kind === "response" ? "response" : first.method;
  return { caller, request, meta: metaOf(context, request, caller), method, incoming, stateless, session };
}

/** The one request of a message; of a batch nothing is asked or answered in the server's place. */
export function requestIn({ messages }: Incoming): Request | undefined {
  const [only, ...others] = messages;
  return only?.kind === "request" && others.length === 0 ? only : undefined;
}
