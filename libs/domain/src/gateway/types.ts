import type { DomainEvent } from "../kernel/index.ts";

/**
 * Stream `gateway-{writer}-{yyyymmddhh}`: what the MCP gateway decided about calls of authenticated callers. It has one writer and no decider. Never what
 * was said: a payload is told of by its shape alone. What strangers cause is counted in `security-…` instead (P13).
 */
interface Call {
  readonly server: string;
  /** Pseudonymous subject, or the client where it acts for itself. */
  readonly subject: string;
  readonly clientId: string;
}

/** How big a payload was and how many arguments it had. */
export interface PayloadShape {
  readonly bytes: number;
  readonly members: number;
}

export type ToolCallDecided = DomainEvent<
  "ToolCallDecided",
  Call & {
    /** As called; a name outside of what MCP recommends is told of by its hash. */
    readonly tool: string;
    readonly decision: "allowed" | "refused";
    readonly reason?: string;
    readonly grantId?: string;
    readonly shape: PayloadShape;
  }
>;
export type UpstreamAuthorizationAsked = DomainEvent<
  "UpstreamAuthorizationAsked",
  Call & {
    /** The page the person was sent to. */
    readonly authorizationId: string;
    readonly how: "elicitation" | "input-request" | "link";
    readonly reason: string;
    readonly scopes?: readonly string[];
  }
>;
export type UpstreamCallRetried = DomainEvent<
  "UpstreamCallRetried",
  Call & { readonly method: string; readonly reason: string; readonly attempt: number; readonly waitedMs: number }
>;
export type UpstreamCallFailed = DomainEvent<
  "UpstreamCallFailed",
  Call & { readonly method: string; readonly reason: string; readonly attempts: number; readonly status?: number }
>;
export type GatewayStreamClosed = DomainEvent<"GatewayStreamClosed", Call & { readonly reason: string }>;

export type GatewayEvent = ToolCallDecided | UpstreamAuthorizationAsked | UpstreamCallRetried | UpstreamCallFailed | GatewayStreamClosed;
