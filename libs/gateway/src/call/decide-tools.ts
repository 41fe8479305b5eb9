import { CODE, McpError } from "../answer/mcp-error.ts";
import type { GatewayContext } from "../context.ts";
import { requireScopes } from "../entrance/caller.ts";
import { fold } from "../message/fold.ts";
import type { Incoming, Message } from "../message/message.ts";
import { recordedName, shapeOf } from "../policy/payload-shape.ts";
import { judgeTool } from "../policy/tools.ts";
import { whoOf, type Exchange } from "./exchange.ts";

const METHOD = "tools/call";

/** Every tool call of the message is decided and recorded before one byte of it leaves. Throws McpError (nobody may) or OAuthError (with more scope). */
export async function decideTools(context: GatewayContext, of: Exchange, { messages, text }: Incoming): Promise<void> {
  for (const message of messages) {
    if (message.kind === "response" || !isToolCall(message)) continue;
    await decide(context, of, message, text);
  }
}

function isToolCall({ method }: Exclude<Message, { kind: "response" }>): boolean {
  if (method === METHOD) return true;
  if (fold(method) === METHOD)
    throw new McpError({
      status: 400,
      code: CODE.invalidRequest,
      reason: "message-malformed",
      message: "method is spelled in another case than MCP has it.",
    });
  return false;
}

async function decide(
  context: GatewayContext,
  of: Exchange,
  { params }: Exclude<Message, { kind: "response" }>,
  text: string,
): Promise<void> {
  const { name } = params;
  if (typeof name !== "string")
    throw new McpError({ status: 400, code: CODE.invalidParams, reason: "message-malformed", message: "A tool call names its tool." });
  const { server, token } = of.caller;
  const verdict = judgeTool(server.policy.tools, name, token.scope);
  const call = {
    ...whoOf(of),
    tool: recordedName(name),
    ...(token.grantId === undefined ? {} : { grantId: token.grantId }),
    shape: shapeOf(params, text),
  };
  if (verdict.kind === "allowed")
    return context.journal.record({ type: "ToolCallDecided", data: { ...call, decision: "allowed" } }, of.meta);
  const reason = verdict.kind === "denied" ? "tool-denied" : "tool-scope";
  context.journal.record({ type: "ToolCallDecided", data: { ...call, decision: "refused", reason } }, of.meta);
  if (verdict.kind === "scopes") await requireScopes(context, of.request, of.caller, verdict.scopes);
  throw new McpError({ status: 403, code: CODE.invalidParams, reason: "tool-denied", message: "This tool may not be called here." });
}
