import type { HttpResponse } from "@grantline/oauth/http";
import { CODE, errorAnswer, resultAnswer } from "../answer/mcp-error.ts";
import type { Members, Message, MessageId } from "../message/message.ts";
import { HANDSHAKE_REVISIONS } from "../message/revision.ts";

/** The one tool of a server that nobody is connected to. */
export const CONNECT_TOOL = "connect_account";

type Request = Extract<Message, { kind: "request" }>;

export interface InItsPlace {
  readonly server: string;
  readonly stateless: boolean;
  readonly correlationId: string;
}

/**
 * What the gateway answers in the place of a server that can't be asked yet, for want of a token: enough for a client to connect and to be told where its
 * user has to go. Undefined for what only the server can answer: then the user is asked.
 */
export function answerInItsPlace(
  { id, method, params }: Request,
  { server, stateless, correlationId }: InItsPlace,
): HttpResponse | undefined {
  const complete = (result: object): HttpResponse =>
    resultAnswer(id, stateless ? { ...result, resultType: "complete", ...UNCACHED } : result);
  switch (method) {
    case "ping":
      return resultAnswer(id, {});
    case "initialize":
      return resultAnswer(id, initialized(server, params));
    case "tools/list":
      return complete({ tools: [connectTool(server)] });
    case "resources/list":
      return complete({ resources: [] });
    case "resources/templates/list":
      return complete({ resourceTemplates: [] });
    case "prompts/list":
      return complete({ prompts: [] });
    case "server/discover":
      // which revisions the server speaks is its to say: until then the client gets by with a handshake (versioning, backward compatibility)
      return unknownMethod(id, correlationId);
    default:
      return undefined;
  }
}

/** MCP 2026-07-28, caching: it holds until the user has connected, which may be now. */
const UNCACHED = { ttlMs: 0, cacheScope: "private" };

function unknownMethod(id: MessageId, correlationId: string): HttpResponse {
  return errorAnswer(
    { status: 404, code: CODE.methodNotFound, reason: "upstream-not-connected", message: "Method not found" },
    id,
    correlationId,
  );
}

function initialized(server: string, { protocolVersion }: Members): object {
  const [newest] = HANDSHAKE_REVISIONS.toReversed() as [string];
  const known = HANDSHAKE_REVISIONS.find((revision) => revision === protocolVersion);
  return {
    protocolVersion: known ?? newest,
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: server, version: "0" },
    instructions: `No account is connected to ${server} yet. Call ${CONNECT_TOOL} to connect one.`,
  };
}

function connectTool(server: string): object {
  return {
    name: CONNECT_TOOL,
    title: `Connect your account at ${server}`,
    description: `Gives a link where the user allows access to their account at ${server}. List the tools again afterwards.`,
    inputSchema: { type: "object", properties: {} },
  };
}
