import { access, answered, renew, targetOf } from "./access.ts";
import { openTicket, sealTicket, TICKET_SECONDS } from "./connect/ticket.ts";
import { requireConnectable } from "./connect/connectable.ts";
import { connectionId, type UpstreamContext } from "./context.ts";
import type { RefreshParts } from "./refresh/refresh.ts";
import { revoke } from "./revoke.ts";
import type { AuthorizationOutcome, BegunAuthorization, ConnectionOf, UpstreamAccess, Upstreams } from "./upstream.port.ts";

/** The connections of people, with what this process keeps of them. One per process. */
export function createUpstreams(parts: RefreshParts): Upstreams {
  const { context } = parts;
  /** A hundred calls of one person at once are one question; a server that has just moved is another one. */
  const asking = new Map<string, Promise<UpstreamAccess>>();

  function shared(key: string, ask: () => Promise<UpstreamAccess>): Promise<UpstreamAccess> {
    const running = asking.get(key);
    if (running !== undefined) return running;
    const mine = answered(ask()).finally(() => asking.delete(key));
    asking.set(key, mine);
    return mine;
  }

  return {
    access: (of) => shared(`${keyOf(of)} ${(of.scopes ?? []).join(" ")}`, () => access(parts, of)),
    renew: (of) => shared(`${keyOf(of)}#${of.refused.generation}`, () => renew(parts, of)),
    begin: (of) => begin(context, of),
    outcome: (id) => outcome(context, id),
    revoke: (of) => revoke(parts, of),
  };
}

function keyOf({ user, server }: ConnectionOf): string {
  return `${connectionId(user, server.name)} ${server.provider} ${targetOf(server)}`;
}

/** Step-up (MCP authorization, scope selection): what is held already is asked again with what is new, or it would be lost. */
async function begin(context: UpstreamContext, of: ConnectionOf & { readonly scopes?: readonly string[] }): Promise<BegunAuthorization> {
  requireConnectable(context, of.server, of.user);
  const { state } = await context.upstreams.load(connectionId(of.user, of.server.name));
  const held = state.status === "connected" && state.connection.target === targetOf(of.server) ? state.connection.scopes : [];
  const expiresAt = context.clock.now() + TICKET_SECONDS;
  const id = sealTicket(context, {
    attempt: context.random.hex(16),
    user: of.user,
    server: of.server.name,
    scopes: [...new Set([...of.server.scopes, ...held, ...(of.scopes ?? [])])],
    exp: expiresAt,
  });
  return { url: `${context.settings.origin}/connect/${id}`, id, expiresAt };
}

async function outcome(context: UpstreamContext, id: string): Promise<AuthorizationOutcome> {
  const ticket = openTicket(context, id);
  if (ticket === undefined) return "failed";
  const { state } = await context.upstreams.load(connectionId(ticket.user, ticket.server), { fresh: true });
  const attempt = Object.hasOwn(state.attempts, ticket.attempt) ? state.attempts[ticket.attempt] : undefined;
  if (attempt === undefined) return ticket.exp > context.clock.now() ? "pending" : "failed";
  return attempt.status === "received" ? "pending" : attempt.status;
}
