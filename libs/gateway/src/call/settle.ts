import type { HttpResponse } from "@grantline/oauth/http";
import { mediaTypeOf, passOn } from "../answer/answer.ts";
import { CODE, McpError } from "../answer/mcp-error.ts";
import type { GatewayContext } from "../context.ts";
import type { MessageId } from "../message/message.ts";
import { type Answered, discard, retryAfterMs, UpstreamFailure } from "../outbound/index.ts";
import { noteFailure, whoOf, type Exchange } from "./exchange.ts";

export interface Settling {
  readonly id: MessageId | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The request was made in a session the server knew. */
  readonly hasSession: boolean;
  /** Told when a stream that was passed on has ended. */
  readonly onEnd?: (() => void) | undefined;
}

/** What becomes of a server's answer, by its status. Throws McpError and UpstreamFailure. */
export async function settle(
  context: GatewayContext,
  of: Exchange,
  { answered, attempts }: { readonly answered: Answered; readonly attempts: number },
  { id, headers, hasSession, onEnd }: Settling,
): Promise<HttpResponse> {
  const failed = (reason: string): void => noteFailure(context, of, { reason, attempts, method: of.method, status: answered.statusCode });
  try {
    await refuseStatus(answered, hasSession);
    return await passOn({
      answered,
      id,
      headers,
      tools: of.caller.server.policy.tools,
      watch: (over) => {
        const release = watchToken(context, of, over);
        return () => {
          release();
          onEnd?.();
        };
      },
      onCut: () => failed("upstream-cut"),
    });
  } catch (error) {
    if (error instanceof UpstreamFailure) failed(error.reason);
    throw error;
  }
}

async function refuseStatus(answered: Answered, hasSession: boolean): Promise<void> {
  const { statusCode: status, headers } = answered;
  // 2xx and 3xx are looked at by what they hold; an error that is JSON-RPC is the server's answer
  if (status < 400 || (status < 500 && status !== 429 && status !== 401 && mediaTypeOf(answered) === "application/json")) return;
  await discard(answered);
  if (status === 401) throw new UpstreamFailure("upstream-refused-token", false, undefined);
  if (status >= 500) throw new UpstreamFailure("upstream-failed", false, new Error(`status ${status}`));
  if (status === 404 && hasSession)
    throw new McpError({ status, code: CODE.sessionUnknown, reason: "session-unknown", message: "Session not found." });
  if (status === 429) {
    const waitMs = retryAfterMs(headers["retry-after"]) ?? 1_000;
    const seconds = String(Math.min(3_600, Math.ceil(waitMs / 1_000)));
    throw new McpError({
      status,
      code: CODE.refused,
      reason: "upstream-busy",
      message: "The MCP server wants fewer calls.",
      headers: { "retry-after": seconds },
    });
  }
  // the same status: by it clients find out which revision a server speaks
  throw new McpError({
    status,
    code: CODE.refused,
    reason: "upstream-refused",
    message: `The MCP server refused the request (${status}).`,
  });
}

/** A stream lasts as long as the token it was opened with (security case G-07). */
function watchToken({ watch, journal, metrics }: GatewayContext, of: Exchange, over: () => void): () => void {
  const { presented, token } = of.caller;
  metrics?.gatewayStreams(1);
  const release = watch.watch(presented, token.exp, (why) => {
    if (why !== "unknown") journal.record({ type: "GatewayStreamClosed", data: { ...whoOf(of), reason: why } }, of.meta);
    over();
  });
  return () => {
    release();
    metrics?.gatewayStreams(-1);
  };
}
