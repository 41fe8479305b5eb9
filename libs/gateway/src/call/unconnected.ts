import { OAuthError } from "@grantline/oauth/errors";
import type { HttpResponse } from "@grantline/oauth/http";
import { askForAuthorization, type Telling } from "../asking/ask.ts";
import { answerInItsPlace, CONNECT_TOOL } from "../asking/in-its-place.ts";
import { eventOf } from "../answer/event-stream.ts";
import { CODE, errorAnswer, McpError, resultAnswer } from "../answer/mcp-error.ts";
import type { GatewayContext } from "../context.ts";
import { declaredCapabilities, elicitsUrls } from "../message/revision.ts";
import { requestIn, type Call, type Request } from "./call.ts";
import { deferredSession } from "./sessions.ts";

type NotConnected = "not-connected" | "refresh-refused" | "revoked" | "scope";

/** There is no token: the gateway answers what it can, and asks the user for the rest. */
export async function notConnected(context: GatewayContext, call: Call, why: NotConnected, declined: boolean): Promise<HttpResponse> {
  const request = requestIn(call.incoming);
  if (request === undefined) return unanswered(call);
  const { stateless } = call;
  const { correlationId } = call.request;
  const own = answerInItsPlace(request, { server: call.caller.server.name, stateless, correlationId });
  if (own === undefined) return declined ? notNow(call, request) : wanting(context, call, why);
  return request.method === "initialize" ? { ...own, headers: { ...own.headers, ...deferredSession(context, call, request.params) } } : own;
}

/** The server wants another token: the user is asked. Throws OAuthError where there is no user. */
export async function wanting(context: GatewayContext, call: Call, why: NotConnected, scopes?: readonly string[]): Promise<HttpResponse> {
  const request = requestIn(call.incoming);
  if (request === undefined) return unanswered(call);
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

/** Notifications and answers are let go. Who sent requests in a batch (2025-03-26) would wait for answers that never come. Throws McpError 400. */
function unanswered({ incoming }: Call): HttpResponse {
  if (incoming.messages.every(({ kind }) => kind !== "request")) return { status: 202, headers: { "cache-control": "no-store" } };
  throw new McpError({
    status: 400,
    code: CODE.refused,
    reason: "upstream-not-connected",
    message: "The account at this MCP server has to be connected first. Send one request by itself to be told where.",
  });
}

/** MCP: URL mode only where the client said that it can. */
function tellingOf({ stateless, session }: Call, request: Request): Telling {
  if (!stateless) {
    const elicits = session?.elicits === true || (request.method === "initialize" && elicitsUrls(request.params["capabilities"]));
    return elicits ? "elicitation" : "link";
  }
  const answerable = ["tools/call", "prompts/get", "resources/read"].includes(request.method);
  return answerable && elicitsUrls(declaredCapabilities(request)) ? "input-request" : "link";
}

function notNow({ stateless, request: { correlationId } }: Call, { id, method }: Request): HttpResponse {
  const text = "The user did not want to connect an account.";
  if (method !== "tools/call")
    return errorAnswer({ status: 200, code: CODE.refused, reason: "upstream-not-connected", message: text }, id, correlationId);
  return resultAnswer(id, { content: [{ type: "text", text }], isError: true, ...(stateless ? { resultType: "complete" } : {}) });
}

export function isConnectTool({ incoming }: Call): boolean {
  const request = requestIn(incoming);
  return request?.method === "tools/call" && request.params["name"] === CONNECT_TOOL;
}

/** The tool of the time before: its call now says that there are others. */
export function nowConnected({ incoming, stateless }: Call): HttpResponse {
  const { id } = requestIn(incoming) as Request;
  const result = { content: [{ type: "text", text: "The account is connected. List the tools again." }] };
  if (stateless) return resultAnswer(id, { ...result, resultType: "complete" });
  const events = [
    { jsonrpc: "2.0", method: "notifications/tools/list_changed" },
    { jsonrpc: "2.0", id, result },
  ];
  return { status: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-store" }, body: events.map(eventOf).join("") };
}
