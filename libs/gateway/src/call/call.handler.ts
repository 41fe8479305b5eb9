import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest, HttpResponse } from "@grantline/oauth/http";
import { askForAuthorization, type Telling } from "../asking/ask.ts";
import { comingBack, ended, type ComingBack } from "../asking/coming-back.ts";
import { answerInItsPlace, CONNECT_TOOL } from "../asking/in-its-place.ts";
import { eventOf } from "../answer/event-stream.ts";
import { CODE, errorAnswer, McpError, resultAnswer } from "../answer/mcp-error.ts";
import type { Caller, GatewayContext } from "../context.ts";
import { arrive } from "../entrance/arrival.ts";
import { identify, metaOf } from "../entrance/caller.ts";
import { readMessages, type Incoming, type Message } from "../message/message.ts";
import { checkMirroredHeaders } from "../message/mirrored-headers.ts";
import { declaredCapabilities, elicitsUrls } from "../message/revision.ts";
import { onwardHeaders, UpstreamFailure } from "../outbound/index.ts";
import { upstreamSession } from "../session/deferred.ts";
import { openSession, sealSession, type Session } from "../session/session.ts";
import { decideTools } from "./decide-tools.ts";
import { accessOf, exchange, type Exchange } from "./exchange.ts";
import { refusalOf } from "./failures.ts";
import { settle } from "./settle.ts";
import { targetOf } from "./target.ts";

/** A POST of a client, understood. */
interface Call extends Exchange {
  readonly incoming: Incoming;
  readonly stateless: boolean;
  readonly session: Session | undefined;
}

/** What of the protocol may be carried out twice. Tools may do anything, so they are not among them. */
const IDEMPOTENT = /^(?:initialize|ping|server\/discover|[a-z]+\/(?:templates\/)?list|resources\/read|prompts\/get|completion\/complete)$/;

/** POST /mcp/{server}: one message for the server. Throws OAuthError for what concerns the caller, answers JSON-RPC errors for the rest. */
export async function handleCall(context: GatewayContext, request: HttpRequest): Promise<HttpResponse> {
  const arrived = await arrive(context, request);
  const caller = await identify(context, request, arrived);
  return answeringErrors(request, async (about) => {
    const call = about(read(context, request, caller));
    refuseUnseen(context);
    limit(context, caller);
    await decideTools(context, call, call.incoming);
    const back = call.stateless ? comingBack(call.incoming) : undefined;
    return back === undefined ? deliver(context, call) : resume(context, about({ ...call, incoming: back.incoming }), back);
  });
}

/** Errors as JSON-RPC has them, with the id of the request once that is known. */
async function answeringErrors(
  request: HttpRequest,
  work: (about: <T extends { readonly incoming: Incoming }>(call: T) => T) => Promise<HttpResponse>,
) {
  let messages: readonly Message[] = [];
  try {
    return await work((call) => {
      messages = call.incoming.messages;
      return call;
    });
  } catch (error) {
    const refusal = error instanceof McpError ? error.refusal : error instanceof UpstreamFailure ? refusalOf(error) : undefined;
    if (refusal === undefined) throw error;
    return errorAnswer(refusal, requestIn(messages)?.id, request.correlationId);
  }
}

function read(context: GatewayContext, request: HttpRequest, caller: Caller): Call {
  const incoming = readMessages(request.body);
  const { stateless } = checkMirroredHeaders(request, incoming);
  const id = request.headers["mcp-session-id"];
  const of = { server: caller.server.name, subject: caller.token.sub };
  // 2026-07-28 has no sessions: such a header is ignored
  const session = stateless || typeof id !== "string" ? undefined : openSession(context.sources.seals, id, of);
  const [first] = incoming.messages as readonly [Message];
  const method = first.kind === "response" ? "response" : first.method;
  return { caller, request, meta: metaOf(context, request, caller), method, incoming, stateless, session };
}

/** Who can't be recorded does not act: events wait for the store, but not without a bound. */
function refuseUnseen({ journal }: GatewayContext): void {
  if (!journal.full()) return;
  throw new McpError({
    status: 503,
    code: CODE.internal,
    reason: "journal-full",
    message: "Calls can't be recorded right now. Try again shortly.",
    headers: { "retry-after": "5" },
  });
}

function limit({ sources }: GatewayContext, { server, token }: Caller): void {
  sources.limits.client(`gateway ${server.name} ${token.sub}`, server.policy.ratePerMinute ?? 0);
}

/** The client was asked for its user's authorization, and is back. */
async function resume(context: GatewayContext, call: Call, { authorizationId, declined }: ComingBack): Promise<HttpResponse> {
  if (!declined) await ended(context.upstreams, authorizationId, call.request.gone);
  return deliver(context, call, declined);
}

async function deliver(context: GatewayContext, call: Call, declined = false): Promise<HttpResponse> {
  const access = await accessOf(context, call);
  if (access.kind === "none") return notConnected(context, call, access.reason, declined);
  if (isConnectTool(call)) return nowConnected(call);
  const { caller, request, incoming, stateless } = call;
  const session = call.session?.deferred === undefined ? call.session : await upstreamSession(context, call, access, call.session);
  const target = await targetOf(context, caller, session);
  const sent = await exchange(context, call, access, {
    target,
    method: "POST",
    headers: { ...onwardHeaders(request, { checked: stateless }), "content-type": "application/json", ...sessionHeaders(session) },
    body: incoming.text,
    idempotent: incoming.messages.every((message) => message.kind !== "request" || IDEMPOTENT.test(message.method)),
  });
  if (sent.kind === "wanting") return wanting(context, call, sent.why, sent.scopes);
  const opened = openedSession(context, call, sent.answered.headers["mcp-session-id"], target.bridge);
  return settle(context, call, sent, {
    id: requestIn(incoming.messages)?.id,
    headers: opened,
    hasSession: session?.upstream !== undefined,
  });
}

function sessionHeaders(session: (Session & { readonly revision?: string }) | undefined): Record<string, string> {
  return {
    ...(session?.upstream === undefined ? {} : { "mcp-session-id": session.upstream }),
    // of a session begun in the server's place: what the server agreed to counts
    ...(session?.revision === undefined ? {} : { "mcp-protocol-version": session.revision }),
  };
}

/** With the answer to `initialize` the client gets a session of ours, also where the server has none: it remembers what the client can do. */
function openedSession({ sources }: GatewayContext, call: Call, upstream: unknown, bridge: string | undefined): Record<string, string> {
  const begun = initializeIn(call.incoming);
  if (begun === undefined || call.stateless) return {};
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

type NotConnected = "not-connected" | "refresh-refused" | "revoked" | "scope";

/** There is no token: the gateway answers what it can, and asks the user for the rest. */
async function notConnected(context: GatewayContext, call: Call, why: NotConnected, declined: boolean): Promise<HttpResponse> {
  const request = requestIn(call.incoming.messages);
  if (request === undefined) return { status: 202, headers: { "cache-control": "no-store" } };
  const { stateless } = call;
  const { correlationId } = call.request;
  const own = answerInItsPlace(request, { server: call.caller.server.name, stateless, correlationId });
  if (own === undefined) return declined ? notNow(call, request.id) : wanting(context, call, why);
  return request.method === "initialize" ? { ...own, headers: { ...own.headers, ...deferredSession(context, call, request.params) } } : own;
}

function deferredSession(
  { sources }: GatewayContext,
  call: Call,
  params: Extract<Message, { kind: "request" }>["params"],
): Record<string, string> {
  const { protocolVersion, capabilities, clientInfo } = params;
  const session: Session = {
    ...ownerOf(call),
    ...(elicitsUrls(capabilities) ? { elicits: true } : {}),
    // what does not fit into a header is not needed to begin
    deferred: JSON.stringify(params).length > 2_048 ? { protocolVersion } : { protocolVersion, capabilities, clientInfo },
  };
  return { "mcp-session-id": sealSession(sources.seals, session) };
}

async function wanting(context: GatewayContext, call: Call, why: NotConnected, scopes?: readonly string[]): Promise<HttpResponse> {
  const request = requestIn(call.incoming.messages);
  if (request === undefined) return { status: 202, headers: { "cache-control": "no-store" } };
  if (call.caller.token.grantId === undefined)
    // nobody is there who could log in at the provider
    throw new OAuthError(
      "access_denied",
      "upstream-not-connected",
      "This MCP server is used with a person's account; the access token has no person.",
    );
  const asking = {
    id: request.id,
    toolCall: request.method === "tools/call",
    telling: tellingOf(call, request),
    stateless: call.stateless,
    why,
    correlationId: call.request.correlationId,
    ...(scopes === undefined ? {} : { scopes }),
  };
  return askForAuthorization(context, call.caller, asking, call.meta);
}

/** MCP: URL mode only where the client said that it can. */
function tellingOf({ stateless, session }: Call, request: Extract<Message, { kind: "request" }>): Telling {
  if (!stateless) {
    const elicits = session?.elicits === true || (request.method === "initialize" && elicitsUrls(request.params["capabilities"]));
    return elicits ? "elicitation" : "link";
  }
  const answerable = ["tools/call", "prompts/get", "resources/read"].includes(request.method);
  return answerable && elicitsUrls(declaredCapabilities(request)) ? "input-request" : "link";
}

function notNow({ stateless }: Call, id: Extract<Message, { kind: "request" }>["id"]): HttpResponse {
  const text = "The user did not want to connect an account.";
  return resultAnswer(id, { content: [{ type: "text", text }], isError: true, ...(stateless ? { resultType: "complete" } : {}) });
}

function isConnectTool({ incoming }: Call): boolean {
  const request = requestIn(incoming.messages);
  return request?.method === "tools/call" && request.params["name"] === CONNECT_TOOL;
}

/** The tool of the time before: its call now says that there are others. */
function nowConnected({ incoming, stateless }: Call): HttpResponse {
  const { id } = requestIn(incoming.messages) as Extract<Message, { kind: "request" }>;
  const result = { content: [{ type: "text", text: "The account is connected. List the tools again." }] };
  if (stateless) return resultAnswer(id, { ...result, resultType: "complete" });
  const events = [
    { jsonrpc: "2.0", method: "notifications/tools/list_changed" },
    { jsonrpc: "2.0", id, result },
  ];
  return { status: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-store" }, body: events.map(eventOf).join("") };
}

function requestIn(messages: readonly Message[]): Extract<Message, { kind: "request" }> | undefined {
  // of a batch nothing is asked or answered in the server's place
  const [only, ...others] = messages;
  return only?.kind === "request" && others.length === 0 ? only : undefined;
}

function initializeIn({ messages }: Incoming): Extract<Message, { kind: "request" }> | undefined {
  const request = requestIn(messages);
  return request?.method === "initialize" ? request : undefined;
}
