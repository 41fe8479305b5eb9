import type { CommandMeta } from "@grantline/event-store";
import type { HttpRequest } from "@grantline/oauth/http";
import { CODE, McpError, switchedOff } from "../answer/mcp-error.ts";
import type { Caller, GatewayContext } from "../context.ts";
import { aboutOf } from "../entrance/caller.ts";
import { type Answered, discard, repeatedly, UpstreamFailure } from "../outbound/index.ts";
import type { GatewayServer, UpstreamAccess } from "@grantline/upstream";
import type { Target } from "./target.ts";

/** The upstream's own token, or that it wants none. */
export type Access = { readonly kind: "open" } | UpstreamAccess;
type Usable = Extract<Access, { kind: "open" | "token" }>;

/** One call of one caller, from here on. */
export interface Exchange {
  readonly caller: Caller;
  readonly request: HttpRequest;
  readonly meta: CommandMeta;
  /** For events: the JSON-RPC method, or the HTTP method of a stream. */
  readonly method: string;
}

export interface Sending {
  readonly target: Target;
  readonly method: "GET" | "POST" | "DELETE";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly idempotent: boolean;
}

/** Throws McpError 503 where provider, vault or store do not answer. */
export async function accessOf(
  { upstreams, sources }: GatewayContext,
  { caller, meta }: Exchange,
): Promise<Exclude<Access, { kind: "unavailable" }>> {
  const { server, token } = caller;
  if (server.authorization === "none" || server.stdio !== undefined) return { kind: "open" };
  if (!sources.flags.enabled("gateway.upstream", aboutOf(caller))) throw switchedOff("gateway.upstream");
  const access = available(await upstreams.access({ user: token.sub, server, meta }));
  if (access.kind === "none" && server.authorization === "static") throw noSharedToken();
  return access;
}

/** The one token for everybody is the operator's to put right: nobody is asked to connect an account. */
function noSharedToken(): McpError {
  return new McpError({
    status: 502,
    code: CODE.internal,
    reason: "upstream-access-unavailable",
    message: "The gateway has no credential for the MCP server. Tell its operator.",
    detail: "static-token-missing",
  });
}

function available(access: UpstreamAccess): Exclude<UpstreamAccess, { kind: "unavailable" }> {
  if (access.kind !== "unavailable") return access;
  throw new McpError({
    status: 503,
    code: CODE.internal,
    reason: "upstream-access-unavailable",
    message: "The access to the MCP server can't be had right now. Try again shortly.",
    headers: { "retry-after": String(access.retryAfterSeconds) },
    detail: access.reason,
  });
}

/** What came of it: an answer, or that the server wants another token of the user. */
export type Exchanged =
  | { readonly kind: "answered"; readonly answered: Answered; readonly attempts: number }
  | {
      readonly kind: "wanting";
      readonly why: "not-connected" | "refresh-refused" | "revoked" | "scope";
      readonly scopes?: readonly string[];
    };

/** Sends, and once more with a new token when the server refuses the one there is. Throws UpstreamFailure, McpError. */
export async function exchange(context: GatewayContext, of: Exchange, access: Usable, sending: Sending): Promise<Exchanged> {
  const first = await send(context, of, access, sending);
  if (first.answered.statusCode !== 401) return settled(of.caller.server, access, first);
  await discard(first.answered);
  if (access.kind === "open" || of.caller.server.authorization === "static") {
    noteFailure(context, of, { reason: "upstream-refused-token", attempts: first.attempts, method: of.method, status: 401 });
    throw new UpstreamFailure("upstream-refused-token", false, undefined);
  }
  const { server, token } = of.caller;
  const { generation } = access;
  const renewed = available(await context.upstreams.renew({ user: token.sub, server, refused: { generation }, meta: of.meta }));
  if (renewed.kind === "none") return { kind: "wanting", why: renewed.reason };
  // a request that was refused for its token was not carried out
  noteRepeat(context, of, { reason: "upstream-refused-token", attempt: first.attempts + 1, waitedMs: 0 });
  const second = await send(context, of, renewed, sending);
  if (second.answered.statusCode !== 401) return settled(server, renewed, second);
  await discard(second.answered);
  return { kind: "wanting", why: "revoked" };
}

interface Sent {
  readonly answered: Answered;
  readonly attempts: number;
}

// RFC 6749 §3.3. What a server says besides is no scope, and has no place in events and in what people are shown
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** RFC 6750 §3.1: 403 with insufficient_scope is a request for more, any other 403 an answer. */
async function settled(
  { authorization }: Pick<GatewayServer, "authorization">,
  access: Usable,
  { answered, attempts }: Sent,
): Promise<Exchanged> {
  const challenge = answered.headers["www-authenticate"];
  const personal = access.kind === "token" && authorization === "oauth";
  const short =
    personal && answered.statusCode === 403 && typeof challenge === "string" && /\berror="?insufficient_scope\b/.test(challenge);
  if (!short) return { kind: "answered", answered, attempts };
  await discard(answered);
  const asked = /\bscope="([^"\\]{1,1000})"/
    .exec(challenge)?.[1]
    ?.split(" ")
    .filter((scope) => SCOPE.test(scope));
  // MCP, step-up: what was granted before and what is wanted now
  const scopes = [...new Set([...access.scopes, ...(asked ?? [])])];
  return { kind: "wanting", why: "scope", scopes };
}

async function send(context: GatewayContext, of: Exchange, access: Usable, sending: Sending): Promise<Sent> {
  const { caller, request, method } = of;
  const { target, headers, idempotent, body } = sending;
  const authorization: Record<string, string> = access.kind === "token" ? { authorization: `Bearer ${access.accessToken}` } : {};
  const { name, policy } = caller.server;
  const once = (): Promise<Answered> =>
    context.circuits.through({ server: name, person: caller.token.sub }, () =>
      timed(context, name, () =>
        target.outbound.send({
          url: target.url,
          method: sending.method,
          headers: { ...headers, ...authorization, ...target.headers },
          timeoutMs: policy.timeoutMs ?? context.settings.timeoutMs,
          gone: request.gone,
          ...(body === undefined ? {} : { body }),
        }),
      ),
    );
  return repeatedly(once, {
    idempotent,
    onRepeat: (again) => noteRepeat(context, of, again),
    onGivenUp: (error, attempts) => {
      if (error instanceof UpstreamFailure) noteFailure(context, of, { reason: error.reason, attempts, method });
    },
  });
}

async function timed<T>({ metrics }: GatewayContext, server: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  try {
    return await work();
  } finally {
    metrics?.upstreamAnswered(server, (performance.now() - startedMs) / 1_000);
  }
}

type Repeat = { readonly reason: string; readonly attempt: number; readonly waitedMs: number };

function noteRepeat({ journal }: GatewayContext, of: Exchange, again: Repeat): void {
  journal.record({ type: "UpstreamCallRetried", data: { ...whoOf(of), method: of.method, ...again } }, of.meta);
}

export function noteFailure(
  { journal }: Pick<GatewayContext, "journal">,
  of: Exchange,
  failed: { readonly reason: string; readonly attempts: number; readonly method: string; readonly status?: number },
): void {
  journal.record({ type: "UpstreamCallFailed", data: { ...whoOf(of), ...failed } }, of.meta);
}

export function whoOf({ caller }: Pick<Exchange, "caller">): {
  readonly server: string;
  readonly subject: string;
  readonly clientId: string;
} {
  return { server: caller.server.name, subject: caller.token.sub, clientId: caller.token.clientId };
}
