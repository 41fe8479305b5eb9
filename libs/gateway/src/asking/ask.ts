import { hash } from "node:crypto";
import type { CommandMeta } from "@grantline/event-store";
import type { HttpResponse } from "@grantline/oauth/http";
import type { Reason } from "@grantline/oauth/errors";
import { CODE, errorAnswer, resultAnswer } from "../answer/mcp-error.ts";
import type { Caller, GatewayContext } from "../context.ts";
import { aboutOf } from "../entrance/caller.ts";
import type { MessageId } from "../message/message.ts";

/** How the person can be told where to go. */
export type Telling =
  /** 2025-11-25, URL mode elicitation: error -32042. */
  | "elicitation"
  /** 2026-07-28, multi round-trip requests: a result that wants input first. */
  | "input-request"
  /** In words, for a model or a person to read. */
  | "link";

export interface Asking {
  readonly id: MessageId;
  /** A tool call is answered by a tool's result, which a model reads; anything else by an error. */
  readonly toolCall: boolean;
  readonly telling: Telling;
  /** The request is of revision 2026-07-28 or later. */
  readonly stateless: boolean;
  readonly why: "not-connected" | "refresh-refused" | "revoked" | "scope";
  readonly scopes?: readonly string[];
  readonly correlationId: string;
}

/** Under this key of ours a client sends back that its user was shown the URL. */
export const INPUT_KEY = "grantline_connect";

/** Begins an authorization at the server's provider and says so in the best way this client has. */
export async function askForAuthorization(
  { upstreams, journal, sources }: Pick<GatewayContext, "upstreams" | "journal" | "sources">,
  { server, token }: Pick<Caller, "server" | "token">,
  wish: Asking,
  meta: CommandMeta,
): Promise<HttpResponse> {
  const asking = sources.flags.enabled("gateway.elicitation", aboutOf({ server, token })) ? wish : { ...wish, telling: "link" as const };
  const { why, scopes, telling } = asking;
  const wanted = scopes === undefined ? {} : { scopes };
  const begun = await upstreams.begin({ user: token.sub, server, meta, ...wanted });
  const who = { server: server.name, subject: token.sub, clientId: token.clientId };
  journal.record(
    { type: "UpstreamAuthorizationAsked", data: { ...who, authorizationId: digestOf(begun.id), how: telling, reason: why, ...wanted } },
    meta,
  );
  return told(asking, server.name, begun);
}

/** The id is the way to connect itself, sealed: it stays with whom it was given (P9). */
function digestOf(id: string): string {
  return hash("sha256", id, "base64url").slice(0, 22);
}

function told(asking: Asking, server: string, { id: authorizationId, url }: { readonly id: string; readonly url: string }): HttpResponse {
  const { id, telling, toolCall, stateless, correlationId } = asking;
  const message = sentence(asking, server);
  const reason: Reason = asking.why === "scope" ? "upstream-scope" : "upstream-not-connected";
  if (telling === "elicitation") {
    const elicitations = [{ mode: "url", elicitationId: authorizationId, url, message }];
    return errorAnswer({ status: 200, code: CODE.urlElicitationRequired, reason, message, data: { elicitations } }, id, correlationId);
  }
  if (telling === "input-request") {
    const inputRequests = { [INPUT_KEY]: { method: "elicitation/create", params: { mode: "url", url, message } } };
    return resultAnswer(id, { resultType: "input_required", inputRequests, requestState: `${STATE_PREFIX}${authorizationId}` });
  }
  const text = `${message} Open this link in a browser, then try again: ${url}`;
  if (!toolCall) return errorAnswer({ status: 200, code: CODE.refused, reason, message: text, data: { url } }, id, correlationId);
  return resultAnswer(id, { content: [{ type: "text", text }], isError: true, ...(stateless ? { resultType: "complete" } : {}) });
}

function sentence({ why, scopes = [] }: Asking, server: string): string {
  if (why === "scope") return `The MCP server ${server} needs a further permission${scopes.length === 0 ? "" : ` (${scopes.join(" ")})`}.`;
  return why === "not-connected"
    ? `Your account at the MCP server ${server} is not connected yet.`
    : `Your account at the MCP server ${server} has to be connected anew.`;
}

const STATE_PREFIX = "grantline-authorization:";

/** The authorization a client was sent to before it came back, by the state it was told to bring. */
export function authorizationIn(requestState: unknown): string | undefined {
  return typeof requestState === "string" && requestState.startsWith(STATE_PREFIX) ? requestState.slice(STATE_PREFIX.length) : undefined;
}
