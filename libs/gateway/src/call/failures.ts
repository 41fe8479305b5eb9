import type { Reason } from "@grantline/oauth/errors";
import { CODE, type McpRefusal } from "../answer/mcp-error.ts";
import { UpstreamFailure } from "../outbound/index.ts";

type Told = Pick<McpRefusal, "status" | "message"> & { readonly retryAfter?: number };

/** What a caller is told of a server that gave no answer to pass on. Nothing of what it said: that may be anything. */
const TOLD: Partial<Readonly<Record<Reason, Told>>> = {
  "upstream-address-refused": { status: 502, message: "The MCP server is at an address the gateway may not connect to." },
  "upstream-unreachable": { status: 502, message: "The MCP server can't be reached." },
  "upstream-slow": { status: 504, message: "The MCP server did not begin to answer in time." },
  "upstream-cut": { status: 502, message: "The MCP server broke off its answer." },
  "upstream-headers": { status: 502, message: "The MCP server's answer has headers that are too large." },
  "upstream-redirected": { status: 502, message: "The MCP server answered with a redirect, which is not followed." },
  "upstream-not-mcp": { status: 502, message: "The MCP server's answer is not one of MCP." },
  "upstream-too-large": { status: 502, message: "The MCP server's answer is too large." },
  "upstream-compressed": { status: 502, message: "The MCP server's answer is compressed, which was not asked for." },
  "upstream-refused-token": { status: 502, message: "The MCP server does not accept the gateway's credential." },
  "upstream-failed": { status: 502, message: "The MCP server failed." },
  "upstream-circuit-open": {
    status: 503,
    message: "The MCP server has failed several times. It is asked again in a moment.",
    retryAfter: 10,
  },
  "bridge-command-refused": { status: 502, message: "The MCP server's program may not be run here." },
  "bridge-full": { status: 503, message: "No further process can be started for this MCP server now.", retryAfter: 10 },
  "client-gone": { status: 502, message: "The request was given up." },
};
const UNKNOWN: Told = { status: 502, message: "The MCP server gave no answer that can be passed on." };

export function refusalOf(failure: UpstreamFailure): McpRefusal {
  const { status, message, retryAfter } = TOLD[failure.reason] ?? UNKNOWN;
  const { cause } = failure;
  return {
    status,
    code: CODE.internal,
    reason: failure.reason,
    message,
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": String(retryAfter) } }),
    ...(cause instanceof Error ? { detail: cause.message } : {}),
  };
}
