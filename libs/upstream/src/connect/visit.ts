import { browserKey } from "@grantline/oauth/browser";
import { OAuthError } from "@grantline/oauth/errors";
import type { HttpRequest } from "@grantline/oauth/http";
import { readSession, type Session } from "@grantline/oauth/session";
import { isFor } from "../access.ts";
import { connectionId, type UpstreamContext } from "../context.ts";
import type { Provider } from "../providers/provider.ts";
import { providerOf } from "../providers/providers.ts";
import { ProviderTrouble } from "../providers/trouble.ts";
import { troubleOf } from "../refresh/bring-tokens.ts";
import type { GatewayServer } from "../upstream.port.ts";
import { requireConnectable } from "./connectable.ts";
import type { Ticket } from "./ticket.ts";

/** A person on the way to a provider, who is who began it, in time, and for the first time. */
export interface Visit<T extends Ticket> {
  readonly ticket: T;
  readonly session: Session;
  readonly server: GatewayServer;
}

/** Who asks, as far as the session says; undefined: log in first. Throws page errors: nobody goes on with what another one began (CVE 27). */
export async function visitOf<T extends Ticket>(
  context: UpstreamContext,
  request: HttpRequest,
  ticket: T | undefined,
): Promise<Visit<T> | undefined> {
  if (ticket === undefined) throw unknownConnection();
  if (ticket.exp <= context.clock.now())
    throw new OAuthError("invalid_request", "connection-expired", "This link has ended. Go back to where you came from and start again.");
  const session = await readSession(context, request);
  if (session === undefined) return undefined;
  if (session.subject !== ticket.user)
    throw new OAuthError("access_denied", "connection-of-another", "This link is for somebody else. Log in as the person who began it.");
  const { state } = await context.upstreams.load(connectionId(ticket.user, ticket.server), { fresh: true });
  if (Object.hasOwn(state.attempts, ticket.attempt)) throw used();
  const server = await context.servers.load(ticket.server);
  if (server.state.status !== "active")
    throw new OAuthError("invalid_request", "server-unknown", "The server you wanted to connect is no longer here.", { status: 404 });
  // at every step: the link, and the person on the way back, may be older than the switch
  requireConnectable(context, server.state.server, ticket.user);
  return { ticket, session, server: server.state.server };
}

export function unknownConnection(): OAuthError {
  return new OAuthError(
    "invalid_request",
    "connection-unknown",
    "This link was not made here, or not for this browser. Start again where you came from.",
  );
}

export function used(): OAuthError {
  return new OAuthError(
    "invalid_request",
    "connection-used",
    "This link was used already. Start again where you came from if you need to.",
  );
}

/** The browser that asks; the callback has to come from the one that said yes. */
export function requireBrowser(context: UpstreamContext, request: HttpRequest, browser: string): void {
  if (browserKey(context, request) !== browser) throw unknownConnection();
}

/** The provider of a server, or a page that says in general terms why not. */
export async function providerForPerson(
  context: UpstreamContext,
  request: HttpRequest,
  { ticket, server }: Visit<Ticket>,
): Promise<Provider> {
  try {
    return await providerOf(context, server, { correlationId: request.correlationId, actor: { kind: "user", id: ticket.user } });
  } catch (error) {
    throw pageError(troubleOf(error));
  }
}

/** Did the server, its provider or our place there change since the person was sent on? Then the answer is for what is no more. */
export function requireSame(
  server: GatewayServer,
  provider: Provider,
  sent: { readonly issuer: string; readonly clientId: string; readonly target: string },
): void {
  const now = { provider: provider.name, target: sent.target };
  const same = provider.endpoints.issuer === sent.issuer && provider.client.clientId === sent.clientId;
  if (!same || !isFor(now, server)) throw unknownConnection();
}

/** A trouble as a person sees it; the word for it stands in the log. */
export function pageError(trouble: ProviderTrouble): OAuthError {
  const detail = trouble.reason;
  switch (trouble.kind) {
    case "refused":
      return new OAuthError("access_denied", "upstream-refused", "The provider did not let you connect. Start again if you want to.", {
        detail,
      });
    case "transient":
      return new OAuthError(
        "temporarily_unavailable",
        "upstream-unavailable",
        "The provider does not answer right now. Try again in a while.",
        {
          detail,
          headers: { "retry-after": String(trouble.retryAfterSeconds ?? 10) },
        },
      );
    case "setup":
      return new OAuthError(
        "server_error",
        "upstream-setup",
        "This server can't be connected as it is set up. Tell its operator, and quote the id below.",
        { detail, status: 502 },
      );
  }
}
