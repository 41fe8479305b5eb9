import type { FlagName } from "@grantline/domain/flag";
import { capabilityOff } from "@grantline/oauth/flags";
import { OAuthError, type OAuthErrorCode, type Reason } from "@grantline/oauth/errors";
import type { HttpResponse } from "@grantline/oauth/http";
import type { MessageId } from "../message/message.ts";

/** JSON-RPC 2.0 §5.1, and what MCP adds to it. */
export const CODE = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  refused: -32_000,
  sessionUnknown: -32_001,
  // MCP 2026-07-28, Streamable HTTP, server validation
  headerMismatch: -32_020,
  // MCP 2025-11-25, URL mode elicitation
  urlElicitationRequired: -32_042,
} as const;

export interface McpRefusal {
  readonly status: number;
  readonly code: number;
  readonly reason: Reason;
  /** Public; nothing of what the other server said. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log alone. */
  readonly detail?: string;
}

/** What a caller who is known gets instead of an answer: a JSON-RPC error, under an HTTP status that says the same. */
export class McpError extends Error {
  override readonly name = "McpError";
  readonly refusal: McpRefusal;

  constructor(refusal: McpRefusal, cause?: unknown) {
    super(refusal.reason, { cause });
    this.refusal = refusal;
  }
}

/** A kill switch between a caller who is known and the server. */
export function switchedOff(flag: FlagName): McpError {
  return new McpError({
    status: 503,
    code: CODE.internal,
    reason: "capability-off",
    message: capabilityOff(flag),
    headers: { "retry-after": "60" },
  });
}

export function errorAnswer(refusal: McpRefusal, id: MessageId | undefined, correlationId: string): HttpResponse {
  const { status, code, reason, message, data, headers, detail } = refusal;
  const error = { code, message, data: { ...data, reason, correlation_id: correlationId } };
  return {
    ...jsonRpc(status, { ...(id === undefined ? {} : { id }), error }, headers),
    refused: new OAuthError(oauthCodeOf(status), reason, message, { status, ...(detail === undefined ? {} : { detail }) }),
  };
}

/** An answer of the gateway's own. */
export function resultAnswer(id: MessageId, result: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return jsonRpc(200, { id, result }, headers);
}

export function jsonRpc(status: number, members: object, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", ...members }),
  };
}

function oauthCodeOf(status: number): OAuthErrorCode {
  if (status === 403) return "access_denied";
  if (status === 429) return "too_many_requests";
  return status >= 500 ? "temporarily_unavailable" : "invalid_request";
}
