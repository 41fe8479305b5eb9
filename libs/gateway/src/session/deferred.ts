import { hash } from "node:crypto";
import { McpError } from "../answer/mcp-error.ts";
import type { GatewayContext } from "../context.ts";
import { exchange, type Exchange } from "../call/exchange.ts";
import { targetOf } from "../call/target.ts";
import { isMembers } from "../message/message.ts";
import { type Answered, discard, UpstreamFailure } from "../outbound/index.ts";
import type { UpstreamAccess } from "@grantline/upstream";
import { CODE } from "../answer/mcp-error.ts";
import type { Session } from "./session.ts";

/** A day: longer sessions are begun anew. */
const KEPT = 86_400;
const LARGEST = 1_048_576;

export type BegunSession = Session & { readonly revision?: string };

/**
 * The server's side of a session that was begun in its place, before there was a token: made with what the client had said, when it is first needed.
 * Kept by the id the client holds. Lost, or made twice by two requests at once, it is only one more session at the server.
 */
export async function upstreamSession(
  context: GatewayContext,
  of: Exchange,
  access: { readonly kind: "open" } | Extract<UpstreamAccess, { kind: "token" }>,
  session: Session,
): Promise<BegunSession> {
  const { ephemeral, clock } = context.sources;
  const key = `gateway-session ${hash("sha256", String(of.request.headers["mcp-session-id"]), "hex")}`;
  // P7: while what is remembered is away, each request makes a session of its own at the server
  const known = await ephemeral.get(key).catch(() => undefined);
  if (known !== undefined) return { ...session, ...(JSON.parse(known) as Partial<BegunSession>) };
  const begun = await begin(context, of, access, session);
  await ephemeral.put(key, JSON.stringify(begun), clock.now() + KEPT).catch(() => undefined);
  return { ...session, ...begun };
}

async function begin(
  context: GatewayContext,
  of: Exchange,
  access: Parameters<typeof upstreamSession>[2],
  session: Session,
): Promise<Pick<BegunSession, "upstream" | "revision" | "bridge">> {
  const target = await targetOf(context, of.caller, undefined);
  const params = { capabilities: {}, clientInfo: { name: "grantline-gateway", version: "1" }, ...session.deferred };
  const headers = { accept: "application/json, text/event-stream", "content-type": "application/json" };
  const post = async (message: object, more: Record<string, string>, idempotent: boolean): Promise<Answered> => {
    const sent = await exchange(context, of, access, {
      target,
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify(message),
      idempotent,
    });
    if (sent.kind === "answered") return sent.answered;
    throw new McpError({
      status: 503,
      code: CODE.internal,
      reason: "upstream-refused-token",
      message: "The MCP server refuses the account's access right now.",
    });
  };
  const answered = await post({ jsonrpc: "2.0", id: "grantline-initialize", method: "initialize", params }, {}, true);
  const upstream = answered.headers["mcp-session-id"];
  const revision = agreedRevision(await wholeText(answered));
  const begun = {
    ...(typeof upstream === "string" ? { upstream } : {}),
    ...(revision === undefined ? {} : { revision }),
    ...(target.bridge === undefined ? {} : { bridge: target.bridge }),
  };
  const inSession: Record<string, string> = {
    ...(typeof upstream === "string" ? { "mcp-session-id": upstream } : {}),
    ...(revision === undefined ? {} : { "mcp-protocol-version": revision }),
  };
  await discard(await post({ jsonrpc: "2.0", method: "notifications/initialized" }, inSession, true));
  return begun;
}

async function wholeText({ statusCode, body }: Answered): Promise<string> {
  let text = "";
  for await (const piece of body.setEncoding("utf8")) {
    text += String(piece);
    if (text.length > LARGEST) throw new UpstreamFailure("upstream-too-large", false, undefined);
  }
  if (statusCode !== 200) throw new UpstreamFailure("upstream-failed", false, new Error(`initialize: status ${statusCode}`));
  return text;
}

/** From the result, alone or as the data of an event. Not every server that agrees says 2025-03-26 and later in the same way. */
function agreedRevision(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const json = line.startsWith("data:") ? line.slice("data:".length) : line;
    if (!json.includes("protocolVersion")) continue;
    const parsed = readJson(json);
    const result = isMembers(parsed) ? parsed["result"] : undefined;
    if (isMembers(result) && typeof result["protocolVersion"] === "string") return result["protocolVersion"];
  }
  return undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UpstreamFailure("upstream-not-mcp", false, error);
  }
}
