import type { HttpRequest, HttpResponse } from "@grantline/oauth/http";
import { CODE, errorAnswer, McpError } from "../answer/mcp-error.ts";
import type { Caller, GatewayContext } from "../context.ts";
import { arrive } from "../entrance/arrival.ts";
import { identify, metaOf } from "../entrance/caller.ts";
import { discard, onwardHeaders, UpstreamFailure } from "../outbound/index.ts";
import { upstreamSession } from "../session/deferred.ts";
import { openSession, type Session } from "../session/session.ts";
import { counted } from "./counted.ts";
import { accessOf, exchange, type Exchange } from "./exchange.ts";
import { refusalOf } from "./failures.ts";
import { settle } from "./settle.ts";
import { targetOf } from "./target.ts";

/** GET /mcp/{server}: what the server says unasked (2025-03-26 to 2025-11-25), as long as the token lasts. */
export function handleStream(context: GatewayContext, request: HttpRequest): Promise<HttpResponse> {
  return inSession(context, request, async (of, session) => {
    const access = await accessOf(context, of);
    if (access.kind === "none") throw noStream();
    const begun = session?.deferred === undefined ? session : await upstreamSession(context, of, access, session);
    return context.streams.within(of.caller, (onEnd) => passedOn(context, of, begun, access, { method: "GET", onEnd }));
  });
}

/** DELETE /mcp/{server}: the client's session is over. */
export function handleEnd(context: GatewayContext, request: HttpRequest): Promise<HttpResponse> {
  return inSession(context, request, async (of, session) => {
    const access = await accessOf(context, of);
    // with nothing at the server there is nothing to end there
    if (access.kind === "none" || session?.upstream === undefined) return { status: 204, headers: { "cache-control": "no-store" } };
    return passedOn(context, of, session, access, { method: "DELETE" });
  });
}

type InSession = (of: Exchange, session: Session | undefined) => Promise<HttpResponse>;

async function inSession(context: GatewayContext, request: HttpRequest, work: InSession): Promise<HttpResponse> {
  const caller: Caller = await identify(context, request, await arrive(context, request));
  const of: Exchange = { caller, request, meta: metaOf(context, request, caller), method: request.method };
  return counted(context, caller, () => within(context, of, work));
}

async function within(context: GatewayContext, of: Exchange, work: InSession): Promise<HttpResponse> {
  const { caller, request } = of;
  try {
    const id = request.headers["mcp-session-id"];
    const owner = { server: caller.server.name, subject: caller.token.sub };
    return await work(of, typeof id === "string" ? openSession(context.sources.seals, id, owner) : undefined);
  } catch (error) {
    const refusal = error instanceof McpError ? error.refusal : error instanceof UpstreamFailure ? refusalOf(error) : undefined;
    if (refusal === undefined) throw error;
    return errorAnswer(refusal, undefined, request.correlationId);
  }
}

async function passedOn(
  context: GatewayContext,
  of: Exchange,
  session: Session | undefined,
  access: Parameters<typeof exchange>[2],
  { method, onEnd }: { readonly method: "GET" | "DELETE"; readonly onEnd?: () => void },
): Promise<HttpResponse> {
  const target = await targetOf(context, of.caller, session);
  const id = session?.upstream;
  const headers = { ...onwardHeaders(of.request, { checked: false }), ...(id === undefined ? {} : { "mcp-session-id": id }) };
  const sent = await exchange(context, of, access, { target, method, headers, idempotent: true });
  // who has to log in again is told at the next call, where there is somebody to tell
  if (sent.kind === "wanting") throw noStream();
  if (method === "DELETE" && sent.answered.statusCode < 300) {
    await discard(sent.answered);
    return { status: 204, headers: { "cache-control": "no-store" } };
  }
  return settle(context, of, sent, { id: undefined, headers: {}, hasSession: id !== undefined, onEnd });
}

/** 2025-11-25, listening for messages: a server without such a stream says 405. */
function noStream(): McpError {
  return new McpError({
    status: 405,
    code: CODE.refused,
    reason: "upstream-not-connected",
    message: "There is no stream here now.",
    headers: { allow: "POST" },
  });
}
