import type { HttpRequest } from "@grantline/oauth/http";
import { CODE, McpError } from "../answer/mcp-error.ts";
import { subjectNameOf, type Incoming, type Message } from "./message.ts";
import { claimedRevision, isStateless } from "./revision.ts";

const NAMED = ["tools/call", "resources/read", "prompts/get"];

/**
 * MCP 2026-07-28, Streamable HTTP, server validation: headers that mirror the body must be there and say what it says; else whoever goes by the
 * headers and whoever goes by the body do different things. Answers whether the request is of such a revision. Throws McpError -32020, 400.
 */
export function checkMirroredHeaders(
  { headers }: Pick<HttpRequest, "headers">,
  { messages, batch }: Incoming,
): { readonly stateless: boolean } {
  const version = single(headers["mcp-protocol-version"]);
  const [message] = messages as readonly [Message];
  const claimed = claimedRevision(message);
  if (!isStateless(claimed) && !isStateless(version)) return { stateless: false };
  if (batch) throw mismatch("Revision 2026-07-28 has no batches.");
  if (message.kind === "response") throw mismatch("Revision 2026-07-28 has no responses of clients.");
  if (version === undefined) throw mismatch("MCP-Protocol-Version is missing.");
  // of a notification the revision requires no metadata
  if (message.kind === "request" || claimed !== undefined)
    if (version !== claimed) throw mismatch("MCP-Protocol-Version is not the revision the body names.");
  const method = single(headers["mcp-method"]);
  if (method !== message.method && (message.kind === "request" || method !== undefined))
    throw mismatch("Mcp-Method is not the method of the body.");
  checkName(single(headers["mcp-name"]), message);
  return { stateless: true };
}

function checkName(header: string | undefined, message: Exclude<Message, { kind: "response" }>): void {
  if (!NAMED.includes(message.method)) return;
  const name = subjectNameOf(message);
  if (name === undefined) throw mismatch("The body does not say what Mcp-Name is to mirror.");
  if (header === undefined) throw mismatch("Mcp-Name is missing.");
  if (decodeSentinel(header) !== name) throw mismatch("Mcp-Name is not the name in the body.");
}

/** Value encoding: what can't stand in a header comes in base64 between these marks. Undefined where it is not such base64. */
export function decodeSentinel(value: string): string | undefined {
  if (!value.startsWith("=?base64?") || !value.endsWith("?=")) return value;
  const encoded = value.slice("=?base64?".length, -"?=".length);
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // not UTF-8
  }
}

function single(header: string | string[] | undefined): string | undefined {
  // node joins repeated ones by a comma, which then equal nothing in the body
  return Array.isArray(header) ? header.join(", ") : header;
}

function mismatch(message: string): McpError {
  return new McpError({ status: 400, code: CODE.headerMismatch, reason: "header-mismatch", message: `Header mismatch: ${message}` });
}
